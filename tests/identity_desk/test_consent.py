"""An un-merge by staff carries refusals to both sides, before people part; a split by events writes nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from cdp.identity_desk import deciding, previewing
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent import queries as consent
from consent.contracts import ANALYTICS, EMAIL_MARKETING, Carried, NewEntry, Subject
from consent.models import Entry, Suppression
from consent.services import carried, record_entries
from profiles import queries as profiles
from profiles.contracts import DecisionRefused, IdentifierFacts
from profiles.models import Identifier, Separation
from tests.commerce.world import send
from tests.identity_desk import world
from tests.identity_desk.test_round import apart
from tests.profiles.worlds import arrive, event

pytestmark = pytest.mark.django_db(transaction=True)
Drain = Callable[..., int]
NOW = utc_now()


def people(*keys: str) -> list[IdentifierFacts]:
    """Facts of these identifiers, strongest first as given."""
    return [profiles.identifier_facts([pk])[pk] for pk in world.ids(*keys)]


@transaction.atomic
def say(state: str, key: str, purpose: str, *, hours: float = 1.0, method: str = "api") -> None:
    """Somebody said this some hours ago, of an identifier or an address."""
    kind, _, value = key.partition(":")
    on_address = kind == "email" and purpose == EMAIL_MARKETING
    record_entries(
        [
            NewEntry(
                keyed_hash("test", state, key, purpose, str(hours)),
                purpose,
                state,
                method,
                NOW - timedelta(hours=hours),
                address_hash=address_hash(value) if on_address else None,
                identifier_id=None if on_address else Identifier.objects.get(kind=kind, value=value).pk,
            )
        ]
    )


def merged() -> tuple[list[IdentifierFacts], list[IdentifierFacts]]:
    """An account and a guest with an address of his own, held for one person."""
    arrive([event("user_id:u", "email:u@x.example", at=1), event("anonymous_id:g", "email:g@x.example", at=2)])
    arrive([event("user_id:u", "email:g@x.example", at=3)])
    one, other = people("user_id:u", "email:u@x.example"), people("email:g@x.example", "anonymous_id:g")
    assert {fact.profile_id for fact in [*one, *other]} == {one[0].profile_id}
    return one, other


@pytest.mark.parametrize("state", ["withdrawn", "denied"])
def test_a_refusal_of_one_side_becomes_a_withdrawal_of_the_others_strongest_identifier(state: str) -> None:
    one, other = merged()
    say(state, "anonymous_id:g", ANALYTICS)
    (found,) = carried(one, other, at=NOW)
    assert (found.side, found.purpose, found.identifier_id) == (1, ANALYTICS, one[0].id)
    separation = apart([fact.id for fact in one], [fact.id for fact in other])
    written = Entry.objects.get(method="staff")
    assert (written.state, written.identifier_id, written.separation_id) == ("withdrawn", one[0].id, separation)
    for side in (one, other):
        subject = Subject(None, tuple(fact.id for fact in side))
        assert not consent.allows(subject, ANALYTICS, utc_now()).allowed


def test_a_refusal_about_mail_silences_the_other_sides_address_too() -> None:
    one, other = merged()
    say("granted", "email:u@x.example", EMAIL_MARKETING, hours=5)
    say("withdrawn", "email:g@x.example", EMAIL_MARKETING, hours=2)
    assert carried(one, other, at=NOW) == [
        Carried(1, EMAIL_MARKETING, "E-mail marketing", address_hash=address_hash("u@x.example"))
    ]
    apart([fact.id for fact in one], [fact.id for fact in other])
    assert Suppression.objects.filter(address_hash=address_hash("u@x.example"), reason="unsubscribe").exists()


def test_an_address_granted_after_the_refusal_stays_granted() -> None:
    one, other = merged()
    say("withdrawn", "email:g@x.example", EMAIL_MARKETING, hours=5)
    say("granted", "email:u@x.example", EMAIL_MARKETING, hours=2)
    assert carried(one, other, at=NOW) == []


def test_what_both_refuse_nobody_refused_or_is_merely_unknown_needs_no_line() -> None:
    one, other = merged()
    assert carried(one, other, at=NOW) == []
    say("granted", "user_id:u", ANALYTICS)
    assert carried(one, other, at=NOW) == []
    say("denied", "user_id:u", ANALYTICS, hours=0.5)
    say("denied", "anonymous_id:g", ANALYTICS)
    assert carried(one, other, at=NOW) == []


def test_consent_is_strict_even_where_the_split_then_fails() -> None:
    one, other = merged()
    say("denied", "anonymous_id:g", ANALYTICS)
    found = carried(one, other, at=NOW)
    ids = [fact.id for fact in one], [fact.id for fact in other]
    gone = {**dict.fromkeys([*ids[0], *ids[1]], one[0].profile_id), 999_999: one[0].profile_id}
    with pytest.raises(DecisionRefused):
        deciding.keep_apart(*ids, carried=found, seen=gone, reason="two", actor=None, now=utc_now())
    assert (Separation.objects.count(), Entry.objects.filter(method="staff").count()) == (0, 1)
    assert previewing.carried_between(*ids, utc_now()) == []


def test_a_split_that_a_late_event_brings_about_writes_nothing(drain: Drain) -> None:
    source = world.shop()
    early, late = "2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z"
    refusal = {"consent": {"categoryPreferences": {"analytics": False}}}
    who = {"userId": "u1", "anonymousId": "shared-laptop"}
    send(source, {"type": "identify", "messageId": "1", "timestamp": late, "context": refusal, **who})
    drain()
    send(source, {"type": "identify", "messageId": "2", "timestamp": early, **who, "userId": "u0"})
    drain()
    assert world.owner("user_id:u1") != world.owner("anonymous_id:shared-laptop")
    assert not Entry.objects.filter(method="staff").exists()


def test_lifting_a_separation_takes_no_withdrawal_back() -> None:
    one, other = merged()
    say("denied", "anonymous_id:g", ANALYTICS)
    separation = apart([fact.id for fact in one], [fact.id for fact in other])
    facts = profiles.identifier_facts([fact.id for fact in [*one, *other]]).values()
    seen = {fact.id: fact.profile_id for fact in facts}
    assert deciding.join_again(separation, seen=seen, reason="one after all", actor=None)
    assert Entry.objects.filter(method="staff", separation_id=separation).count() == 1
