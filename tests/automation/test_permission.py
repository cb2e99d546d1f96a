"""What the owner of an address says, at each step of a mail's way: topics, pauses, how often, and what is noted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from automation import services
from automation.models import Enrollment, Journey
from automation.reasons import words
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent import services as consent
from consent.contracts import (
    EMAIL_MARKETING,
    EMAIL_REMINDERS,
    GRANTED,
    PROCESSING,
    WITHDRAWN,
    NewEntry,
    RefusalFacts,
)
from consent.queries import mail_preferences, refusals_of
from consent.services import Preferring, prefer
from consent.services.refusals import forget_refusals
from mailing.models import Message
from mailing.services import send_slice
from tests.automation import world
from tests.automation.sink import Sink

pytestmark = pytest.mark.django_db
HASH = address_hash(world.JANE)
PAUSE = timedelta(hours=4)


@pytest.fixture(autouse=True)
def _nothing_was_noted() -> None:
    forget_refusals()


def say_of(purpose: str, state: str, *, identifier_id: int | None = None) -> None:
    key = keyed_hash("test", purpose, state, str(utc_now()))
    address = HASH if identifier_id is None else None
    with transaction.atomic():
        consent.record_entries(
            [NewEntry(key, purpose, state, "api", utc_now(), address_hash=address, identifier_id=identifier_id)]
        )


def noted() -> list[tuple[str, str, str, int]]:
    found: list[RefusalFacts] = refusals_of((), [HASH])
    return sorted((one.use, one.purpose, one.reason, one.times) for one in found)


def test_the_shipped_journey_sends_reminders_and_another_sends_marketing() -> None:
    assert services.ensure_default_journeys().purpose_id == EMAIL_REMINDERS
    assert Journey.objects.create(slug="other", name="Other").purpose_id == EMAIL_MARKETING


def test_who_wants_no_reminders_gets_none_and_still_allows_other_mail(journey: Journey, sink: Sink) -> None:
    world.abandoned()
    say_of(EMAIL_REMINDERS, WITHDRAWN)
    world.run()
    assert world.enrollments() == [("cart:c1:1", "exited", "consent_withdrawn")]
    assert (sink.mails, noted()) == ([], [("send", EMAIL_REMINDERS, "withdrawn", 1)])


def test_a_topic_allowed_by_itself_is_not_mailed_about_against_its_parent(journey: Journey, sink: Sink) -> None:
    identifier_id = world.abandoned()
    say_of(EMAIL_REMINDERS, GRANTED)
    say_of(EMAIL_MARKETING, "denied", identifier_id=identifier_id)
    world.run()
    assert world.enrollments() == [("cart:c1:1", "exited", "consent_parent_denied")]
    assert words("consent_parent_denied") == "Consent was denied, for all of this kind"
    assert (sink.mails, noted()) == ([], [("send", EMAIL_REMINDERS, "parent_denied", 1)])


def test_a_grant_of_the_topic_is_what_the_mail_is_sent_on(journey: Journey, sink: Sink) -> None:
    world.abandoned()
    say_of(EMAIL_REMINDERS, GRANTED)
    world.run()
    entry = Message.objects.get().consent_entry_id
    assert entry is not None
    assert sink.recipients == [world.JANE]


def test_whoever_restricted_processing_is_not_mailed(journey: Journey, sink: Sink) -> None:
    identifier_id = world.abandoned()
    services.step_slice()
    say_of(PROCESSING, "denied", identifier_id=identifier_id)
    send_slice()
    assert world.messages() == [("suppressed", "consent_restricted")]
    assert (sink.mails, noted()) == ([], [("send", EMAIL_REMINDERS, "restricted", 1)])


def due_now() -> None:
    Enrollment.objects.filter(state="waiting").update(due_at=utc_now())
    Message.objects.update(not_before_at=None)


def test_a_pause_waits_at_both_steps_and_the_mail_comes_once_it_is_over(journey: Journey, sink: Sink) -> None:
    world.abandoned()
    until = utc_now() + PAUSE
    prefer(HASH, Preferring(pause_until=until), now=utc_now())
    world.run()
    waiting = Enrollment.objects.get()
    assert (waiting.state, waiting.reason, waiting.due_at) == ("waiting", "paused", until)
    prefer(HASH, Preferring(ends_pause=True), now=utc_now())
    due_now()
    services.step_slice()
    prefer(HASH, Preferring(pause_until=until), now=utc_now())
    send_slice()
    queued = Message.objects.get()
    assert (queued.state, queued.reason, queued.not_before_at, sink.mails) == ("queued", "paused", until, [])
    assert noted() == [("send", EMAIL_REMINDERS, "paused", 1)]
    prefer(HASH, Preferring(ends_pause=True), now=utc_now())
    due_now()
    world.run()
    assert (world.messages(), sink.recipients) == ([("sent", "sent")], [world.JANE])


def test_a_pause_longer_than_the_cart_keeps_ends_as_too_old(journey: Journey, sink: Sink) -> None:
    world.abandoned()
    prefer(HASH, Preferring(pause_until=utc_now() + timedelta(days=30)), now=utc_now())
    world.run()
    due = Enrollment.objects.get().due_at
    services.step_slice(now=due)
    assert world.enrollments() == [("cart:c1:1", "exited", "too_old")]
    assert (Message.objects.count(), sink.mails) == (0, [])


@pytest.mark.parametrize(("frequency", "days", "is_mailed"), [("weekly", 6, False), ("weekly", 8, True),
                                                             ("monthly", 29, False), ("monthly", 31, True),
                                                             ("all", 1, True)])  # fmt: skip
def test_mail_comes_as_often_as_its_reader_wants(
    journey: Journey, sink: Sink, frequency: str, days: int, is_mailed: bool
) -> None:
    world.abandoned()
    consent.lock_address(HASH)
    consent.note_mailed(HASH, world.ago(days=days))
    prefer(HASH, Preferring(frequency=frequency), now=utc_now())
    world.run()
    assert len(sink.mails) == is_mailed
    assert Enrollment.objects.get().reason == ("sent" if is_mailed else "frequency")


REFUSALS: dict[str, Callable[[], object]] = {
    "suppressed_complaint": lambda: consent.suppress(HASH, "marketing", "complaint", utc_now()),
    "suppressed_unsubscribe": lambda: say_of(EMAIL_MARKETING, WITHDRAWN),
    "withdrawn": lambda: say_of(EMAIL_REMINDERS, WITHDRAWN),
}


@pytest.mark.parametrize("reason", sorted(REFUSALS))
def test_every_refusal_is_noted_with_its_reason_at_the_last_moment_too(
    journey: Journey, sink: Sink, reason: str
) -> None:
    world.abandoned()
    services.step_slice()
    REFUSALS[reason]()
    send_slice()
    assert noted() == [("send", EMAIL_REMINDERS, reason, 1)]
    assert sink.mails == []


def test_nobody_is_noted_for_what_no_person_refused(journey: Journey, sink: Sink) -> None:
    world.abandoned(idle=timedelta(minutes=61))
    world.order(Enrollment.objects.get().identifier_id, at=world.ago(minutes=1))
    world.run()
    assert (world.enrollments(), noted()) == ([("cart:c1:1", "exited", "ordered_since")], [])


def test_a_preference_changes_only_what_was_said_and_never_pauses_for_years() -> None:
    now = utc_now()
    prefer(HASH, Preferring(frequency="weekly", locale="de"), now=now)
    prefer(HASH, Preferring(pause_until=now + timedelta(days=5000)), now=now)
    held = mail_preferences([HASH])[HASH]
    assert (held.frequency, held.locale, held.paused_until) == ("weekly", "de", now + timedelta(days=366))
    assert prefer(HASH, Preferring(ends_pause=True), now=now).paused_until is None


def test_a_frequency_nobody_offers_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="use one of all, weekly, monthly"):
        Preferring(frequency="hourly")
