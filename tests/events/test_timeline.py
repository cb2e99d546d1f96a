"""A person's timeline: exact pages at equal times, filters, and what a page reads of a long history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from cdp.lib import bulk_sql
from events.models import Event
from events.queries import TimelineFilter, timeline
from tests.statements import sent

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def store(event_id: int, *, at: datetime = NOON, identifier: int = 1, name: str = "Seen", **properties: Any) -> None:
    Event.objects.bulk_create([made(event_id, at=at, identifier=identifier, name=name, **properties)])


def made(event_id: int, *, at: datetime = NOON, identifier: int = 1, name: str = "Seen", **properties: Any) -> Event:
    return Event(
        id=event_id,
        source_id=event_id % 2,
        inbox_id=1,
        index=event_id,
        message_hash=event_id.to_bytes(16, "big"),
        type="track",
        name=name,
        identifier_id=identifier,
        server_side=False,
        occurred_at=at,
        received_at=at,
        properties=properties,
    )


def pages(ids: list[int], *, limit: int = 3) -> list[list[int]]:
    found: list[list[int]] = []
    cursor = ""
    while True:
        page = timeline(ids, TimelineFilter(), cursor=cursor, limit=limit)
        found.append([event.id for event in page.events])
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


def test_pages_are_exact_where_many_events_have_one_time() -> None:
    for n in range(1, 9):
        store(n, identifier=1 + n % 3, at=NOON + timedelta(microseconds=n // 6))
    assert pages([1, 2, 3]) == [[8, 7, 6], [5, 4, 3], [2, 1]]
    assert pages([1, 2, 3], limit=8) == [[8, 7, 6, 5, 4, 3, 2, 1]]


def test_an_event_that_arrives_between_two_pages_shifts_neither() -> None:
    for n in range(1, 7):
        store(n, at=NOON + timedelta(minutes=n))
    first = timeline([1], TimelineFilter(), limit=3)
    store(7, at=NOON + timedelta(minutes=9))
    assert first.next_cursor is not None
    assert [e.id for e in timeline([1], TimelineFilter(), cursor=first.next_cursor, limit=3).events] == [3, 2, 1]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (TimelineFilter(name="Product Viewed"), [3, 1]),
        (TimelineFilter(source_id=0), [4, 2]),
        (TimelineFilter(since=NOON + timedelta(minutes=3)), [4, 3]),
        (TimelineFilter(until=NOON + timedelta(minutes=3)), [2, 1]),
        (TimelineFilter(text="SHOE"), [1]),
        (TimelineFilter(text="100%"), [2]),
        (TimelineFilter(text="mug"), [4]),
        (TimelineFilter(text="product viewed"), [3, 1]),
        (TimelineFilter(text="ada@example.com"), []),
    ],
)
def test_filters_take_what_they_say(wanted: TimelineFilter, found: list[int]) -> None:
    store(1, at=NOON + timedelta(minutes=1), name="Product Viewed", product_id="p1", category="Trail shoes")
    store(2, at=NOON + timedelta(minutes=2), name="Products Searched", query="100% wool")
    store(3, at=NOON + timedelta(minutes=3), name="Product Viewed", email="ada@example.com")
    store(4, at=NOON + timedelta(minutes=4), name="Order Completed", products=[{"name": "Mug"}])
    assert [event.id for event in timeline([1], wanted).events] == found


@pytest.mark.parametrize("cursor", ["x", "1", "1.x", "99999999999999999999.1", "1.99999999999999999999", "."])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        timeline([1], TimelineFilter(), cursor=cursor)


def test_a_page_of_ten_thousand_events_reads_no_more_than_a_page_an_identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [made(n, identifier=1 + n % 2, at=NOON + timedelta(seconds=n)) for n in range(10_000)]
    Event.objects.bulk_create(rows, batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_event")
    with sent(monkeypatch) as statements:
        page = timeline([1, 2], TimelineFilter(), cursor="", limit=50)
    assert [event.id for event in page.events] == list(range(9_999, 9_949, -1))
    ((sql, params),) = statements
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {sql.replace('%b', '%s')}"
    plan = bulk_sql.fetch(explain, params)[0][0][0]["Plan"]
    assert sum(read(plan)) <= 2 * 60


def read(plan: dict[str, Any]) -> list[float]:
    """Rows fetched from the log, by every scan of it."""
    own = [plan["Actual Rows"] * plan["Actual Loops"]] if plan.get("Relation Name") == "events_event" else []
    return own + [rows for below in plan.get("Plans", []) for rows in read(below)]
