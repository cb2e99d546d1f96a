"""People, traits and counters against an oracle that reads the raw requests: late, future, repeated, aliased, switched.

The oracle shares no code with the service but the hash of a message id, which breaks ties between equal times.
"""

import random
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.lib.clock import to_us, utc_now
from cdp.lib.hashing import message_hash
from events.models import Source
from events.services import accept, process_slice
from tests.emptying import empty_tables
from tests.laws.test_arrival_changes_nothing import work_until_empty
from tests.profiles import oracle
from tests.profiles.oracle import Key, OracleEvent
from tests.profiles.worlds import stored_states
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = timedelta(days=7)
TOLD = {"future": timedelta(hours=2), "late": timedelta(days=-40), "old": timedelta(days=-6)}
drafts = st.tuples(
    st.sampled_from(["track", "track", "identify", "alias"]),
    st.booleans(),
    st.none() | st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(["late", "old", "old", "future"]),
    st.integers(0, 50),
)
States = dict[frozenset[Key], tuple[dict[str, Any], dict[str, list[int]]]]


def items_of(draws: list[Any], now: datetime) -> list[tuple[bool, dict[str, Any]]]:
    """[(by the browser source, item)]; a browser on which two sign in keeps two people."""
    found = []
    for n, (kind, is_browser, user, device, when, minutes) in enumerate(draws):
        at = now + TOLD[when] + timedelta(minutes=minutes)
        item: dict[str, Any] = {"type": kind, "messageId": f"m{n}", "anonymousId": f"a{device}"}
        item |= {"timestamp": at.isoformat()}
        if user is not None or kind == "alias":
            item["userId"] = f"u{user or 0}"
        told: dict[str, dict[str, Any]] = {
            "track": {"event": "Seen", "properties": {"n": n}},
            "identify": {"traits": {"n": n, "email": f"e{user or 0}@x.example"}},
            "alias": {"previousId": f"a{(device + 1) % 4}"},
        }
        item |= told[kind]
        found.append((is_browser, item))
    return found


def believed(
    items: list[tuple[bool, dict[str, Any]]], now: datetime, *, floors: bool = True, repairs: bool = True
) -> States:
    """What any service must make of these requests, each received once at `now`. The flags spoil it, for controls."""
    links, events = heard(items, now, floors=floors, repairs=repairs)
    return {members: states(members, events) for members in oracle.people(links)}


def heard(
    items: list[tuple[bool, dict[str, Any]]], now: datetime, *, floors: bool = True, repairs: bool = True
) -> tuple[list[OracleEvent], list[OracleEvent]]:
    """(the events as links are dated by them, the events themselves), one of each an item."""
    links, events = [], []
    for is_browser, item in items:
        at = datetime.fromisoformat(item["timestamp"])
        if repairs and at > now + timedelta(minutes=5):
            at = now
        keys: list[Key] = [("user_id", item["userId"])] if "userId" in item else []
        if item["type"] == "identify" and not is_browser:
            keys.append(("email", item["traits"]["email"]))
        keys.append(("anonymous_id", item["anonymousId"]))
        if item["type"] == "alias":
            keys.append(("anonymous_id", item["previousId"]))
        name = item.get("event") or f"${item['type']}"
        traits = tuple(item.get("traits", {}).items())
        source = message_hash(item["messageId"]).hex()
        event = OracleEvent(tuple(dict.fromkeys(keys)), to_us(at), name, traits, source)
        events.append(event)
        linked = max(at, now - WEEK) if is_browser and floors else at
        links.append(event._replace(at=to_us(linked)))
    return links, events


def states(members: frozenset[Key], events: list[OracleEvent]) -> tuple[dict[str, Any], dict[str, list[int]]]:
    mine = sorted((e for e in events if e.keys[0] in members), key=lambda e: (e.at, e.message))
    traits = {name: value for event in mine for name, value in event.traits}
    times = {name: [e.at for e in mine if e.name == name] for name in {e.name for e in mine}}
    return traits, {name: [len(each), min(each), max(each)] for name, each in times.items()}


def send(items: list[tuple[bool, dict[str, Any]]], sources: dict[bool, Source], at: datetime) -> None:
    for is_browser in (True, False):
        part = [item for by_browser, item in items if by_browser is is_browser]
        if part:
            accept(sources[is_browser], msgspec.json.encode({"batch": part}), path_type="batch", lane=0, received_at=at)


def make_sources() -> dict[bool, Source]:
    return {
        True: Source.objects.create(name="browser", kind=Source.Kind.BROWSER),
        False: Source.objects.create(name="server", kind=Source.Kind.SERVER),
    }


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(drafts, min_size=1, max_size=25), st.randoms(use_true_random=False), st.sampled_from([1, 8]),
    st.integers(1, 9),
)  # fmt: skip
def test_any_order_batches_workers_and_repetitions_make_the_people_of_the_raw_requests(
    draws: list[Any], shuffler: random.Random, workers: int, batch: int
) -> None:
    empty_tables()
    now = utc_now().replace(microsecond=0)
    items, sources = items_of(draws, now), make_sources()
    shuffled = items + shuffler.sample(items, len(items) // 3)
    shuffler.shuffle(shuffled)
    for start in range(0, len(shuffled), batch):
        send(shuffled[start : start + batch], sources, now)
    in_threads(workers, work_until_empty)
    assert stored_states() == believed(items, now)
    for later in (timedelta(hours=25), timedelta(days=8)):
        send(items, sources, now + later)
        work_until_empty()
    assert process_slice() == 0
    assert stored_states() == believed(items, now)


def test_the_oracle_notices_what_it_is_there_for() -> None:
    """Negative controls: without the floor of browsers, or without the repair of the future, it says otherwise."""
    now = utc_now().replace(microsecond=0)
    server_old, browser_late = ("identify", False, 1, 0, "old", 0), ("track", True, 2, 0, "late", 0)
    ahead = ("track", False, 1, 1, "future", 0)
    earlier = ("track", False, 1, 0, "late", 30)
    items = items_of([server_old, browser_late, ahead], now)
    right = believed(items, now)
    assert right != believed(items, now, repairs=False)
    forged = items_of([browser_late, earlier], now)
    assert believed(forged, now) != believed(forged, now, floors=False)
    assert right != believed([*items, items[0]], now)
