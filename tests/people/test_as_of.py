"""The profile as it stood: asked about afterwards, every step of a history is as it was seen at that step."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.lib.clock import utc_now
from events.models import Event, Inbox, Source, StoredMessage
from people import queries
from people.contracts import NobodysIdentifier, PersonNotFound, Place
from profiles.models import Identifier, IdentityChange
from profiles.services import lift, separate
from tests.people.conftest import PROFILES, Ask, Say
from tests.profiles.worlds import forget_everything

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 1, 1, tzinfo=UTC)
FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
KEYS = [("userId", f"u{n}") for n in range(3)] + [("anonymousId", f"a{n}") for n in range(3)]
KINDS = {"userId": "user_id", "anonymousId": "anonymous_id", "email": "email"}

_who = st.tuples(
    st.sampled_from([None, "u0", "u1", "u2"]),
    st.sampled_from([None, "a0", "a1", "a2"]),
    st.sampled_from([None, "e0@example.com", "e1@example.com"]),
).filter(lambda who: who[0] is not None or who[1] is not None)
_events = st.tuples(_who, st.integers(0, 400), st.dictionaries(st.sampled_from("xy"), st.integers(0, 3), max_size=2))
_steps = st.lists(
    st.one_of(st.lists(_events, min_size=1, max_size=3), st.sampled_from(["separate", "lift"])), min_size=1, max_size=8
)
Snapshot = dict[tuple[str, str], Any]


def sent(event: tuple[Any, int, dict[str, int]]) -> dict[str, Any]:
    (user, anonymous, email), hours, traits = event
    found: dict[str, Any] = {"timestamp": (START + timedelta(hours=hours)).isoformat()}
    found |= {"userId": user} if user else {}
    found |= {"anonymousId": anonymous} if anonymous else {}
    said = {**traits, **({"email": email} if email else {})}
    return {**found, "type": "identify", "traits": said} if said else found


def snapshot(at: datetime | None) -> Snapshot:
    """{identifier: what a caller is told who asks by it}."""
    found: Snapshot = {}
    for kind, value in sorted({(row.kind, row.value) for row in Identifier.objects.all()}):
        try:
            place = queries.locate(f"{kind}:{value}", at)
            members = queries.members(place)
            person = queries.person(place, members)
        except NobodysIdentifier:
            found[kind, value] = "nobody's"
            continue
        except PersonNotFound:
            continue
        found[kind, value] = (
            place.profile_id,
            sorted((one.kind, one.value) for one in members),
            person.present_traits,
            dict(person.counters),
            person.event_count,
            person.first_seen_at,
            person.last_seen_at,
        )
    return found


def step(say: Say, what: Any) -> None:
    if what == "lift":
        made = IdentityChange.objects.filter(separation__lifted_at=None).exclude(separation=None).last()
        if made is not None and made.separation_id is not None:
            lift(made.separation_id, reason="one after all", actor=None)
    elif what == "separate":
        merged = IdentityChange.objects.filter(kind="merged", cause="events").last()
        moved = list(merged.moves.values_list("identifier_id", flat=True)) if merged else []
        others = Identifier.objects.filter(kind="user_id").exclude(pk__in=moved).values_list("pk", flat=True)[:1]
        if moved and others and not Identifier.objects.filter(pk__in=moved, is_shared=True).exists():
            separate(moved[:1], list(others), reason="two people", actor=None)
    else:
        say(*map(sent, what))


@FEW
@given(_steps)
def test_what_was_true_after_each_step_is_told_of_its_time_for_ever(say: Say, steps: list[Any]) -> None:
    forget_everything()
    for model in (Event, StoredMessage, Inbox, IdentityChange):
        model.objects.all().delete()
    taken: list[tuple[datetime, Snapshot]] = []
    for what in steps:
        step(say, what)
        taken.append((utc_now(), snapshot(None)))
    for at, found in taken:
        assert snapshot(at) == found


def test_a_merge_is_unknown_before_it_happened(say: Say, ask: Ask) -> None:
    say({"type": "identify", "anonymousId": "a1", "timestamp": "2026-01-01T00:00:00Z", "traits": {"city": "Rome"}})
    say({"type": "identify", "userId": "u1", "timestamp": "2026-01-02T00:00:00Z", "traits": {"city": "Bern"}})
    before = utc_now()
    former = str(Identifier.objects.get(kind="user_id").profile_id)
    say({"userId": "u1", "anonymousId": "a1", "timestamp": "2026-01-03T00:00:00Z", "event": "Order Completed"})
    then = before.isoformat()
    for part, of_u1 in (
        ("traits", lambda found: found["traits"]["city"]),
        ("external_ids", lambda found: [one["id"] for one in found["data"]]),
        ("events", lambda found: [one["event"] for one in found["data"]]),
        ("metadata", lambda found: found["metadata"]["profile_id"] == former),
    ):
        now = of_u1(ask(f"{PROFILES}user_id:u1/{part}").json())
        past = of_u1(ask(f"{PROFILES}user_id:u1/{part}", at=then).json())
        assert (past, now) == {
            "traits": ("Bern", "Bern"),
            "external_ids": (["u1"], ["a1", "u1"]),
            "events": (["identify"], ["Order Completed", "identify", "identify"]),
            "metadata": (True, False),
        }[part]
    asked = ask(f"/v1/profiles/profile_id:{former}", at=then).json()
    assert (asked["profile_id"], asked["event_count"], asked["as_of"]) == (former, 1, then.replace("+00:00", "Z"))
    assert "computed" not in asked
    assert ask("/v1/profiles/anonymous_id:a1/timeline", at=then).json()["data"][0]["properties"] == {"city": "Rome"}
    assert ask(f"/v1/profiles/profile_id:{former}").json()["event_count"] == 3


def test_a_browser_was_somebodys_before_too_many_shared_it(say: Say) -> None:
    say({"anonymousId": "a0", "timestamp": "2026-01-01T00:00:00Z"})
    say({"userId": "u0", "anonymousId": "a0", "timestamp": "2026-01-02T00:00:00Z"})
    then, found = utc_now(), snapshot(None)
    say(*({"userId": f"k{n}", "anonymousId": "a0", "timestamp": "2026-01-03T00:00:00Z"} for n in range(8)))
    assert Identifier.objects.get(kind="anonymous_id").is_shared
    assert snapshot(then) == found
    assert snapshot(utc_now()) == snapshot(None)


def test_nobody_is_there_before_they_were_known(say: Say, ask: Ask) -> None:
    before = utc_now()
    say({"userId": "u1", "timestamp": "2026-01-01T00:00:00Z"})
    answer = ask("/v1/profiles/user_id:u1", at=before.isoformat())
    assert (answer.status_code, answer.json()["detail"]) == (404, "Nobody was known by this user id at that time.")
    profile_id = Identifier.objects.get().profile_id
    assert ask(f"/v1/profiles/{profile_id}", at=before.isoformat()).status_code == 404
    assert (
        ask(f"{PROFILES}user_id:u1/traits", at=before.isoformat()).json()["error"]["message"].startswith("Nobody was")
    )


def test_late_news_of_the_past_is_not_told_of_a_time_that_had_not_heard_it(say: Say) -> None:
    say({"type": "identify", "userId": "u1", "timestamp": "2026-01-05T00:00:00Z", "traits": {"x": 1}})
    before = utc_now()
    say({"type": "identify", "userId": "u1", "timestamp": "2026-01-01T00:00:00Z", "traits": {"x": 0, "y": 2}})
    place = queries.locate("user_id:u1", before)
    assert queries.person(place).present_traits == {"x": 1}
    assert queries.person(Place(place.profile_id)).present_traits == {"x": 1, "y": 2}
    assert Source.objects.count() == 1
