"""The gate as a whole: laws, parents, restriction, age, staff's own purposes, and what it costs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from pytest_django import Settings

from cdp.lib.hashing import address_hash, keyed_hash
from consent import queries, services
from consent.contracts import (
    ANALYTICS,
    CAN_SPAM,
    CCPA,
    DENIED,
    EMAIL_MARKETING,
    EMAIL_OFFERS,
    EXPIRED,
    GDPR,
    GRANTED,
    OTHER,
    PERSONALIZATION,
    PROCESSING,
    THIRD_PARTY_SHARING,
    WITHDRAWN,
    NewEntry,
    PurposeState,
    Subject,
)
from consent.models import Entry, Purpose, PurposeRule
from consent.purposes import RULES, SHIPPED
from consent.purposes_in_force import forget_purposes, purposes_now
from profiles.contracts import IdentifierKey
from tests.profiles.worlds import arrive, event
from tests.statements import sent

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 3, 1, tzinfo=UTC)
NOW = T0 + timedelta(days=1_000)
ADA = address_hash("ada@larkfell.example")
PHONE = address_hash("+491711234567")
OPT_OUT = {"analytics", "personalization", "email_marketing", "ml_training", "third_party_sharing", "processing"}


def day(n: float) -> datetime:
    return T0 + timedelta(days=n)


def say(purpose: str, state: str, key: bytes | int, *, at: datetime = T0, method: str = "api", **more: Any) -> int:
    """The entry's id."""
    entry_key = keyed_hash("test", purpose, state, repr(key), str(at), method)
    address, identifier = (key, None) if isinstance(key, bytes) else (None, key)
    entry = NewEntry(entry_key, purpose, state, method, at, address_hash=address, identifier_id=identifier, **more)
    with transaction.atomic():
        assert services.record_entries([entry], now=NOW) == 1
    return Entry.objects.get(entry_key=entry_key).pk


def asked(purpose: str, subject: Subject | None = None, *, at: datetime = NOW) -> tuple[bool, str, int | None]:
    decision = queries.allows(subject or Subject(ADA, (1,), PHONE), purpose, at)
    return decision.allowed, decision.reason, decision.evidence


@pytest.mark.parametrize(
    ("regime", "allowed"),
    [
        (GDPR, {"ml_training", "processing"}),
        (CCPA, OPT_OUT),
        (CAN_SPAM, OPT_OUT),
        (OTHER, {"analytics", "personalization", "ml_training", "processing"}),
    ],
)
def test_what_is_allowed_while_nobody_has_said_anything_follows_the_law(
    regime: str, allowed: set[str], settings: Settings
) -> None:
    settings.CONSENT_DEFAULT_REGIME = regime
    tops = [one.code for one in purposes_now().all if not one.parent]
    assert {code for code in tops if asked(code)[0]} == allowed
    topics = {one.code: asked(one.code)[0] for one in purposes_now().children(EMAIL_MARKETING)}
    assert set(topics.values()) == {EMAIL_MARKETING in allowed}
    assert len(topics) == 3


def test_without_an_entry_a_topic_is_as_its_parent_and_never_more_than_it() -> None:
    granted = say(EMAIL_MARKETING, GRANTED, ADA)
    assert asked(EMAIL_OFFERS) == (True, GRANTED, granted)
    own = say(EMAIL_OFFERS, WITHDRAWN, ADA, at=day(1))
    assert asked(EMAIL_OFFERS) == (False, WITHDRAWN, own)
    assert asked(EMAIL_MARKETING) == (True, GRANTED, granted)
    again = say(EMAIL_OFFERS, GRANTED, ADA, at=day(2))
    assert asked(EMAIL_OFFERS) == (True, GRANTED, again)
    ended = say(EMAIL_MARKETING, WITHDRAWN, ADA, at=day(3))
    assert asked(EMAIL_OFFERS) == (False, "parent_withdrawn", ended)
    assert asked(EMAIL_OFFERS, Subject()) == (False, "no_address", None)


def test_a_grant_of_a_topic_alone_does_not_open_its_parent() -> None:
    say(EMAIL_OFFERS, GRANTED, ADA)
    assert asked(EMAIL_MARKETING) == (False, "default_denied", None)
    assert asked(EMAIL_OFFERS) == (False, "parent_default_denied", None)


