"""Sightings in the database: the people of the oracle whatever the order and batches, and steps that stay few."""

import logging
import random
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.outbox.models import TopicRow
from profiles.models import Identifier, IdentifierState, Link, Profile
from profiles.queries import find, resolve
from profiles.services import neighborhoods, register_sightings, rows
from profiles.services.neighborhoods import walk
from tests.profiles import oracle
from tests.profiles.oracle import OracleEvent
from tests.profiles.worlds import arrive, event, forget_everything, sighting, stored_people, stored_states, worlds

pytestmark = pytest.mark.django_db


def published(topic: str) -> list[dict[str, Any]]:
    return list(TopicRow.objects.filter(topic=topic).order_by("id").values_list("payload", flat=True))


def profile_of(key: str) -> str:
    kind, _, value = key.partition(":")
    found = find(kind, value)
    assert found is not None
    return str(found.profile_id)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds(), st.randoms(use_true_random=False), st.integers(1, 12))
def test_any_order_and_batch_split_gives_the_people_and_states_of_the_oracle(
    events: list[OracleEvent], shuffler: random.Random, batch: int
) -> None:
    forget_everything()
    arrived = list(events)
    shuffler.shuffle(arrived)
    for start in range(0, len(arrived), batch):
        arrive(arrived[start : start + batch])
        again = shuffler.sample(arrived[: start + batch], min(3, start + 1))
        register_sightings([sighting(e) for e in again])  # a retry repeats the sighting, never the fold
    assert stored_people() == oracle.people(events)
    assert stored_states() == oracle.states(events)


def test_what_is_known_costs_two_selects_and_no_transaction() -> None:
    events = [event("user_id:u", "email:e", "anonymous_id:a", at=1), event("user_id:u2", "anonymous_id:b", at=1)]
    arrive(events)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ids = register_sightings([sighting(e._replace(at=e.at + 7)) for e in events * 100])
    assert [q["sql"].split()[0] for q in queries] == ["SELECT", "SELECT"]
    assert len(ids) == 5


