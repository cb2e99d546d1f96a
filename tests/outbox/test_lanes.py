"""What comes of imports lets what comes of live events by, and yet is never starved."""

import pytest
from django.db import transaction

from cdp.outbox import queries, services
from cdp.outbox.contracts import BULK, LIVE
from cdp.outbox.models import Delivery, TopicRow
from cdp.outbox.services import delivering
from tests.outbox import consumers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _first_turn() -> None:
    delivering._turns.clear()


def publish(lane: int, *numbers: int) -> None:
    with transaction.atomic():
        for n in numbers:
            services.publish("thing.done", {"n": n}, lane=lane)


def test_live_deliveries_overtake_bulk_ones_and_share_no_slice_with_them() -> None:
    publish(BULK, 1, 2)
    publish(LIVE, 11, 12)
    assert services.run_consumer("test.note") == 4
    assert consumers.handed == [[11, 12], [1, 2]]


def test_every_fourth_slice_takes_bulk_first() -> None:
    publish(BULK, *range(1, 5))
    publish(LIVE, *range(11, 26))
    services.run_consumer("test.note")
    assert [batch[0] for batch in consumers.handed] == [11, 14, 17, 1, 20, 23, 4]


def test_a_poison_bulk_message_alone_waits() -> None:
    publish(BULK, 1, 2)
    publish(LIVE, 11)
    consumers.poison.add(1)
    services.run_consumer("test.note")
    undone = Delivery.objects.get(consumer="test.note", done_at=None)
    assert (undone.topic_row.payload, undone.lane, undone.attempts) == ({"n": 1}, BULK, 1)


def test_lags_tell_what_waits_in_the_live_lane() -> None:
    publish(BULK, 1)
    TopicRow.objects.update(created_at="2026-01-01T00:00Z")
    lag = queries.consumer_lags()[0]
    assert (lag.oldest_age_s or 0) > 86400
    assert lag.oldest_live_age_s is None
    publish(LIVE, 2)
    lag = queries.consumer_lags()[0]
    assert (lag.oldest_age_s or 0) > 86400
    assert lag.oldest_live_age_s is not None
    assert lag.oldest_live_age_s < 60
    assert (queries.oldest_open_age_s() or 0) > 86400
