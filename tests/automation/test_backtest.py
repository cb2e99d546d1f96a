"""A journey run over past days says what a hand would have computed, and neither enrolls nor sends."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from automation.models import BackTest, BackTestLine, Enrollment
from automation.services.backtest import BackTestRefusedError, start_backtest
from cdp.jobs import services as jobs
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent.contracts import GRANTED
from consent.models import Suppression
from mailing.models import Message, Policy
from tests.automation.past import cart_journey, day, did, mailed, said, somebody

pytestmark = pytest.mark.django_db(transaction=True)
TWO_MAILS = [
    {"id": "mail_1", "do": "send", "channel": "email", "template": "first"},
    {"id": "wait_1", "do": "wait", "for": {"days": 1}},
    {"id": "mail_2", "do": "send", "channel": "email", "template": "second"},
]
NO_CONSENT = "consent_default_denied"


def left(name: str, at: datetime, *, agreed_at: datetime | None) -> int:
    """Somebody who put something into a cart at that instant."""
    identifier_id = somebody(name, known_at=at - timedelta(days=30))
    if agreed_at is not None:
        said(name, GRANTED, agreed_at)
    did(identifier_id, "Product Added", at)
    return identifier_id


def run(graph: Any, journey_id: int, now: datetime, days: int = 7) -> BackTest:
    """The finished run."""
    started = start_backtest(journey_id, graph, source="the draft", days=days, by=None, now=now)
    assert started.job_id is not None
    assert jobs.run_now(started.job_id)
    started.refresh_from_db()
    assert started.state == BackTest.State.DONE, started.problem
    return started


def lines(done: BackTest, identifier_id: int) -> list[tuple[datetime, str, str, str]]:
    rows = BackTestLine.objects.filter(run=done, identifier_id=identifier_id).order_by("at", "pk")
    return list(rows.values_list("at", "node", "outcome", "reason"))


def test_everybody_gets_what_a_hand_computes() -> None:
    now = utc_now()
    long_ago, noon, night = now - timedelta(days=60), day(now, 5, "12:00"), day(now, 5, "21:30")
    Policy.objects.create(id=1, cap_per_week=3, quiet_from_hour=21, quiet_to_hour=8)
    anna = left("anna", noon, agreed_at=long_ago)
    ben = left("ben", noon, agreed_at=long_ago)
    did(ben, "Order Completed", day(now, 5, "18:00"))
    cleo = left("cleo", noon, agreed_at=None)
    dan = left("dan", noon, agreed_at=day(now, 5, "20:00"))
    eve = left("eve", night, agreed_at=long_ago)
    fay = left("fay", noon, agreed_at=long_ago)
    did(fay, "Product Removed", day(now, 5, "12:30"))
    gus = left("gus", noon, agreed_at=long_ago)
    for hour in ("08:00", "09:00", "10:00"):
        mailed("gus", day(now, 5, hour))
    ivy = left("ivy", noon, agreed_at=long_ago)
    held = Suppression.objects.create(address_hash=address_hash("ivy@example.com"), scope="all", reason="manual")
    Suppression.objects.filter(pk=held.pk).update(created_at=day(now, 5, "13:30"))
    journey = cart_journey(TWO_MAILS)

    done = run(journey.draft, journey.pk, now)

    at_13, next_13 = day(now, 5, "13:00"), day(now, 4, "13:00")
    assert lines(done, anna) == [(at_13, "mail_1", "sent", ""), (next_13, "mail_2", "sent", "")]
    assert lines(done, ben) == [(at_13, "mail_1", "sent", ""), (next_13, "mail_2", "ended", "cart_ordered")]
    assert lines(done, cleo) == [
        (at_13, "mail_1", "skipped", NO_CONSENT),
        (next_13, "mail_2", "skipped", NO_CONSENT),
    ]
    assert lines(done, dan) == [(at_13, "mail_1", "skipped", NO_CONSENT), (next_13, "mail_2", "sent", "")]
    assert lines(done, eve) == [
        (day(now, 5, "22:30"), "mail_1", "held", "quiet_hours"),
        (day(now, 4, "08:00"), "mail_1", "sent", ""),
        (day(now, 3, "08:00"), "mail_2", "sent", ""),
    ]
    assert lines(done, fay) == []
    assert lines(done, gus) == [(at_13, "mail_1", "skipped", "capped"), (next_13, "mail_2", "skipped", "capped")]
    assert lines(done, ivy) == [
        (at_13, "mail_1", "sent", ""),
        (next_13, "mail_2", "skipped", "suppressed_manual"),
    ]
    assert (done.totals["ways"], done.totals["mailed"], done.totals["sent"]) == (7, 5, 7)
    assert done.totals["by_node"]["mail_1"] == {
        "sent": 4,
        "held:quiet_hours": 1,
        f"skipped:{NO_CONSENT}": 2,
        "skipped:capped": 1,
    }
    assert not Enrollment.objects.exists()
    assert Message.objects.count() == 3


def test_a_branch_asks_its_rule_as_of_that_instant_and_something_new_in_the_cart_begins_anew() -> None:
    now = utc_now()
    noon = day(now, 6, "12:00")
    buys = {"did": "Order Completed", "within": {"days": 30}}
    steps = [
        {
            "id": "b",
            "do": "branch",
            "arms": [{"if": buys, "name": "Customers", "steps": [TWO_MAILS[0]]}],
            "else": [{"id": "mail_2", "do": "send", "channel": "email", "template": "second"}],
        }
    ]
    late = left("late", noon, agreed_at=now - timedelta(days=60))
    did(late, "Order Completed", day(now, 6, "18:00"))
    did(late, "Product Added", day(now, 3, "12:00"))

    journey = cart_journey(steps)
    done = run(journey.draft, journey.pk, now)

    assert lines(done, late) == [
        (day(now, 6, "13:00"), "mail_2", "sent", ""),
        (day(now, 3, "13:00"), "mail_1", "sent", ""),
    ]


def test_something_new_in_the_cart_ends_what_waits_and_begins_anew() -> None:
    now = utc_now()
    week = [TWO_MAILS[0], {"id": "wait_1", "do": "wait", "for": {"days": 20}}, TWO_MAILS[2]]
    ann = left("ann", day(now, 5, "12:00"), agreed_at=now - timedelta(days=60))
    did(ann, "Product Added", day(now, 3, "12:00"))
    journey = cart_journey(week)
    done = run(journey.draft, journey.pk, now)
    assert lines(done, ann) == [
        (day(now, 5, "13:00"), "mail_1", "sent", ""),
        (day(now, 3, "13:00"), "wait_1", "ended", "cart_used_again"),
        (day(now, 3, "13:00"), "mail_1", "sent", ""),
    ]
    assert done.totals["ended"] == {"cart_used_again": 1, "on_way": 1}


def test_what_the_past_does_not_tell_is_said_and_not_run() -> None:
    journey = cart_journey(TWO_MAILS)
    graph = journey.draft | {"trigger": {"on": "price_drop", "min_percent": 5}}
    with pytest.raises(BackTestRefusedError, match="Earlier prices are not kept"):
        start_backtest(journey.pk, graph, source="the draft", days=7, by=None, now=utc_now())
    assert not BackTest.objects.exists()
