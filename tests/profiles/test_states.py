"""States and profiles in the database: folded, refused, repaired; what queries answer of them."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cdp.lib.clock import from_us
from cdp.outbox.models import TopicRow
from profiles import queries
from profiles.contracts import StateDelta
from profiles.models import IdentifierState, Profile
from profiles.services import fold_deltas, rebuild_profiles, register_sightings, states
from tests.profiles import oracle
from tests.profiles.worlds import T0, arrive, event, sighting, stored_states
from tests.statements import sent

pytestmark = pytest.mark.django_db


def test_a_fold_reaches_the_identifier_and_its_profile() -> None:
    ids = arrive([event("user_id:u", "anonymous_id:a", at=1, traits={"city": "Berlin", "gone": None})])
    (user_id,) = (i for key, i in ids.items() if key.kind == "user_id")
    with transaction.atomic():
        touched = fold_deltas({user_id: StateDelta({"city": ("Bonn", T0 + 2, "00")}, {"Seen": (2, T0, T0 + 2)})})
    state = queries.profile_states(touched)[touched[0]]
    assert state.traits == {"city": "Bonn"}
    assert state.counters == {"Seen": (3, T0, T0 + 2)}
    assert (state.event_count, state.first_seen_at, state.last_seen_at) == (3, from_us(T0), from_us(T0 + 2))
    assert not state.is_shared
    row = IdentifierState.objects.get(identifier_id=user_id)
    assert (row.traits["city"], row.event_count) == (["Bonn", T0 + 2, "00"], 3)
    assert queries.trait_times(touched[0])["gone"] == (None, T0 + 1, f"{0:032x}")


def test_an_event_without_traits_leaves_them_unread_and_unchanged() -> None:
    ids = arrive([event("user_id:u", traits={"city": "Berlin"})])
    (identifier,) = ids.values()
    with transaction.atomic():
        (profile,) = fold_deltas({identifier: StateDelta({}, {"Seen": (1, T0 + 5, T0 + 5)})})
    assert queries.profile_states([profile])[profile].traits == {"city": "Berlin"}


def test_a_fold_outside_a_transaction_or_for_strangers_is_refused_and_writes_nothing() -> None:
    ids = arrive([event("user_id:u")])
    delta = StateDelta({}, {"Seen": (1, T0, T0)})
    with pytest.raises(LookupError, match="1 identifiers do not exist"), transaction.atomic():
        fold_deltas({**dict.fromkeys(ids.values(), delta), 10**12: delta})
    assert IdentifierState.objects.get().event_count == Profile.objects.get().event_count == 1
    with transaction.atomic():
        assert fold_deltas({10**12: StateDelta()}) == []


@pytest.mark.django_db(transaction=True)
def test_a_fold_without_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="inside atomic"):
        fold_deltas({1: StateDelta({}, {"Seen": (1, T0, T0)})})


def test_deleted_profiles_come_back_with_the_next_fold_or_a_rebuild() -> None:
    arrive([event("user_id:u", "email:e", traits={"a": 1}), event("email:e", at=1)])
    (profile,) = Profile.objects.values_list("id", flat=True)
    Profile.objects.all().delete()
    arrive([event("user_id:u", at=2)])
    assert Profile.objects.get().event_count == 3
    Profile.objects.all().delete()
    rebuild_profiles([profile])
    assert (Profile.objects.get().id, Profile.objects.get().event_count) == (profile, 3)
    assert TopicRow.objects.get(topic="profile.changed").payload == {"profile_ids": [str(profile)]}


def test_rebuilding_a_profile_nobody_belongs_to_removes_it() -> None:
    nobody = uuid.uuid4()
    Profile.objects.create(id=nobody)
    rebuild_profiles([nobody])
    assert not Profile.objects.exists()


def test_identifiers_are_found_by_raw_and_canonical_values() -> None:
    ids = arrive([event("user_id:u", "email:ada@example.com")])
    found = queries.find("email", " Ada@Example.com")
    assert found is not None
    assert found.id in ids.values()
    assert queries.find("email", "nobody@example.com") is None
    assert queries.find("email", "null") is None
    assert [fact.value for fact in queries.search("ADA@example.com")] == ["ada@example.com"]
    assert queries.search("nothing") == []
    assert queries.identifier_kinds() == ["email", "user_id"]
    assert queries.identifier_facts([found.id]) == {found.id: found}


def test_batch_reads_answer_for_every_id_asked() -> None:
    ids = arrive([event("user_id:u", "email:e@x.example", at=1), event("user_id:v", at=2)])
    stranger = uuid.uuid4()
    profiles = queries.profiles_of_identifiers([*ids.values(), 10**12])
    assert profiles.keys() == set(ids.values())
    found = queries.identifiers_of([*set(profiles.values()), stranger])
    assert {frozenset(f.value for f in facts) for facts in found.values()} == {
        frozenset({"u", "e@x.example"}), frozenset({"v"}), frozenset()
    }  # fmt: skip
    assert queries.profile_states([stranger]) == {}
    assert queries.resolve(stranger) is None
    assert queries.resolve_many([stranger, *profiles.values()]) == {p: p for p in profiles.values()}


def test_the_address_to_write_to_is_the_said_one_else_the_latest_and_never_a_shared_one() -> None:
    arrive([event("user_id:u", "email:a@x.example", at=1), event("user_id:u", "email:b@x.example", at=2)])
    (profile,) = Profile.objects.values_list("id", flat=True)
    assert queries.email_of(profile) == "b@x.example"
    arrive([event("user_id:u", at=3, traits={"email": "A@x.example"})])
    assert queries.email_of(profile) == "a@x.example"
    arrive([event("user_id:u", at=4, traits={"email": "other@x.example"})])
    assert queries.email_of(profile) == "b@x.example"
    register_sightings([sighting(event(f"user_id:w{i}", f"email:{e}@x.example", at=9)) for i in range(6) for e in "ab"])
    assert queries.email_of(profile) is None
    assert queries.email_of(uuid.uuid4()) is None


def test_links_are_shown_oldest_first() -> None:
    ids = arrive([event("user_id:u", "email:e@x.example", at=2), event("user_id:u", "anonymous_id:a", at=1)])
    assert [{link.a.value, link.b.value} for link in queries.links_of(ids.values())] == [
        {"u", "a"},
        {"u", "e@x.example"},
    ]


def test_reads_of_many_cost_what_reads_of_one_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    arrive([event(f"user_id:u{i}", f"email:e{i}@x.example", f"email:f{i}@x.example") for i in range(3)])
    profiles = list(Profile.objects.values_list("id", flat=True))
    for some in (profiles[:1], profiles):
        with sent(monkeypatch) as statements:
            queries.emails_of(some)
            queries.identifiers_of(some)
            queries.profile_states(some)
        assert len(statements) == 4


@pytest.mark.parametrize("years", [-1900, -1000, 100, 400, 7000])
def test_instants_are_stored_to_the_microsecond_in_any_year(years: int) -> None:
    at = from_us(T0).replace(year=2023 + years, microsecond=123457)
    us = (at - from_us(0)) // timedelta(microseconds=1)
    ids = register_sightings([sighting(event("user_id:u", "email:e", at=us - T0))])
    assert {fact.first_seen_at for fact in queries.identifier_facts(ids.values()).values()} == {at}


def test_states_are_read_and_written_in_bounded_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "READ_AT_ONCE", 3)
    monkeypatch.setattr(states, "WRITE_AT_ONCE", 400)
    some = [
        event(f"user_id:u{n % 8}", at=n, traits={f"t{n % 3}": "x" * 100} if n % 2 else None, n=n) for n in range(40)
    ]
    with CaptureQueriesContext(connection) as captured:
        arrive(some)
    written = [q["sql"] for q in captured if "jsonb_to_recordset" in q["sql"]]
    assert len(written) > 8
    assert max(map(len, written)) < 1500
    assert stored_states() == oracle.states(some)
