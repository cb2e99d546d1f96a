"""The one door of choices: double opt-in, words, proofs, letters, and what a repetition changes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cdp.lib.hashing import address_hash
from cdp.lib.problems import Problem
from cdp.outbox.models import TopicRow
from consent import queries, services
from consent.choices import Choice, truncated_ip
from consent.contracts import DENIED, EMAIL_MARKETING, GRANTED, PENDING, PERSONALIZATION, WITHDRAWN, Subject
from consent.models import Entry, Proof, Purpose, Suppression
from consent.purposes_in_force import forget_purposes
from profiles.models import Identifier

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
JANE = "jane@example.com"
SAID = Choice(EMAIL_MARKETING, GRANTED, "form", address=JANE, locale="de", ip="203.0.113.77")


def letters() -> list[dict[str, Any]]:
    return list(TopicRow.objects.filter(topic="consent.pending").order_by("id").values_list("payload", flat=True))


def allowed(at: datetime = NOW + HOUR * 1000, purpose: str = EMAIL_MARKETING) -> tuple[bool, str]:
    found = queries.allows(Subject(address_hash=address_hash(JANE)), purpose, at)
    return found.allowed, found.reason


@pytest.fixture
def opt_in() -> Iterator[Callable[[str], None]]:
    """What e-mail marketing asks of a grant; as shipped again afterwards."""

    def ask(how: str) -> None:
        Purpose.objects.filter(pk=EMAIL_MARKETING).update(double_opt_in=how)
        forget_purposes()

    yield ask
    ask("unverified")


def test_an_unproven_grant_waits_with_its_proof_and_one_letter() -> None:
    outcome = services.choose(SAID, now=NOW)
    assert (outcome.recorded, outcome.state, outcome.letter) == (True, PENDING, True)
    assert (outcome.decision.allowed, outcome.decision.reason) == (False, "pending")
    entry = Entry.objects.get()
    assert (entry.state, entry.channel, entry.ip, entry.actor, entry.proof_id) == (
        PENDING,
        "email",
        "203.0.113.0/24",
        "person",
        outcome.proof_id,
    )
    proof = Proof.objects.get()
    assert (proof.kind, bytes(proof.address_hash or b"")) == ("sign_up", address_hash(JANE))
    assert proof.content == {"address": JANE, "locale": "de", "purposes": [EMAIL_MARKETING], "letter": True}
    assert letters() == [{"entry_id": entry.pk, "proof_id": proof.pk}]


def test_the_owner_s_button_grants_and_pressing_again_changes_nothing() -> None:
    waiting = services.choose(SAID, now=NOW)
    assert waiting.proof_id is not None
    (done,) = services.confirm(waiting.proof_id, now=NOW + HOUR, ip="2001:db8:1:2::3")
    assert (done.recorded, done.state, done.decision.allowed) == (True, GRANTED, True)
    entry = Entry.objects.get(state=GRANTED)
    assert (entry.method, entry.ip, entry.proof_id) == ("double_opt_in", "2001:db8:1::/48", waiting.proof_id)
    (again,) = services.confirm(waiting.proof_id, now=NOW + 2 * HOUR)
    assert (again.recorded, Entry.objects.count()) == (False, 2)
    assert Proof.objects.get().content["confirmed_from"] == "2001:db8:1::/48"


def test_a_withdrawal_since_ends_the_sign_up_and_its_link() -> None:
    waiting = services.choose(SAID, now=NOW)
    services.choose(replace(SAID, state=WITHDRAWN), now=NOW + MINUTE)
    assert waiting.proof_id is not None
    assert services.confirm(waiting.proof_id, now=NOW + HOUR) == []
    assert allowed() == (False, "withdrawn")
    assert services.confirm(10**9, now=NOW + HOUR) == []


def test_a_new_sign_up_after_a_withdrawal_lifts_it_once_confirmed() -> None:
    services.choose(replace(SAID, state=WITHDRAWN), now=NOW)
    assert Suppression.objects.filter(reason="unsubscribe").exists()
    waiting = services.choose(SAID, now=NOW + HOUR)
    assert waiting.letter
    assert allowed() == (False, "withdrawn")
    assert waiting.proof_id is not None
    services.confirm(waiting.proof_id, now=NOW + 2 * HOUR)
    assert allowed() == (True, GRANTED)
    assert not Suppression.objects.exists()


def test_an_unproven_grant_never_narrows_what_is_allowed() -> None:
    services.choose(replace(SAID, is_verified=True), now=NOW)
    outcome = services.choose(SAID, now=NOW + HOUR)
    assert (outcome.recorded, outcome.state, outcome.letter) == (False, GRANTED, False)
    assert allowed() == (True, GRANTED)
    assert Entry.objects.count() == 1
    assert not letters()


@pytest.mark.parametrize(
    ("asks", "choice", "state"),
    [
        ("never", SAID, GRANTED),
        ("never", replace(SAID, must_confirm=True), PENDING),
        ("unverified", SAID, PENDING),
        ("unverified", replace(SAID, is_verified=True), GRANTED),
        ("always", replace(SAID, is_verified=True), PENDING),
        ("always", replace(SAID, is_confirmed=True, proof={"form": "1"}), GRANTED),
        ("always", replace(SAID, state=WITHDRAWN), WITHDRAWN),
        ("always", replace(SAID, state=DENIED), DENIED),
    ],
)
def test_a_purpose_says_which_grants_wait(asks: str, choice: Choice, state: str, opt_in: Callable[[str], None]) -> None:
    opt_in(asks)
    assert services.choose(choice, now=NOW).state == state


def test_a_topic_waits_as_its_parent_does() -> None:
    assert services.choose(replace(SAID, purpose="email_news"), now=NOW).state == PENDING


def test_an_address_is_asked_once_in_ten_minutes_and_three_times_a_day() -> None:
    times = [NOW, NOW + MINUTE, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR, NOW + 25 * HOUR]
    found = [services.choose(SAID, now=at).letter for at in times]
    assert found == [True, False, True, True, False, True]
    assert len(letters()) == 4
    assert Entry.objects.count() == 6
    assert len(set(Entry.objects.values_list("proof_id", flat=True))) == 4


def test_what_events_say_asks_once_a_day() -> None:
    said = replace(SAID, proof_kind="event", proof={"name": "Email Subscribed"})
    assert [services.choose(said, now=NOW + hours * HOUR).letter for hours in (0, 1, 23, 25)] == [True, 0, 0, True]


@pytest.mark.parametrize("reason", ["complaint", "hard_bounce", "manual"])
def test_who_must_not_be_written_to_is_not_asked(reason: str) -> None:
    services.suppress(address_hash(JANE), "marketing", reason, NOW)
    outcome = services.choose(SAID, now=NOW + HOUR)
    assert (outcome.state, outcome.letter, letters()) == (PENDING, False, [])


def test_what_is_old_news_sends_no_letter() -> None:
    assert not services.choose(replace(SAID, occurred_at=NOW - 25 * HOUR), now=NOW).letter
    services.choose(replace(SAID, state=WITHDRAWN, address="joe@example.com"), now=NOW)
    late = replace(SAID, address="joe@example.com", occurred_at=NOW - HOUR)
    assert not services.choose(late, now=NOW + MINUTE).letter


def test_one_form_with_several_topics_is_one_letter_and_one_button() -> None:
    both = [SAID, replace(SAID, purpose="email_news")]
    outcomes = services.choose_each(both, now=NOW)
    assert [one.state for one in outcomes if not isinstance(one, Problem)] == [PENDING, PENDING]
    assert len(letters()) == 1
    assert Proof.objects.count() == 1
    assert len(services.confirm(Proof.objects.get().pk, now=NOW + HOUR)) == 2
    assert allowed(purpose="email_news") == (True, GRANTED)


def test_the_words_and_the_notice_are_kept_with_the_answer() -> None:
    words = services.publish_wording(EMAIL_MARKETING, {"de": ("Newsletter", "Wir schreiben Ihnen.")}, now=NOW)["de"]
    for named in (
        replace(SAID, wording_id=words.id, notice_version=3),
        replace(SAID, wording_version=words.version, locale="de-AT", notice_version=3),
    ):
        services.choose(replace(named, is_verified=True), now=NOW)
    for entry in Entry.objects.all():
        assert (entry.wording_id, bytes(entry.wording_sha256 or b""), entry.notice_version) == (
            words.id,
            words.sha256,
            3,
        )


def test_words_that_are_not_the_purpose_s_are_refused() -> None:
    words = services.publish_wording(PERSONALIZATION, {"en": ("Yours", "We fit it to you.")}, now=NOW)["en"]
    for wrong in (replace(SAID, wording_id=words.id), replace(SAID, wording_version=9)):
        with pytest.raises(Problem) as refusal:
            services.choose(wrong, now=NOW)
        assert refusal.value.errors[0]["reason"] == "unknown_wording"
    assert not Entry.objects.exists()


def test_the_same_statement_again_is_known() -> None:
    said = replace(SAID, is_verified=True, occurred_at=NOW, proof={"form": "7"})
    first, second = services.choose(said, now=NOW), services.choose(said, now=NOW + HOUR)
    assert (first.recorded, second.recorded) == (True, False)
    assert Entry.objects.count() == 1
    assert Proof.objects.count() == 1
    both = services.choose_each([replace(said, occurred_at=NOW + MINUTE)] * 2, now=NOW + HOUR)
    assert Entry.objects.count() == 2
    assert Proof.objects.count() == 2
    assert len(both) == 2


def test_purposes_without_a_channel_hang_on_an_identifier_made_when_new() -> None:
    said = Choice(PERSONALIZATION, DENIED, "api", identifier=("user_id", "u-1"), reason="asked on the phone")
    outcome = services.choose(said, now=NOW)
    identifier = Identifier.objects.get(kind="user_id", value="u-1")
    entry = Entry.objects.get()
    assert (entry.identifier_id, entry.reason, outcome.decision.reason) == (
        identifier.pk,
        "asked on the phone",
        DENIED,
    )
    services.choose(replace(said, identifier=None, identifier_id=identifier.pk, state=GRANTED), now=NOW + HOUR)
    assert queries.allows(Subject(identifier_ids=(identifier.pk,)), PERSONALIZATION, NOW + HOUR).allowed


@pytest.mark.parametrize(
    ("choice", "reason"),
    [
        (replace(SAID, purpose="nonsense"), "unknown_purpose"),
        (replace(SAID, address="not an address"), "not_an_email"),
        (replace(SAID, address=""), "needs_email"),
        (replace(SAID, address="", identifier=("user_id", "u")), "needs_email"),
        (Choice("sms_marketing", GRANTED, "api", identifier=("email", JANE)), "needs_phone"),
        (Choice(PERSONALIZATION, GRANTED, "api"), "one_subject"),
        (Choice(PERSONALIZATION, GRANTED, "api", identifier=("user_id", "null")), "blocked_value"),
    ],
)
def test_what_cannot_be_recorded_is_refused_by_name_and_leaves_nothing(choice: Choice, reason: str) -> None:
    with pytest.raises(Problem) as refusal:
        services.choose(choice, now=NOW)
    assert (refusal.value.status, refusal.value.errors[0]["reason"]) == (422, reason)
    good = replace(SAID, is_verified=True)
    found = services.choose_each([choice, good], now=NOW)
    assert isinstance(found[0], Problem)
    assert not isinstance(found[1], Problem)
    assert found[1].recorded
    assert Entry.objects.count() == 1


def test_a_number_s_choices_go_by_its_own_hash() -> None:
    said = Choice("sms_marketing", GRANTED, "api", identifier=("phone", "+49 151 23456789"), is_verified=True)
    assert services.choose(said, now=NOW).decision.allowed
    entry = Entry.objects.get()
    assert (bytes(entry.address_hash or b""), entry.channel) == (address_hash("+4915123456789"), "sms")


def test_who_was_erased_and_signs_up_again_may_be_written_to() -> None:
    Suppression.objects.create(
        address_hash=address_hash(JANE), scope="marketing", reason="erasure", created_at=NOW - HOUR
    )
    services.choose(replace(SAID, is_verified=True, method="import"), now=NOW)
    assert Suppression.objects.filter(reason="erasure").exists()
    waiting = services.choose(replace(SAID, address=JANE, key=("form", "2")), now=NOW + MINUTE)
    assert not waiting.recorded  # granted in the ledger already by the file; its owner says so by a server
    services.choose(replace(SAID, is_verified=True), now=NOW + HOUR)
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("ip", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_only_the_network_of_an_ip_is_kept(ip: str, kept: str) -> None:
    assert truncated_ip(ip) == kept
