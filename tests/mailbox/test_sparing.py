"""Who tries the demo gets the mail: its personas are held out of no journey, everybody else may be."""

from datetime import timedelta
from decimal import Decimal

import pytest

from automation import queries, services
from automation.graph.triggers import CartAbandoned
from cdp.demo import seeding
from cdp.demo.seeding import CAP_PER_WEEK, IDLE_MINUTES
from cdp.lib.hashing import address_hash
from experiments import queries as experiments
from mailing.models import Policy

pytestmark = pytest.mark.django_db
PERSONAS = [f"persona{n}@example.com" for n in range(40)]


def test_no_persona_is_held_out_and_the_holdout_of_others_stays() -> None:
    journey = seeding.start_journey(PERSONAS)
    key = queries.experiment_key(journey)
    assert experiments.heads(key) == {"treated": 40}
    assert dict(experiments.experiment(key).variants) == {"holdout": Decimal("0.1"), "treated": Decimal("0.9")}
    journey.refresh_from_db()
    assert (journey.state, journey.draft["trigger"]["idle_minutes"]) == ("live", IDLE_MINUTES)
    graph = queries.graph_of(journey)
    assert graph is not None
    assert isinstance(graph.trigger, CartAbandoned)
    assert graph.trigger.idle == timedelta(minutes=IDLE_MINUTES)
    assert Policy.objects.get().cap_per_week == CAP_PER_WEEK


def test_a_second_start_changes_nobody_and_keeps_what_staff_changed() -> None:
    journey = seeding.start_journey(PERSONAS[:1])
    journey.holdout_share = Decimal("0.2")
    journey.save()
    services.sync_holdout(journey)
    seeding.start_journey(PERSONAS[:2])
    key = queries.experiment_key(journey)
    assert [experiments.variant_of(key, address_hash(each)) for each in PERSONAS[:3]] == ["treated", "treated", None]
    assert dict(experiments.experiment(key).variants)["holdout"] == Decimal("0.2")
