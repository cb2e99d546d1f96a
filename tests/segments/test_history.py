"""Membership on an instant, between two, and by person: half-open intervals, merged people once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from profiles.models import Identifier
from segments.models import Membership, Segment
from segments.queries import history
from segments.queries.history import BadCursor, CompareCounts

pytestmark = pytest.mark.django_db
MAY = datetime(2026, 5, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return MAY + timedelta(days=number - 1)


def pid(number: int) -> UUID:
    return UUID(int=number)


def segment(slug: str = "s") -> int:
    return Segment.objects.create(slug=slug, name=slug.upper(), definition={"all": []}).pk


def stay(of: int, person: int, start: int, end: int | None = None, reason: str = "rule") -> None:
    left = day(end) if end else None
    Membership.objects.create(
        segment_id=of,
        profile_id=pid(person),
        version=1,
        entered_at=day(start),
        left_at=left,
        left_reason=reason if end else "",
    )


def test_who_was_in_on_an_instant_is_a_question_of_half_open_intervals() -> None:
    of = segment()
    stay(of, 1, 1, 5)
    stay(of, 2, 3)
    stay(segment("other"), 3, 1)
    assert [one.profile_id for one in history.members_at(of, day(1)).members] == [pid(1)]
    assert [one.profile_id for one in history.members_at(of, day(3)).members] == [pid(2), pid(1)]
    assert [one.profile_id for one in history.members_at(of, day(5)).members] == [pid(2)]
    assert [history.count_at(of, day(n)) for n in (0, 1, 3, 5)] == [0, 1, 2, 1]


def test_a_cursor_walks_everybody_once() -> None:
    of = segment()
    for person in range(1, 8):
        stay(of, person, 1 + person // 3)
    seen: list[UUID] = []
    cursor: str | None = None
    for _ in range(4):
        page = history.members_at(of, day(9), cursor=cursor, limit=2)
        seen += [one.profile_id for one in page.members]
        cursor = page.next_cursor
    assert cursor is None
    assert (len(seen), set(seen)) == (7, {pid(n) for n in range(1, 8)})


@pytest.mark.parametrize("cursor", ["?", "bm90", "MXwx", "MjAyNi0wNS0wMXwtMQ"])
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor, match="take it from the page before"):
        history.members_at(segment(), day(1), cursor=cursor)


def test_two_instants_are_compared() -> None:
    of = segment()
    stay(of, 1, 1, 5)
    stay(of, 2, 1)
    stay(of, 3, 4)
    stay(of, 4, 2, 4)
    assert history.compare(of, day(1), day(6)) == CompareCounts(both=1, entered=1, left=1)
    parts = {part: history.compared(of, day(1), day(6), part).profile_ids for part in history.PARTS}
    assert parts == {"both": (pid(2),), "entered": (pid(3),), "left": (pid(1),)}
    first = history.compared(of, day(0), day(4), "entered", limit=2)
    assert first.profile_ids == (pid(1), pid(2))
    rest = history.compared(of, day(0), day(4), "entered", limit=2, cursor=first.next_cursor)
    assert (rest.profile_ids, rest.next_cursor) == ((pid(3),), None)


def test_who_was_merged_since_counts_as_the_person_they_are() -> None:
    of = segment()
    for minted in (1, 2):
        Identifier.objects.create(
            kind="user_id", value=f"u{minted}", minted_id=pid(minted), profile_id=pid(2), first_seen_at=MAY
        )
    stay(of, 1, 1, 3, "merged")
    stay(of, 2, 3)
    assert history.compare(of, day(1), day(5)) == CompareCounts(both=1, entered=0, left=0)
    assert [one.profile_id for one in history.members_at(of, day(1)).members] == [pid(1)]
    assert list(history.people_at(of, day(1))) == [[pid(2)]]
    found = history.intervals_of(pid(2), of)
    assert [(one.profile_id, one.left_reason) for one in found] == [(pid(2), ""), (pid(1), "merged")]


def test_a_persons_stays_are_told_latest_first() -> None:
    of, other = segment(), segment("other")
    stay(of, 1, 1, 2)
    stay(of, 1, 4)
    stay(other, 1, 3, 5, "archived")
    told = [(one.slug, one.entered_at, one.left_at, one.left_reason) for one in history.intervals_of(pid(1))]
    assert told == [("s", day(4), None, ""), ("other", day(3), day(5), "archived"), ("s", day(1), day(2), "rule")]
    assert len(history.intervals_of(pid(1), of)) == 2
