"""`manage.py prove_sends`: every send is proven from the ledger by a reading of its own; a tampered one is found."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from cdp.lib.clock import to_us, utc_now
from consent.models import Entry, Suppression
from mailing.models import Message
from mailing.proving import Law, Line, Sent, prove
from mailing.services import preparing
from profiles.contracts import IdentifierKey, Sighting
from profiles.services import register_sightings
from tests.automation.sink import Sink
from tests.mailing import world
from tests.mailing.world import TestSender

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
LAWS = (Law("email_reminders", False), Law("email_marketing", False, timedelta(days=395)), Law("processing", True))


def proven(*said: tuple[int, str, str, float], entry: int | None = 1, laws: tuple[Law, ...] = LAWS) -> tuple[str, str]:
    """Of lines (id, purpose, state, hours before the hand-over), all received as they occurred."""
    lines = []
    for number, purpose, state, hours in said:
        at = NOW - timedelta(hours=hours)
        lines.append(Line(number, purpose, "address", state, "api", at, at, may_grant=True))
    found = prove(Sent(NOW, entry, laws), lines)
    return found.state, found.why


def test_a_yes_to_the_parent_allows_its_topics() -> None:
    assert proven((1, "email_marketing", "granted", 5)) == ("proven", "allowed by an entry")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "nobody had allowed email_marketing, and by default it is not"),
        ([(1, "email_reminders", "granted", 5)], "nobody had allowed email_marketing, and by default it is not"),
        ([(1, "email_marketing", "pending", 5)], "email_marketing was pending by entry 1"),
        (
            [(1, "email_marketing", "granted", 5), (2, "email_marketing", "withdrawn", 4)],
            "email_marketing was withdrawn by entry 2",
        ),
        (
            [(1, "email_marketing", "granted", 5), (2, "email_reminders", "denied", 6)],
            "email_reminders was denied by entry 2",
        ),
        (
            [(1, "email_marketing", "granted", 5), (2, "processing", "denied", 4)],
            "processing was denied by entry 2",
        ),
        ([(1, "email_marketing", "granted", 24 * 396)], "the yes to email_marketing (entry 1) had expired"),
        ([(7, "email_marketing", "granted", 5)], "entry 1, which it names, did not allow it"),
        ([(1, "email_marketing", "granted", -1)], "nobody had allowed email_marketing, and by default it is not"),
    ],
)
def test_what_did_not_allow_it_is_told(said: list[tuple[int, str, str, float]], why: str) -> None:
    assert proven(*said) == ("unproven", why)


def test_a_yes_after_a_refusal_lifts_it_and_one_at_the_same_instant_does_not() -> None:
    assert proven((2, "email_marketing", "withdrawn", 5), (1, "email_marketing", "granted", 4))[0] == "proven"
    assert proven((2, "email_marketing", "withdrawn", 5), (1, "email_marketing", "granted", 5))[0] == "unproven"


def test_under_a_law_that_allows_it_no_entry_is_needed_and_an_entry_must_be_named_where_there_is_one() -> None:
    opt_out = (Law("email_marketing", True), Law("processing", True))
    assert proven(entry=None, laws=opt_out) == ("proven", "allowed by default")
    given = proven((1, "email_marketing", "granted", 4), entry=None, laws=opt_out)
    assert given == ("unproven", "it names no entry, although one allowed it")


def test_a_refusal_that_arrived_within_the_second_of_the_hand_over_is_told_apart() -> None:
    refusal = (2, "email_marketing", "withdrawn", 0.5 / 3600)
    assert proven((1, "email_marketing", "granted", 5), refusal)[0] == "window"


def told(*args: str) -> tuple[str, bool]:
    """What the command prints, and whether it exits with 0."""
    out = io.StringIO()
    try:
        call_command("prove_sends", *args, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}", False
    return out.getvalue(), True


def ago(**delta: float) -> datetime:
    return utc_now() - timedelta(**delta)


@pytest.fixture
def sent(sender: type[TestSender], sink: Sink) -> list[Message]:
    """Three mails to three people with accounts."""
    for n in range(3):
        world.queue(f"p{n}@example.com", identifier_id=world.person(f"p{n}@example.com", user_id=f"p{n}"))
    world.run()
    assert len(sink.mails) == 3
    return list(Message.objects.order_by("pk"))


@pytest.mark.django_db
def test_real_sends_are_proven_by_their_entries(sent: list[Message]) -> None:
    text, fine = told("--last", "1000", "--show")
    assert fine
    assert "3 sends: 3 proven (3 by an entry, 0 by default)" in text
    assert "0 unproven" in text
    assert f"message {sent[0].pk} of" in text
    assert told("--last", "2", "--random", "7")[0].startswith("2 sends: 2 proven")


def _no_entry(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(consent_entry_id=None)


def _entry_of_another(message: Message) -> None:
    other = Entry.objects.exclude(address_hash=bytes(message.address_hash)).first()
    assert other is not None
    Message.objects.filter(pk=message.pk).update(consent_entry_id=other.pk)


def _sent_before_the_yes(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(sending_at=ago(days=3))


def _suppressed_then(message: Message) -> None:
    at = ago(days=3)
    Suppression.objects.create(address_hash=message.address_hash, scope="marketing", reason="complaint", created_at=at)


@pytest.mark.parametrize(
    "tamper", [_no_entry, _entry_of_another, _sent_before_the_yes, _suppressed_then], ids=lambda f: f.__name__
)
@pytest.mark.django_db
def test_a_tampered_send_is_found(sent: list[Message], tamper: Callable[[Message], None]) -> None:
    tamper(sent[1])
    text, fine = told()
    assert not fine
    assert f"message {sent[1].pk} of" in text
    assert "2 proven" in text
    assert "1 unproven" in text


@pytest.mark.django_db
def test_a_mail_sent_without_asking_is_found(
    sender: type[TestSender], sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the gate, seen by the proof."""
    monkeypatch.setattr(preparing, "ASK_PERMISSION_AGAIN", False)
    world.queue(world.JANE)
    world.say("withdrawn", at=ago(seconds=5))
    world.run()
    assert len(sink.mails) == 1
    # It arrived within the second of the hand-over, so it is told as such; a second later it is unproven.
    Message.objects.update(sending_at=ago(seconds=-3))
    text, fine = told()
    assert not fine
    assert "email_marketing was withdrawn" in text


@pytest.mark.django_db
def test_a_mail_to_whoever_became_another_ones_later_is_proven_by_who_they_were(sent: list[Message]) -> None:
    """A refusal of an identifier that joined the person after the mail does not count against it."""
    us = to_us(utc_now())
    stranger = IdentifierKey("anonymous_id", "stranger")
    found = register_sightings([Sighting((stranger,), us, us, 1, b"s" * 16)])
    world.say("denied", identifier_id=found[stranger])
    register_sightings([Sighting((stranger, IdentifierKey("user_id", "p1")), us, us, 1, b"t" * 16)])
    assert told()[1]
