"""Withdrawals played against a mail on its way, statement by statement: what the tests and `bench/withdrawals` share.

The mail's way: a changed cart is armed, its enrollment due, its message handed to a real SMTP server. The withdrawal,
in any of its ways, begins at any of these statements.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from unittest.mock import patch

from django.db import transaction
from django.test.utils import override_settings

from automation import services
from automation.queries import journeys
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from cdp.outbox.models import TopicRow
from consent import purposes_in_force, words_in_force
from consent import queries as consent_queries
from consent import services as consent
from consent.choices import Choice
from consent.contracts import EMAIL_MARKETING, EMAIL_REMINDERS, PROCESSING, SignalEvent
from consent.services import Preferring
from mailing.models import Message
from mailing.services import send_slice, sending
from tests.automation import world
from tests.automation.sink import Sink
from tests.automation.turns import Turns

MAILER, OWNER = "mailer", "owner"
# More than a mail takes on its way, so that withdrawals also come after it.
LONGEST = 60
OF_ONE_CALL = 5
A_DAY_S = 86_400


@dataclass
class Tally:
    """What became of the mails. `after`: sent although the withdrawal was committed before `sending` was: must be 0.

    `window`: the withdrawal was committed while the mail was being handed over; `before`: after it had arrived.
    """

    interleavings: int = 0
    stopped: int = 0
    before: int = 0
    window: int = 0
    after: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Owner:
    """One of many people with an abandoned cart."""

    number: int
    identifier_id: int

    @property
    def email(self) -> str:
        return f"owner{self.number}@example.com"

    @property
    def user(self) -> str:
        return f"owner{self.number}"

    @property
    def cart(self) -> str:
        return f"cart:w{self.number}"


def one_click(owner: Owner) -> None:
    url = consent_queries.unsubscribe_url(owner.email, message_id=1)
    token = consent_queries.read_token(url.rpartition("/")[2])
    assert token is not None
    consent.unsubscribe(token, method="one_click", now=utc_now())


def topic_on_the_page(owner: Owner) -> None:
    said = Choice(EMAIL_REMINDERS, "withdrawn", "page", address_hash=address_hash(owner.email), is_verified=True)
    consent.choose(said, now=utc_now())


def by_api(owner: Owner) -> None:
    said = Choice(EMAIL_MARKETING, "denied", "api", address=owner.email, is_verified=True, actor="source:1")
    consent.choose(said, now=utc_now())


def restriction(owner: Owner) -> None:
    said = Choice(PROCESSING, "denied", "staff", identifier_id=owner.identifier_id, reason="asked to", actor="staff:1")
    consent.choose(said, now=utc_now())


def pause(owner: Owner) -> None:
    until = utc_now() + timedelta(days=30)
    consent.prefer(address_hash(owner.email), Preferring(pause_until=until), now=utc_now())


def suppression(owner: Owner) -> None:
    consent.suppress(address_hash(owner.email), "marketing", "manual", utc_now())


def event(name: str, *, names_address: bool) -> Callable[[Owner], None]:
    def tell(owner: Owner) -> None:
        said = SignalEvent(
            source_id=1,
            server_side=True,
            message_hash=owner.number.to_bytes(16, "big"),
            type="track",
            name=name,
            occurred_at=utc_now(),
            identifier_id=owner.identifier_id,
            properties={"email": owner.email} if names_address else {},
        )
        with transaction.atomic():
            consent.record_signals([said])

    return tell


WAYS: dict[str, Callable[[Owner], None]] = {
    "one_click": one_click,
    "topic_on_the_page": topic_on_the_page,
    "api": by_api,
    "restriction": restriction,
    "pause": pause,
    "suppression": suppression,
    "unsubscribed_event": event("Unsubscribed", names_address=True),
    "unsubscribed_event_of_the_account": event("Unsubscribed", names_address=False),
    "complaint": event("Email Marked as Spam", names_address=True),
}


@contextmanager
def timeless() -> Iterator[None]:
    """Nothing gives up, counts as old or is read again because the machine is slow: turns are statements alone."""
    with ExitStack() as held:
        held.enter_context(override_settings(EMAIL_TIMEOUT=A_DAY_S))
        held.enter_context(patch.object(journeys, "BEHIND_AFTER_S", A_DAY_S))
        held.enter_context(patch.object(sending, "GIVE_WITHIN_S", A_DAY_S))
        for kept in (purposes_in_force, words_in_force):
            held.enter_context(patch.object(kept, "KEPT_S", A_DAY_S))
        purposes_in_force.forget_purposes()
        purposes_in_force.purposes_now()
        yield
    purposes_in_force.forget_purposes()
    words_in_force.forget_words()


def play(turns: Turns, sink: Sink, count: int, *, seed: int) -> Tally:
    """So many interleavings of a mail and a withdrawal, each of a person of their own."""
    rng, tally = random.Random(seed), Tally()
    sink.on_data = lambda: turns.pause(MAILER)
    with timeless():
        for number in range(count):
            if number % OF_ONE_CALL == 0:
                TopicRow.objects.all().delete()  # nobody takes them, and they are counted at each turn
            _play_one(turns, rng, tally, number)
    return tally


def _play_one(turns: Turns, rng: random.Random, tally: Tally, number: int) -> None:
    user, email = f"owner{number}", f"owner{number}@example.com"
    owner = Owner(number, world.person(user, email))
    world.cart(owner.identifier_id, key=owner.cart)
    way = rng.choice(sorted(WAYS))
    at_commit: list[str] = []

    def mail() -> None:
        world.changed(owner.cart)
        services.step_slice()
        send_slice()

    def withdraw() -> None:
        WAYS[way](owner)
        with turns.unseen(OWNER):
            at_commit.append(_state_of(owner))

    turns.play({MAILER: mail, OWNER: withdraw}, rng, (MAILER, rng.randrange(LONGEST)))
    _count(tally, way, at_commit[0], owner)


def _state_of(owner: Owner) -> str:
    found = Message.objects.filter(address_hash=address_hash(owner.email)).values_list("state", flat=True).first()
    return found or ""


def _count(tally: Tally, way: str, at_commit: str, owner: Owner) -> None:
    is_sent = _state_of(owner) == "sent"
    tally.interleavings += 1
    tally.ways[way] += 1
    if not is_sent:
        tally.stopped += 1
        message = Message.objects.filter(address_hash=address_hash(owner.email)).first()
        tally.reasons[message.reason if message else "not_queued"] += 1
    elif at_commit == "sent":
        tally.before += 1
    elif at_commit == "sending":
        tally.window += 1
    else:
        tally.after += 1
