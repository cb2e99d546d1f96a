"""What comes of an import stays in the bulk lane, from the inbox through the log to the carts and orders told of."""

import pytest

from cdp.outbox.contracts import BULK, LIVE
from cdp.outbox.models import Delivery
from events.models import Inbox
from events.queries import source_by_id
from events.services import record
from tests.commerce.world import Drain, make_source, track

WORK = frozenset({"events.process", "commerce.refold"})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("lane", "expected"), [(Inbox.Lane.LIVE, LIVE), (Inbox.Lane.BULK, BULK)])
def test_deliveries_carry_the_lane_of_the_request_they_come_of(drain: Drain, lane: Inbox.Lane, expected: int) -> None:
    facts = source_by_id(make_source().pk)
    assert facts is not None
    record(facts, [track("Product Added", user="u", product_id="a")], lane=lane)
    drain(only=WORK)
    lanes = dict(Delivery.objects.values_list("topic_row__topic", "lane"))
    assert {topic: lanes[topic] for topic in ("events.stored", "cart.changed")} == {
        "events.stored": expected,
        "cart.changed": expected,
    }