def test_restricted_processing_refuses_everything_until_it_is_lifted() -> None:
    say(EMAIL_MARKETING, GRANTED, ADA)
    say(ANALYTICS, GRANTED, 1)
    restricted = say(PROCESSING, DENIED, 1, at=day(1))
    for one in purposes_now().all:
        assert asked(one.code) == (False, "restricted", restricted)
    assert asked(ANALYTICS, Subject(identifier_ids=(2,))) == (True, "default_allowed", None)
    say(PROCESSING, GRANTED, 1, at=day(2))
    assert asked(EMAIL_MARKETING)[:2] == asked(ANALYTICS)[:2] == (True, GRANTED)


def test_a_restriction_said_of_an_address_counts_wherever_the_address_is_asked_about() -> None:
    restricted = say(PROCESSING, DENIED, ADA)
    assert asked(ANALYTICS) == (False, "restricted", restricted)
    assert asked(EMAIL_MARKETING, Subject(ADA)) == (False, "restricted", restricted)


def test_a_yes_grows_old_where_the_law_says_so(settings: Settings) -> None:
    granted = say(PERSONALIZATION, GRANTED, 1)
    for regime, reason in ((GDPR, EXPIRED), (OTHER, GRANTED)):
        settings.CONSENT_DEFAULT_REGIME = regime
        assert asked(PERSONALIZATION, at=day(394.9)) == (True, GRANTED, granted)
        assert asked(PERSONALIZATION, at=day(395)) == (reason == GRANTED, reason, granted)
    settings.CONSENT_DEFAULT_REGIME = GDPR
    renewed = say(PERSONALIZATION, GRANTED, 1, at=day(390))
    assert asked(PERSONALIZATION, at=day(400)) == (True, GRANTED, renewed)


