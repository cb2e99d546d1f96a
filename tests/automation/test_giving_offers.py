"""The step that gives an offer: a code of their own for each, once, in the mails after it."""

from datetime import timedelta
from typing import Any

import pytest

from automation.graph import GiveOffer, parse
from automation.models import Enrollment
from automation.services.publishing import findings
from cdp.lib.clock import utc_now
from offers.models import Code
from tests.automation import ways, world
from tests.automation.sink import Sink
from tests.automation.ways import MAIL
from tests.offers.ledgers import live, pooled

pytestmark = pytest.mark.django_db

GIVE: dict[str, Any] = {"id": "o", "do": "give_offer", "offer": "ten", "days": 5}
WORDS = "{{ offer.title }}, {{ offer.code | default: 'none' }}, {{ offer.expires | default: 'for ever' }}"


def test_each_is_given_a_code_of_their_own_which_the_mail_shows(sink: Sink) -> None:
    pooled(live(needs_code=True, titles={"en": "10 % off", "de": "10 % Rabatt"}), "ONE-1", "TWO-2")
    world.mail(MAIL["template"], WORDS)
    row = ways.journey(GIVE, MAIL)
    people = [world.person(f"u{n}", f"u{n}@example.com") for n in range(3)]
    ways.enter(row, *people)
    ways.send(ways.pass_time(seconds=1))
    facts = [one.facts.get("offer") for one in Enrollment.objects.order_by("pk")]
    last = (utc_now() + timedelta(days=5)).date()
    assert [one and (one["title"], one["offer"]) for one in facts] == [("10 % off", "ten"), ("10 % off", "ten"), None]
    assert {one["code"] for one in facts if one} == {"ONE-1", "TWO-2"}
    assert all(abs((type(last).fromisoformat(one["expires"]) - last).days) <= 1 for one in facts if one)
    given = Code.objects.exclude(identifier_id=None).order_by("identifier_id").values_list("identifier_id", flat=True)
    assert list(given) == people[:2]
    assert sorted(ways.passed()) == sorted([("o", "done")] * 2 + [("o", "skipped")] + [("mail", "done")] * 3)
    bodies = [str(body.get_content()) for mail in sink.mails if (body := mail.get_body(("plain",)))]
    assert sorted(body.split(", ")[1] for body in bodies) == ["ONE-1", "TWO-2", "none"]


def test_an_offer_of_ours_must_be_live_and_brings_its_own_code() -> None:
    graph = {"trigger": {"on": "api"}, "goal": None, "exits": [], "steps": [GIVE]}
    step = parse(graph).nodes["o"]
    assert isinstance(step, GiveOffer)
    assert (step.offer, step.sentence()) == ("ten", "Give the offer “ten”, a code each, for 5 days")
    row = ways.journey(MAIL)
    row.draft = row.draft | {"steps": [GIVE, MAIL]}
    assert [one.path for one in findings(row) if one.level == "error"] == ["$.steps[0].offer"]
    live()
    assert [one for one in findings(row) if one.level == "error"] == []
    row.draft = row.draft | {"steps": [GIVE | {"code": "X1"}, MAIL]}
    assert [one.path for one in findings(row) if one.level == "error"] == ["$.steps[0].code"]
