"""The shop world as pure data: repeatable byte for byte, in the past, on local clocks, true to its own truth."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from cdp.demo.simulate import clocks, personas, shop_world
from cdp.demo.simulate.clocks import PLACES
from cdp.demo.simulate.dice import Dice
from cdp.demo.simulate.households import layout, make_household
from cdp.demo.simulate.market import make_market
from cdp.demo.simulate.shop_world import Block, Shape
from cdp.demo.simulate.truth_rows import PersonRow
from cdp.demo.simulate.worlds import Plan, Simulation, shape_of
from events.identifying import identify
from events.items import open_item
from events.trust import trust_of
from events.wire import Item, Limits, parse
from tests.paths import REPO
from tests.simulate.test_worlds import components, identifiers

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
PLAN = Plan(5, 300, 45, NOW, worlds=("shop",))
BLOCKS = list(shop_world.tell(shape_of(PLAN), 300))
PARCELS = [parcel for block in BLOCKS for parcel in block.parcels]
EVENTS: list[dict[str, Any]] = [msgspec.json.decode(item) for parcel in PARCELS for item in parcel.items]
PEOPLE = [person for block in BLOCKS for rows in block.rows for person in rows.people]
SCRIPT = """
import hashlib
from cdp.demo.simulate import shop_world
from cdp.demo.simulate.shop_world import Shape
if __name__ == "__main__":
    digest = hashlib.sha256()
    for block in shop_world.tell(Shape(5, {starts}, {now}, "same"), 150, processes={processes}):
        for parcel in block.parcels:
            digest.update(b"".join(parcel.items))
    print(digest.hexdigest())