def test_what_a_device_sends_along_does_not_renew_what_the_person_said(settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = GDPR
    granted = say(PERSONALIZATION, GRANTED, 1)
    say(PERSONALIZATION, GRANTED, 1, at=day(390), method="context")
    assert asked(PERSONALIZATION, at=day(400)) == (False, EXPIRED, granted)


def test_an_old_yes_of_one_device_holds_the_person_back_until_their_account_says_yes_anew(settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = GDPR
    ids = arrive([event("user_id:u", "anonymous_id:a", at=1), event("user_id:u", "anonymous_id:b", at=2, n=2)])
    user, old, new = (
        ids[IdentifierKey(*key)] for key in (("user_id", "u"), ("anonymous_id", "a"), ("anonymous_id", "b"))
    )
    person = Subject(identifier_ids=(user, old, new))
    first = say(PERSONALIZATION, GRANTED, old)
    say(PERSONALIZATION, GRANTED, new, at=day(390))
    assert asked(PERSONALIZATION, person, at=day(400)) == (False, EXPIRED, first)
    assert asked(PERSONALIZATION, person, at=day(390))[:2] == (True, GRANTED)
    say(PERSONALIZATION, GRANTED, user, at=day(391))
    assert asked(PERSONALIZATION, person, at=day(400))[:2] == (True, GRANTED)
    # A refusal is no old yes: only the strictest counts, whoever says yes later.
    refused = say(PERSONALIZATION, WITHDRAWN, old, at=day(10))
    assert asked(PERSONALIZATION, person, at=day(400)) == (False, WITHDRAWN, refused)


def test_global_privacy_control_counts_where_the_law_says_so(settings: Settings) -> None:
    say(THIRD_PARTY_SHARING, DENIED, 1, method="gpc")
    say(ANALYTICS, DENIED, 1, method="gpc")
    settings.CONSENT_DEFAULT_REGIME = CCPA
    assert asked(THIRD_PARTY_SHARING)[:2] == (False, DENIED)
    assert asked(ANALYTICS) == (True, "default_allowed", None)
    PurposeRule.objects.create(
        purpose_id=ANALYTICS, regime=CCPA, legal_basis="consent", allowed_by_default=True, gpc_denies=True
    )
    forget_purposes()
    assert asked(ANALYTICS)[:2] == (False, DENIED)


@pytest.fixture
def own_purposes() -> Iterator[None]:
    """Purposes of staff's own: letters by mail and by phone, and a topic of text messages."""
    Purpose.objects.create(code="letters", label="Letters", legal_basis="consent", channel="email")
    Purpose.objects.create(code="rings", label="Rings", legal_basis="consent", channel="sms")
    Purpose.objects.create(
        code="rings_late",
        label="Late",
        legal_basis="consent",
        channel="sms",
        parent_id="rings",
        categories=["Night Owl"],
    )
    forget_purposes()
    yield
    forget_purposes()


@pytest.mark.usefixtures("own_purposes")
def test_purposes_of_staffs_own_are_stated_for_addresses_and_numbers_too() -> None:
    letters, rings = say("letters", GRANTED, ADA), say("rings", GRANTED, PHONE)
    assert asked("letters") == (True, GRANTED, letters)
    assert asked("rings_late") == (True, GRANTED, rings)
    assert asked("rings", Subject(ADA, (1,))) == (False, "no_address", None)
    assert asked("letters", Subject(None, (1,), PHONE)) == (False, "no_address", None)
    assert asked("rings", Subject(ADA, (1,), address_hash("+49170"))) == (False, "default_denied", None)
    now = purposes_now()
    assert (now.is_of_address("rings"), now.is_of_address(ANALYTICS), now.is_of_address("none")) == (True, False, False)
    assert [now.of_category(name) for name in ("night-owl", " NIGHT_OWL ", "day")] == ["rings_late", "rings_late", None]


@pytest.mark.usefixtures("own_purposes")
def test_an_account_with_one_number_speaks_for_that_number() -> None:
    ids = arrive([event("user_id:u", "phone:+491711234567", at=1)])
    user = ids[IdentifierKey("user_id", "u")]
    say("rings", GRANTED, user)
    assert asked("rings", Subject(None, tuple(ids.values()), PHONE))[:2] == (True, GRANTED)
    ids |= arrive([event("user_id:u", "phone:+491707654321", at=2, n=2)])
    assert asked("rings", Subject(None, tuple(ids.values()), PHONE))[:2] == (False, "default_denied")


def test_the_mail_gate_ends_a_mirrored_suppression_for_topics_as_for_the_whole() -> None:
    ids = arrive([event("user_id:u", "email:ada@larkfell.example", at=1)])
    user, subject = ids[IdentifierKey("user_id", "u")], Subject(ADA, tuple(ids.values()))
    say(EMAIL_OFFERS, GRANTED, ADA)
    say(EMAIL_MARKETING, WITHDRAWN, ADA, at=day(1))

    def gate() -> list[tuple[bool, str, str]]:
        found = [queries.mail_gate([subject], one, NOW)[0] for one in (EMAIL_MARKETING, EMAIL_OFFERS)]
        return [(decision.allowed, decision.reason, why) for decision, why in found]

    assert gate() == [(False, WITHDRAWN, "unsubscribe"), (False, "parent_withdrawn", "unsubscribe")]
    say(EMAIL_MARKETING, GRANTED, user, at=day(2))
    assert gate() == [(True, GRANTED, ""), (True, GRANTED, "")]
    services.suppress(ADA, "marketing", "complaint", day(1))
    assert {why for *_, why in gate()} == {"complaint"}


def test_the_law_is_asked_for_only_where_the_answer_depends_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    purposes_now()
    say(PERSONALIZATION, GRANTED, 1, at=NOW)
    say(PERSONALIZATION, DENIED, 2, at=NOW)

    def statements(identifier_id: int, purpose: str = PERSONALIZATION) -> int:
        with sent(monkeypatch) as found:
            queries.allows(Subject(identifier_ids=(identifier_id,)), purpose, NOW)
        return len(found)

    assert [statements(1), statements(2), statements(3)] == [1, 1, 2]
    assert statements(3, "ml_training") == 1
    with sent(monkeypatch) as found:
        queries.allows_each([Subject(identifier_ids=(n,)) for n in range(1, 50)], PERSONALIZATION, NOW)
    assert len(found) == 2


def flat(states: list[PurposeState] | tuple[PurposeState, ...]) -> list[PurposeState]:
    return [found for one in states for found in (one, *flat(one.children))]


@pytest.mark.parametrize("regime", [GDPR, CCPA, CAN_SPAM, OTHER])
def test_the_state_of_every_purpose_at_any_instant_is_what_the_gate_says(regime: str, settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = regime
    said: list[tuple[str, str, bytes | int, int]] = [
        (EMAIL_MARKETING, GRANTED, ADA, 1), (EMAIL_OFFERS, WITHDRAWN, ADA, 2), (PERSONALIZATION, GRANTED, 1, 3),
        (PROCESSING, DENIED, 1, 4), (PROCESSING, GRANTED, 1, 5), (EMAIL_MARKETING, "pending", ADA, 6),
        ("sms_marketing", GRANTED, PHONE, 7), (ANALYTICS, DENIED, 1, 8),
    ]  # fmt: skip
    ids = [say(purpose, state, key, at=day(n)) for purpose, state, key, n in said]
    subject = Subject(ADA, (1,), PHONE)
    for at in (day(n / 2) for n in (*range(18), 800, 900)):
        states = flat(queries.states(subject, at))
        assert len(states) == len(SHIPPED)
        for one in states:
            decision = queries.allows(subject, one.code, at)
            assert (one.allowed, one.reason, one.entry_id) == (decision.allowed, decision.reason, decision.evidence)
            assert one.entry_id is None or one.since == day(ids.index(one.entry_id) + 1)
            assert one.legal_basis == purposes_now().get(one.code).rules[regime].legal_basis  # type: ignore[union-attr]
    by_code = {one.code: one for one in flat(queries.states(subject, day(3)))}
    assert (by_code["email_news"].inherited, by_code[EMAIL_OFFERS].inherited) == (True, False)
    assert by_code[PERSONALIZATION].expires_at == (day(3 + 395) if regime == GDPR else None)
    old = {one.code: one for one in flat(queries.states(subject, day(500)))}[PERSONALIZATION]
    assert (old.state, old.reason) == ((EXPIRED, EXPIRED) if regime == GDPR else (GRANTED, GRANTED))


@pytest.mark.parametrize("regime", [GDPR, CCPA, CAN_SPAM, OTHER])
def test_many_are_answered_as_each_alone_whoever_was_silent_or_has_no_address(regime: str, settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = regime
    say(EMAIL_MARKETING, GRANTED, ADA)
    say(EMAIL_OFFERS, WITHDRAWN, ADA)
    say(PERSONALIZATION, DENIED, 1)
    say(PROCESSING, DENIED, 2)
    say("sms_marketing", GRANTED, PHONE)
    addresses, phones = (None, ADA, address_hash("bo@larkfell.example")), (None, PHONE, address_hash("+491719876543"))
    subjects = [Subject(a, ids, p) for a in addresses for p in phones for ids in ((), (1,), (2, 3), (4,), (4, 5))]
    for code in (one.code for one in purposes_now().all):
        alone = [queries.allows(subject, code, NOW) for subject in subjects]
        assert queries.allows_each(subjects, code, NOW) == alone
        assert queries.allows_each(subjects[::-1], code, NOW) == alone[::-1]


def test_a_decision_can_be_asked_by_what_the_ledger_knew_at_an_instant() -> None:
    say(ANALYTICS, WITHDRAWN, 1)
    received = Entry.objects.get().received_at
    before, subject = received - timedelta(seconds=1), Subject(identifier_ids=(1,))
    assert queries.allows(subject, ANALYTICS, NOW, known_at=before).reason == "default_allowed"
    assert queries.allows(subject, ANALYTICS, NOW, known_at=received).reason == WITHDRAWN
    assert {one.reason for one in queries.states(subject, NOW, known_at=before) if one.code == ANALYTICS} == {
        "default_allowed"
    }


def test_every_shipped_rule_is_in_force_and_every_purpose_has_a_rule_for_every_law() -> None:
    now = purposes_now()
    assert {one.code for one in now.all} == {one.code for one in SHIPPED}
    assert [one.code for one in now.shown] == [one.code for one in SHIPPED if one.shown]
    for rule in RULES:
        found = now.get(rule.purpose).rules[rule.regime]  # type: ignore[union-attr]
        days = found.expires_after.days if found.expires_after else None
        assert (found.legal_basis, found.allowed_by_default, found.gpc_denies, days) == (
            rule.legal_basis, rule.allowed_by_default, rule.gpc_denies, rule.expires_after_days,
        )  # fmt: skip
    for shipped in SHIPPED:
        assert now.get(shipped.code).rules[OTHER].allowed_by_default == shipped.allowed_by_default  # type: ignore[union-attr]
    assert django_settings.CONSENT_DEFAULT_REGIME == OTHER


def test_a_loop_of_parents_ends() -> None:
    Purpose.objects.filter(pk=ANALYTICS).update(parent_id=PERSONALIZATION)
    Purpose.objects.filter(pk=PERSONALIZATION).update(parent_id=ANALYTICS)
    forget_purposes()
    assert [one.code for one in purposes_now().chain(ANALYTICS)] == [ANALYTICS, PERSONALIZATION, PROCESSING]
    assert asked(ANALYTICS)[1] == "default_allowed"
