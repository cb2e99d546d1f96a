"""An import keeps no mail waiting: only live events and carts that wait do."""

import pytest

from automation.queries import is_behind
from cdp.outbox.contracts import BULK, LIVE
from cdp.outbox.models import Delivery, TopicRow

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("lane", "expected"), [(LIVE, True), (BULK, False)])
def test_only_what_waits_in_the_live_lane_counts(lane: int, expected: bool) -> None:
    row = TopicRow.objects.create(topic="events.stored", payload={}, created_at="2026-01-01T00:00Z")
    Delivery.objects.create(topic_row=row, consumer="commerce.refold", lane=lane)
    assert is_behind() is expected