"""


def digest(blocks: list[Block]) -> str:
    found = hashlib.sha256()
    for block in blocks:
        for parcel in block.parcels:
            found.update(b"".join(parcel.items))
    return found.hexdigest()


def test_the_bytes_depend_neither_on_hashing_nor_on_how_many_processes_make_them(tmp_path: Any) -> None:
    now = clocks.to_ms(NOW)
    shape = Shape(5, now - 20 * clocks.DAY, now, "same")
    told = [digest(list(shop_world.tell(shape, 150)))]
    for processes, seed in ((1, "1"), (2, "77")):
        path = tmp_path / f"tell_{processes}.py"
        path.write_text(SCRIPT.format(starts=shape.starts, now=shape.now, processes=processes))
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(REPO)}
        run = subprocess.run([sys.executable, path], env=env, capture_output=True, text=True, timeout=60, check=True)
        told.append(run.stdout.strip())
    assert len(set(told)) == 1


def test_more_people_change_nobody_who_was_there() -> None:
    fewer = list(shop_world.tell(shape_of(PLAN), 150))
    mine = {person.person: person for block in fewer[:-1] for rows in block.rows for person in rows.people}
    assert mine == {person.person: person for person in PEOPLE if person.person in mine}
    assert [size for _, size in layout(5, 300)][:50] == [size for _, size in layout(5, 100_000)][:50]


def test_a_later_day_has_the_same_people_and_other_messages() -> None:
    later = list(shop_world.tell(shape_of(Plan(5, 60, 45, NOW + timedelta(days=1), worlds=("shop",))), 60))
    items = [item for block in later for parcel in block.parcels for item in parcel.items]
    ids = {msgspec.json.decode(item)["messageId"] for item in items}
    assert ids.isdisjoint(event["messageId"] for event in EVENTS)
    names = {person.name for block in later for rows in block.rows for person in rows.people}
    assert names <= {person.name for person in PEOPLE}


def test_each_person_and_each_identifier_stands_in_the_truth_once() -> None:
    assert len(PEOPLE) == 300
    assert len({person.person for person in PEOPLE}) == 300
    every = [key for person in PEOPLE for key in person.identifiers]
    assert len(every) == len(set(every))
    for block in BLOCKS:
        for rows in block.rows:
            keys = [person.person for person in rows.people]
            assert [row.person for row in rows.consent] == [row.person for row in rows.tastes] == keys
            assert rows.household.people == tuple(keys)
            assert set(rows.household.tablet_users) <= set(keys)
            assert (rows.household.tablet is not None) == (len(rows.household.tablet_users) > 1)


def test_the_links_an_independent_reader_of_the_events_finds_are_those_of_the_truth() -> None:
    owner = {key: person.person for person in PEOPLE for key in person.identifiers}
    shared = {("anonymous_id", rows.household.tablet) for block in BLOCKS for rows in block.rows}
    seen: dict[str, set[frozenset[tuple[str, str]]]] = {}
    for event in EVENTS:
        keys = identifiers(event)
        assert set(keys) <= owner.keys() | shared
        mine = [key for key in keys if key in owner]
        assert len({owner[key] for key in mine}) <= 1
        for index, a in enumerate(mine):
            for b in mine[index + 1 :]:
                seen.setdefault(owner[a], set()).add(frozenset({a, b}))
    for person in PEOPLE:
        graph = {frozenset(link) for link in person.links}
        keys = list(person.identifiers)
        assert components(keys, graph) == components(keys, seen.get(person.person, set()))


def test_counts_are_those_of_the_events_and_a_few_are_told_twice() -> None:
    counts: Counter[str] = sum((block.counts for block in BLOCKS), Counter())
    unique = {event["messageId"]: event for event in EVENTS}
    assert Counter(event.get("event", event["type"]) for event in unique.values()) == counts
    assert len(EVENTS) - len(unique) == sum(block.repeated for block in BLOCKS) > 0


def test_every_event_is_past_and_says_that_it_is_synthetic() -> None:
    start = NOW - timedelta(days=45)
    for event in EVENTS:
        assert start <= datetime.fromisoformat(event["timestamp"]) < NOW
        assert event["context"]["synthetic"] is True
    addresses = [key[1] for person in PEOPLE for key in person.identifiers if key[0] == "email"]
    assert addresses
    assert all(address.split("@")[1] in ("example.com", "example.org", "example.net") for address in addresses)


def test_every_event_passes_the_products_own_validation() -> None:
    trust = {True: trust_of("server", (), ()), False: trust_of("browser", (), ())}
    for parcel in PARCELS:
        body = b'{"batch":[' + b",".join(parcel.items) + b"]}"
        request = parse(body, path_type="batch", limits=Limits(32_768, 2_500))
        assert request.faults() == []
        for item in request.items:
            assert isinstance(item, Item)
            opened = open_item(item, inbox_id=1, sent_at=None, received_us=clocks.to_ms(NOW) * 1000)
            assert opened.flags == ()
            found = identify(
                type=opened.type,
                user_id=opened.user_id,
                anonymous_id=opened.anonymous_id,
                previous_id=opened.previous_id,
                properties=opened.properties,
                traits=opened.traits,
                context=opened.context,
                trust=trust[parcel.server_side],
            )
            assert found.keys


def test_no_young_cart_is_left_open_and_old_ones_are() -> None:
    lines: dict[str, set[str]] = {}
    touched: dict[str, str] = {}
    closed = set()
    for event in sorted(EVENTS, key=lambda event: event["timestamp"]):
        bag = event.get("properties", {})
        if event.get("event") == "Product Added":
            lines.setdefault(bag["cart_id"], set()).add(bag["product_id"])
        elif event.get("event") == "Product Removed":
            lines[bag["cart_id"]].discard(bag["product_id"])
        elif event.get("event") == "Order Completed":
            closed.add(bag["cart_id"])
        if "cart_id" in bag:
            touched[bag["cart_id"]] = event["timestamp"]
    left = [touched[cart] for cart, inside in lines.items() if inside and cart not in closed]
    assert len(left) > 20
    assert max(left) < (NOW - timedelta(days=4, hours=23)).isoformat()


def test_people_who_refuse_to_be_measured_are_not() -> None:
    refused = {
        row.user_id or row.person: row
        for block in BLOCKS
        for rows in block.rows
        for row in rows.consent
        if {"purpose": "analytics", "state": "denied"}.items() <= (row.said[0] if row.said else {}).items()
    }
    assert refused
    told = [event for event in EVENTS if event.get("userId") in refused and event["context"].get("channel") != "server"]
    assert {event.get("event") for event in told} <= {"Segment Consent Preference Updated"}


def test_consent_ends_as_it_was_said_last() -> None:
    states: Counter[str] = Counter()
    for block in BLOCKS:
        for rows in block.rows:
            for row in rows.consent:
                mails = [said for said in row.said if said["purpose"] == "email_marketing"]
                assert row.email_marketing == (mails[-1]["state"] if mails else "never said")
                assert [said["at"] for said in mails] == sorted(said["at"] for said in mails)
                states[row.email_marketing] += 1
    assert set(states) == {"granted", "denied", "withdrawn", "never said"}
    assert states["granted"] > states["denied"]


def test_silence_is_judged_by_the_law_of_where_somebody_lives() -> None:
    """A yes opens and a no shuts everywhere; what is never said is a yes to mail in the US alone."""
    silent: dict[str, set[bool]] = {}
    for block in BLOCKS:
        for rows in block.rows:
            country = {row.person: row.country for row in rows.people}
            for row in rows.consent:
                if row.email_marketing != "never said":
                    assert row.may_mail == (row.email_marketing == "granted")
                elif row.user_id is not None:
                    silent.setdefault(country[row.person], set()).add(row.may_mail)
                if row.personalization == "denied":
                    assert not row.may_personalize
    assert silent["US"] == {True}
    assert {may for place, found in silent.items() if place != "US" for may in found} == {False}


@pytest.mark.parametrize(
    ("zone", "day", "hour", "utc"),
    [
        ("Europe/Berlin", "2026-03-28", 12, "2026-03-28T11:00:00.000Z"),
        ("Europe/Berlin", "2026-03-29", 12, "2026-03-29T10:00:00.000Z"),
        ("Europe/Berlin", "2026-10-25", 1, "2026-10-24T23:00:00.000Z"),
        ("Europe/Berlin", "2026-10-25", 12, "2026-10-25T11:00:00.000Z"),
        ("Europe/London", "2026-03-29", 12, "2026-03-29T11:00:00.000Z"),
        ("America/New_York", "2026-03-08", 12, "2026-03-08T16:00:00.000Z"),
        ("America/Los_Angeles", "2026-11-01", 12, "2026-11-01T20:00:00.000Z"),
        ("America/Recife", "2026-07-01", 12, "2026-07-01T15:00:00.000Z"),
        ("Asia/Kolkata", "2026-07-01", 12, "2026-07-01T06:30:00.000Z"),
        ("Asia/Tokyo", "2026-01-01", 5, "2025-12-31T20:00:00.000Z"),
        ("Australia/Sydney", "2026-01-15", 12, "2026-01-15T01:00:00.000Z"),
        ("Australia/Sydney", "2026-04-06", 12, "2026-04-06T02:00:00.000Z"),
    ],
)
def test_local_clocks_keep_daylight_saving_time(zone: str, day: str, hour: int, utc: str) -> None:
    ordinal = date.fromisoformat(day).toordinal()
    at = clocks.instant(zone, ordinal, hour * 3_600)
    assert clocks.iso_ms(at) == utc
    assert clocks.local(zone, at) == (ordinal, hour * 3_600)


def test_a_skipped_hour_reads_an_hour_on_and_weekdays_are_the_calendars() -> None:
    ordinal = date(2026, 3, 29).toordinal()
    assert clocks.iso_ms(clocks.instant("Europe/Berlin", ordinal, 9_000)) == "2026-03-29T01:30:00.000Z"
    assert clocks.local("Europe/Berlin", clocks.instant("Europe/Berlin", ordinal, 9_000)) == (ordinal, 12_600)
    for day in range(ordinal, ordinal + 14):
        assert clocks.is_weekend(day) == (date.fromordinal(day).weekday() >= 5)


def test_people_live_in_ten_zones_and_sleep_at_night_there() -> None:
    by_zone: dict[str, Counter[int]] = {}
    for event in EVENTS:
        if event["type"] == "page":
            zone = event["context"]["timezone"]
            hour = clocks.local(zone, clocks.from_iso(event["timestamp"]))[1] // 3_600
            by_zone.setdefault(zone, Counter())[hour] += 1
    assert by_zone.keys() == {place.zone for place in PLACES}
    nights = {zone: sum(hours[h] for h in range(1, 5)) for zone, hours in by_zone.items()}
    evenings = {zone: sum(hours[h] for h in range(18, 22)) for zone, hours in by_zone.items()}
    assert all(nights[zone] < evenings[zone] for zone in by_zone)
    assert sum(nights.values()) * 8 < sum(evenings.values())


def test_personas_are_among_the_people_and_have_a_history() -> None:
    known = {person.user_id: person for person in PEOPLE}
    for persona in personas(5):
        person: PersonRow = known[persona.user_id]
        assert (person.persona, person.name, person.email) == (True, persona.name, persona.email)
        assert person.visits > 3
    assert len({persona.email for persona in personas(5)}) == len(personas(5)) == 8


def test_a_household_shares_an_address_and_leans_the_same_way() -> None:
    market = make_market(5)
    homes = [make_household(market, number, 2) for number in range(100, 400)]
    assert all(home.members[0].email != home.members[1].email for home in homes)
    inside = [float(a.taste.categories @ b.taste.categories) for a, b in (home.members for home in homes)]
    across = [
        float(one.members[0].taste.categories @ other.members[0].taste.categories) for one, other in pairwise(homes)
    ]
    assert sum(inside) > 1.1 * sum(across)


def test_so_many_events_are_made_block_by_block_without_keeping_people() -> None:
    plan = Plan(5, 1, 45, NOW, worlds=("shop",), events=6_000)
    simulation = Simulation(plan, keeps_people=False)
    made = sum(len(parcel.items) for parcel in simulation.parcels())
    assert 6_000 <= made < 12_000
    assert simulation.truth.owners == {}


def test_dice_are_named_by_their_path() -> None:
    assert Dice(1, 2, 3).roll() == Dice(1, 2, 3).roll()
    assert len({Dice(1, 2, 3).roll(), Dice(1, 2, 4).roll(), Dice(2, 2, 3).roll(), Dice(1, 2).roll()}) == 4
