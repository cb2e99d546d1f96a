"""Orders reward the last decision a placement showed their buyer, once; who refuses is forgotten, the counts stay."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from cdp.outbox.contracts import TopicMessage
from commerce.models import Order
from consent.contracts import DENIED, PERSONALIZATION, NewEntry
from consent.models import Entry
from consent.services import record_entries
from decisions.models import Conversion, Decision, DecisionPlacement
from decisions.services.rewarding import consume_consent_changed, credit
from profiles.models import Identifier
from tests.decisions.bandit_world import NOW, placement
from tests.recommendations import world

pytestmark = pytest.mark.django_db
BY_ORDER = {"reward": {"kind": "order", "within_hours": 48, "value": True}}


def seen(row: DecisionPlacement, who: Identifier | None, *, hours_ago: float, arm: str = "a") -> Decision:
    at = NOW - timedelta(hours=hours_ago)
    return Decision.objects.create(
        id=uuid4(), version=row.version, identifier_id=who.pk if who else None, unit_hash=b"u" * 16,
        decided_by="bandit", arm=arm, reason="bandit", propensity=0.5, features={"hour": 3}, decided_at=at,
        exposed_at=at,
    )  # fmt: skip


def bought(who: Identifier) -> Order:
    order = world.order(who, "mug", at=NOW)
    Order.objects.filter(pk=order.pk).update(revenue=Decimal("60.00"), refunded=Decimal("10.00"))
    return order


def rewards() -> list[tuple[object, str, Decimal]]:
    return list(Conversion.objects.values_list("decision_id", "occasion", "value"))


def test_an_order_rewards_the_last_decision_of_each_placement_within_its_window_once() -> None:
    home, cart = placement("home", **BY_ORDER), placement("cart", **BY_ORDER)
    user = world.identifier("user_id", "u1")
    browser = world.identifier("anonymous_id", "a1", of=user)
    seen(home, browser, hours_ago=20)
    last = seen(home, browser, hours_ago=2)
    other = seen(cart, user, hours_ago=47)
    seen(cart, world.identifier("anonymous_id", "stranger"), hours_ago=1)
    seen(cart, user, hours_ago=-1)
    order = bought(user)
    assert credit([order.order_id], NOW) == credit([order.order_id], NOW) == 2
    assert sorted(rewards(), key=str) == sorted(
        [(one.pk, order.order_id, Decimal("50.00")) for one in (last, other)], key=str
    )
    assert credit(["unknown"], NOW) == 0
    Order.objects.update(status=Order.Status.CANCELLED)
    assert credit([order.order_id], NOW) == 0
    assert rewards() == []


def test_what_was_seen_too_long_ago_earned_nothing() -> None:
    user = world.identifier("user_id", "u1")
    seen(placement("home", **BY_ORDER), user, hours_ago=49)
    table = placement("table", by="table")
    week = seen(table, user, hours_ago=160)
    seen(placement("other", by="table"), user, hours_ago=170)
    order = bought(user)
    assert credit([order.order_id], NOW) == 1
    assert [one[0] for one in rewards()] == [week.pk]


def test_who_refuses_personalization_stands_in_no_log_and_what_was_shown_still_counts() -> None:
    row = placement()
    user = world.identifier("user_id", "u1")
    browser = world.identifier("anonymous_id", "a1", of=user)
    kept = seen(row, world.identifier("user_id", "u2"), hours_ago=3)
    gone = [seen(row, user, hours_ago=3), seen(row, browser, hours_ago=2)]
    record_entries([NewEntry(b"k" * 16, PERSONALIZATION, DENIED, "api", NOW, identifier_id=browser.pk)])
    payload = {"entry_ids": list(Entry.objects.values_list("pk", flat=True))}
    consume_consent_changed([TopicMessage(1, "consent.changed", payload, NOW)])
    for one in gone:
        one.refresh_from_db()
        assert (one.identifier_id, one.unit_hash, one.features, one.arm) == (None, None, None, "a")
    kept.refresh_from_db()
    assert (kept.features, bytes(kept.unit_hash or b"")) == ({"hour": 3}, b"u" * 16)
