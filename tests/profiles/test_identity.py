"""Components, purely: the limits, the canonical order, and agreement with the oracle on many worlds."""

import random
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.identity import DEFAULT_RULES, Edge, IdentityRules, Node, partition
from tests.profiles import oracle
from tests.profiles.oracle import Key, OracleEvent
from tests.profiles.worlds import event, worlds


def people(events: list[OracleEvent], rules: IdentityRules = DEFAULT_RULES) -> dict[frozenset[Key], Key]:
    """The partition that `profiles.identity` makes of these events, fed as the services feed it."""
    ids: dict[Key, int] = {}
    first: dict[int, int] = {}
    links: dict[tuple[int, int], int] = {}
    persons: dict[int, set[int]] = defaultdict(set)
    for e in events:
        mine = [ids.setdefault(key, len(ids)) for key in e.keys]
        for i in mine:
            first[i] = min(e.at, first.get(i, e.at))
            if e.keys[0][0] in ("user_id", "email", "phone") and i != mine[0]:
                persons[i].add(mine[0])
            for j in mine:
                if i < j:
                    links[i, j] = min(e.at, links.get((i, j), e.at))
    keys = {i: key for key, i in ids.items()}
    nodes = [Node(i, *keys[i], first[i], rules.is_shared(len(persons[i]))) for i in keys]
    components = partition(nodes, [Edge(a, b, at) for (a, b), at in links.items()], rules)
    return {frozenset(keys[i] for i in c.members): keys[c.first] for c in components}


def groups(events: list[OracleEvent]) -> set[frozenset[str]]:
    return {frozenset(f"{kind}:{value}" for kind, value in members) for members in people(events)}


@settings(max_examples=400, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_any_order_with_duplicates_gives_the_people_of_the_oracle(
    events: list[OracleEvent], shuffler: random.Random
) -> None:
    arrived = events + shuffler.sample(events, len(events) // 2)
    shuffler.shuffle(arrived)
    assert people(arrived) == oracle.people(events)


def test_identifiers_linked_by_events_are_one_person() -> None:
    assert groups(
        [event("anonymous_id:a", at=1), event("user_id:u", "anonymous_id:a", at=2), event("user_id:u", "email:e", at=3)]
    ) == {frozenset({"anonymous_id:a", "user_id:u", "email:e"})}


def test_a_browser_that_two_people_use_belongs_to_the_first_and_joins_nobody() -> None:
    events = [event("user_id:u1", "anonymous_id:a", at=1), event("user_id:u2", "anonymous_id:a", at=2)]
    assert groups(events) == {frozenset({"user_id:u1", "anonymous_id:a"}), frozenset({"user_id:u2"})}


def test_a_late_event_with_an_earlier_time_gives_the_browser_to_the_other() -> None:
    events = [event("user_id:u1", "anonymous_id:a", at=2), event("user_id:u2", "anonymous_id:a", at=1)]
    assert groups(events) == {frozenset({"user_id:u2", "anonymous_id:a"}), frozenset({"user_id:u1"})}


def test_a_person_without_a_user_id_has_one_email_and_with_one_up_to_five() -> None:
    bare = [event(f"email:e{i}", "anonymous_id:a", at=i) for i in range(2)]
    assert groups(bare) == {frozenset({"email:e0", "anonymous_id:a"}), frozenset({"email:e1"})}
    known = [event("user_id:u", f"email:e{i}", at=i) for i in range(6)]
    assert groups(known) == {
        frozenset({"user_id:u", "email:e0", "email:e1", "email:e2", "email:e3", "email:e4"}),
        frozenset({"email:e5"}),
    }


def test_five_of_any_other_kind_and_a_hundred_devices_and_browsers() -> None:
    phones = [event("user_id:u", f"phone:{i}", at=i) for i in range(6)]
    assert sorted(len(group) for group in groups(phones)) == [1, 6]
    browsers = [event("user_id:u", f"anonymous_id:a{i:03}", at=i) for i in range(101)]
    assert sorted(len(group) for group in groups(browsers)) == [1, 101]
    devices = [event("user_id:u", f"device_id:d{i:03}", at=i) for i in range(101)]
    assert sorted(len(group) for group in groups(devices)) == [1, 101]


def test_an_identifier_of_more_than_five_people_is_nobodys() -> None:
    five = [event(f"user_id:u{i}", "device_id:kiosk", at=i) for i in range(5)]
    assert frozenset({"user_id:u0", "device_id:kiosk"}) in groups(five)
    assert groups([*five, event("user_id:u5", "device_id:kiosk", at=9)]) == {
        frozenset({key}) for key in ["device_id:kiosk", *(f"user_id:u{i}" for i in range(6))]
    }


def test_a_family_address_stays_with_its_first_account_and_past_five_with_none() -> None:
    family = [event(f"user_id:u{i}", "email:family", at=i) for i in range(3)]
    assert groups(family) == {
        frozenset({"user_id:u0", "email:family"}),
        frozenset({"user_id:u1"}),
        frozenset({"user_id:u2"}),
    }
    club = [event(f"user_id:u{i}", "email:club", at=i) for i in range(6)]
    assert frozenset({"email:club"}) in groups(club)


def test_two_user_ids_on_one_event_stay_two_people() -> None:
    assert groups([event("user_id:old", "user_id:new")]) == {frozenset({"user_id:old"}), frozenset({"user_id:new"})}


def test_a_component_is_named_by_its_earliest_then_strongest_identifier() -> None:
    assert people([event("anonymous_id:a", at=1), event("user_id:u", "anonymous_id:a", at=2)]) == {
        frozenset({("anonymous_id", "a"), ("user_id", "u")}): ("anonymous_id", "a")
    }
    assert people([event("anonymous_id:a", "user_id:u", "email:e")]) == {
        frozenset({("anonymous_id", "a"), ("user_id", "u"), ("email", "e")}): ("user_id", "u")
    }


def test_a_link_refused_once_is_not_tried_again() -> None:
    # e2 is refused at 2, before the user_id makes room for it at 3: a single pass is simple to explain
    events = [
        event("email:e1", "anonymous_id:a", at=1),
        event("email:e2", "anonymous_id:a", at=2),
        event("user_id:u", "email:e1", at=3),
    ]
    assert groups(events) == {frozenset({"email:e1", "anonymous_id:a", "user_id:u"}), frozenset({"email:e2"})}


def test_rules_are_parameters() -> None:
    rules = IdentityRules(shared_after=1)
    events = [event("user_id:u1", "anonymous_id:a", at=1), event("user_id:u2", "anonymous_id:a", at=2)]
    assert len(people(events, rules)) == 3


def test_an_email_goes_with_the_user_id_of_its_event_and_not_with_a_phone_the_family_shares() -> None:
    events = [
        event("user_id:u1", "email:e1", "phone:p", at=1),
        event("user_id:u2", "email:e2", "phone:p", at=2),
    ]
    assert groups(events) == {frozenset({"user_id:u1", "email:e1", "phone:p"}), frozenset({"user_id:u2", "email:e2"})}