def test_a_batch_of_new_people_costs_the_same_few_statements_as_one() -> None:
    def statements(n: int, tag: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            register_sightings([sighting(event(f"user_id:{tag}{i}", f"anonymous_id:{tag}{i}")) for i in range(n)])
        return len(queries)

    assert statements(1, "x") == statements(300, "y") <= 17


def test_nothing_at_all_is_fine() -> None:
    assert register_sightings([]) == {}


def test_it_refuses_to_run_inside_a_transaction_of_the_caller() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        register_sightings([sighting(event("user_id:u"))])
    assert Identifier.objects.count() == 0


def test_a_link_keeps_its_earliest_time_and_evidence_and_the_person_flag() -> None:
    arrive([event("user_id:u", "anonymous_id:a", at=5, n=5)], fold=False)
    arrive(
        [event("user_id:u", "anonymous_id:a", at=3, n=3), event("user_id:u", "anonymous_id:a", at=9, n=9)], fold=False
    )
    link = Link.objects.select_related("a", "b").get()
    assert bytes(link.message_hash or b"").hex() == f"{3:032x}"
    assert {(link.a.kind, link.a_is_person), (link.b.kind, link.b_is_person)} == {
        ("user_id", True),
        ("anonymous_id", False),
    }
    assert link.first_seen_at == link.a.first_seen_at == link.b.first_seen_at


def test_only_the_strongest_identifiers_of_an_event_are_linked() -> None:
    arrive([event("user_id:u", *(f"anonymous_id:a{i:02}" for i in range(40)))], fold=False)
    assert Identifier.objects.count() == 41
    assert Link.objects.count() == 190


def test_a_merge_joins_states_moves_no_more_than_it_must_and_says_so() -> None:
    arrive(
        [
            event("anonymous_id:a", at=1, name="Product Viewed"),
            event("user_id:u", at=2, name="Order Completed", traits={"x": 1}),
        ]
    )
    winner, loser = profile_of("anonymous_id:a"), profile_of("user_id:u")
    arrive([event("user_id:u", "anonymous_id:a", at=3)], fold=False)
    assert profile_of("user_id:u") == winner
    profile = Profile.objects.get()
    assert (str(profile.id), profile.event_count, profile.traits["x"][0]) == (winner, 2, 1)
    assert profile.counters == {
        "Product Viewed": [1, *[1_700_000_000_000_001] * 2],
        "Order Completed": [1, *[1_700_000_000_000_002] * 2],
    }
    moved = Identifier.objects.get(kind="user_id").id
    assert published("profile.merged") == [{"winner": winner, "losers": [loser], "identifier_ids": [moved]}]
    assert published("profile.split") == []


def test_any_id_ever_minted_resolves_to_the_present_profile() -> None:
    arrive([event("anonymous_id:a", at=1), event("user_id:u", at=2)])
    old = {key: profile_of(key) for key in ("anonymous_id:a", "user_id:u")}
    arrive([event("user_id:u", "anonymous_id:a", at=3)])
    present = profile_of("user_id:u")
    for minted in Identifier.objects.values_list("minted_id", flat=True):
        assert str(resolve(minted)) == present
    assert set(old.values()) == {str(minted) for minted in Identifier.objects.values_list("minted_id", flat=True)}


def test_a_new_identifier_of_a_known_person_changes_nothing_for_others_to_hear() -> None:
    arrive([event("user_id:u", at=1)])
    arrive([event("user_id:u", "anonymous_id:a", at=2)])
    assert Profile.objects.count() == 1
    assert TopicRow.objects.count() == 0


def test_a_late_event_splits_and_says_where_everybody_went() -> None:
    arrive([event("user_id:u1", "anonymous_id:a", at=5), event("user_id:u1", at=1), event("anonymous_id:a", at=4)])
    whole = profile_of("user_id:u1")
    assert profile_of("anonymous_id:a") == whole
    arrive([event("user_id:u2", "anonymous_id:a", at=3)])
    assert profile_of("user_id:u1") == whole
    assert profile_of("user_id:u2") == profile_of("anonymous_id:a") != whole
    moved = Identifier.objects.get(kind="anonymous_id").id
    assert published("profile.split") == [
        {"from": whole, "profiles": sorted([whole, profile_of("user_id:u2")]), "identifier_ids": [moved]}
    ]
    assert {str(p.id): p.event_count for p in Profile.objects.all()} == {whole: 2, profile_of("user_id:u2"): 2}


def test_an_earlier_first_identifier_renames_the_profile_as_a_merge() -> None:
    arrive([event("user_id:u", "anonymous_id:a", at=5)])
    before = profile_of("user_id:u")
    arrive([event("anonymous_id:a", at=1)])
    after = profile_of("user_id:u")
    assert after != before
    assert [(m["winner"], m["losers"]) for m in published("profile.merged")] == [(after, [before])]
    assert str(Profile.objects.get().id) == after


def test_a_kiosk_with_five_thousand_logins_joins_nobody_and_the_walk_stops_at_it(
    django_assert_max_num_queries: Any,
) -> None:
    for day in range(5):
        logins = [event(f"user_id:u{i}", "device_id:kiosk", at=i) for i in range(day * 1000, day * 1000 + 1000)]
        arrive(logins, fold=False)
    kiosk = Identifier.objects.get(kind="device_id")
    assert (kiosk.is_shared, kiosk.degree, kiosk.profile_id) == (True, 5000, kiosk.minted_id)
    assert Profile.objects.count() == 5001
    assert list(Profile.objects.filter(is_shared=True).values_list("id", flat=True)) == [kiosk.minted_id]
    with django_assert_max_num_queries(20):
        arrive([event("user_id:late", "device_id:kiosk", "anonymous_id:new", at=9)], fold=False)
    someone = Identifier.objects.get(value="late")
    found = walk([someone.id], {})
    assert {row.value for row in found.identifiers.values()} == {"late", "new"}
    assert walk([kiosk.id], {}) == neighborhoods.Neighborhood()


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_a_chain_of_thousands_of_hops_is_walked_with_ten_statements_and_ends_at_the_shared(
    steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighborhoods, "STEPS", steps)
    links = [
        event(f"user_id:u{i + side}", f"anonymous_id:a{i}", at=2 * i + side) for i in range(500) for side in (0, 1)
    ]
    far = [event(f"user_id:u{i}", "device_id:kiosk", at=i) for i in range(490, 501)]
    strangers = [event("user_id:s", "device_id:kiosk", at=1), event("user_id:s", "anonymous_id:s", at=1)]
    arrive([*links, *far, *strangers], fold=False)
    start = Identifier.objects.get(value="u0").pk
    with CaptureQueriesContext(connection) as queries:
        found = walk([start], {})
    assert len(queries) <= 10
    assert {row.value for row in found.identifiers.values()} == {f"u{i}" for i in range(501)} | {
        f"a{i}" for i in range(500)
    }
    assert len(found.edges) == 1000
    middle = Identifier.objects.get(value="u250").pk
    assert walk([middle], {}).edges == found.edges
    unknown = {row.id: replace(row, is_shared=True) for row in rows.load([middle])}  # nobody has told the database yet
    assert len(walk([start], unknown).identifiers) == 500
    assert stored_people() == oracle.people([*links, *far, *strangers])


@pytest.mark.parametrize("limit", [2, 9, 41])
def test_a_chain_past_the_bound_is_noticed_wherever_the_walk_begins(
    limit: int, caplog: pytest.LogCaptureFixture
) -> None:
    arrive([event(f"user_id:u{i + s}", f"anonymous_id:a{i}", at=i) for i in range(20) for s in (0, 1)], fold=False)
    seeds = list(Identifier.objects.values_list("id", flat=True))
    assert len(seeds) == 41
    with caplog.at_level(logging.ERROR):
        for seed in seeds:
            assert len(walk([seed], {}, limit=limit).identifiers) == (41 if limit == 41 else 0)
    assert (f"more than {limit} identifiers" in caplog.text) == (limit < 41)


def test_a_device_that_becomes_shared_lets_its_person_go() -> None:
    arrive([event("user_id:u0", "device_id:d", at=1), event("device_id:d", at=0), event("user_id:u0", at=2)])
    together = profile_of("user_id:u0")
    assert profile_of("device_id:d") == together
    arrive([event(f"user_id:u{i}", "device_id:d", at=i) for i in range(3, 9)], fold=False)
    assert profile_of("device_id:d") == together  # it was the first: the id minted with it stays its own
    assert profile_of("user_id:u0") != together
    assert Profile.objects.get(id=together).is_shared
    assert {(p["from"], len(p["profiles"])) for p in published("profile.split")} == {(together, 2)}
    assert not Profile.objects.get(id=profile_of("user_id:u0")).is_shared


def test_a_lone_identifier_that_becomes_shared_is_announced_as_changed() -> None:
    arrive([event("email:club@x.example", at=9)])
    arrive([event(f"user_id:v{i}", "email:club@x.example", at=10) for i in range(6)], fold=False)
    assert published("profile.changed") == [{"profile_ids": [profile_of("email:club@x.example")]}]


def test_a_neighborhood_past_the_bound_is_left_as_it_is_and_ingest_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(neighborhoods, "MAX_WALK", 10)
    arrive([event("user_id:u", f"anonymous_id:a{i:02}", at=i) for i in range(8)], fold=False)
    with caplog.at_level(logging.ERROR):
        for i in range(8, 14):
            arrive(
                [
                    event("user_id:u", f"anonymous_id:a{i:02}", at=i),
                    event(f"user_id:x{i}", f"email:x{i}@x.example", at=i),
                ],
                fold=False,
            )
    assert "more than 10 identifiers" in caplog.text
    assert profile_of("anonymous_id:a00") == profile_of("anonymous_id:a08") == profile_of("user_id:u")
    assert profile_of("anonymous_id:a13") != profile_of("user_id:u")
    assert profile_of("user_id:x13") == profile_of("email:x13@x.example")
    assert IdentifierState.objects.count() == Identifier.objects.count() == 27


def test_events_are_never_rewritten_by_a_merge_however_long_the_history() -> None:
    arrive([event("anonymous_id:a", at=1), event("user_id:u", at=2)])
    for table in (IdentifierState, Profile):
        table.objects.update(event_count=100_000, counters={"Product Viewed": [100_000, 1, 2]})
    with CaptureQueriesContext(connection) as queries:
        arrive([event("user_id:u", "anonymous_id:a", at=3)], fold=False)
    assert len(queries) <= 30
    assert Profile.objects.get().event_count == 200_000
