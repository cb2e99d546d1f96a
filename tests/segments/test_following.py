"""What no event tells: staff edit purposes, the catalog moves, somebody consents by address. Memberships follow."""

from typing import Any

import pytest
from django.db import transaction

from cdp.jobs.models import Job
from cdp.jobs.services import run_slice
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash, message_hash
from cdp.outbox.services import drain_all, publish
from commerce.contracts import ProductRow
from commerce.services import upsert_products
from consent.contracts import NewEntry
from consent.models import PurposeRule
from consent.services import record_entries
from segments.services import recomputing
from tests.segments.world import World, recomputed, streamed

pytestmark = pytest.mark.django_db(transaction=True)
FOLLOWING = {"segments.mark", "segments.evaluate", "commerce.refold"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(recomputing, "PURPOSES_KNOWN_S", 0)  # there is one process
    return World()


def test_what_staff_let_a_purpose_allow_holds_for_everybody_who_never_said(world: World) -> None:
    world.send(world.identify("ada", country="DE"), world.identify("ben", country="DE"))
    segment = world.segment({"consent": "personalization", "is": "granted"}, slug="allowed")
    before = world.members(segment)
    now_allowed = not before
    PurposeRule.objects.filter(purpose_id="personalization").update(allowed_by_default=now_allowed)
    with transaction.atomic():
        publish("purposes.changed", {})
    drain_all(only=FOLLOWING)
    job = Job.objects.get(kind="segments.recompute", state="queued", params__purposes=True)
    assert job.params == {"segment_id": segment, "purposes": True}
    while run_slice():
        pass
    assert world.members(segment) == ({world.profile("ada"), world.profile("ben")} if now_allowed else set())
    assert streamed() == recomputed(utc_now())


def test_a_product_that_changes_its_category_takes_who_bought_it_along(world: World) -> None:
    upsert_products([ProductRow(product_id="p1", name="Boot", category="Shoes")], now=world.now)
    order: dict[str, Any] = {"order_id": "o1", "currency": "EUR", "products": [{"product_id": "p1", "price": 9}]}
    world.send(world.track("ada", "Order Completed", days_ago=1, **order), settle=False)
    drain_all(only=FOLLOWING)
    segment = world.segment({"bought": {"category": ["Hats"]}}, slug="hats")
    assert world.members(segment) == set()
    upsert_products([ProductRow(product_id="p1", name="Boot", category="Hats")], now=utc_now())
    drain_all(only=FOLLOWING)
    while run_slice():
        pass
    assert world.members(segment) == {world.profile("ada")}
    assert streamed() == recomputed(utc_now())


def test_a_yes_to_an_address_reaches_whose_it_is(world: World) -> None:
    world.send(world.identify("ada", email="ada@example.com"), world.identify("ben", email="ben@example.com"))
    segment = world.segment({"consent": "email_marketing", "is": "granted"}, slug="mail")
    PurposeRule.objects.filter(purpose_id="email_marketing").update(allowed_by_default=False)
    with transaction.atomic():
        publish("purposes.changed", {})
    drain_all(only=FOLLOWING)
    while run_slice():
        pass
    assert world.members(segment) == set()
    yes = NewEntry(
        entry_key=message_hash("yes of ada"),
        purpose="email_marketing",
        state="granted",
        method="staff",
        occurred_at=world.now,
        address_hash=address_hash("ada@example.com"),
    )
    with transaction.atomic():
        record_entries([yes], now=utc_now())
    drain_all(only=FOLLOWING)
    assert world.members(segment) == {world.profile("ada")}
    assert streamed() == recomputed(utc_now())
