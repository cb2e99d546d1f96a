"""Plays `manage.py simulate` through the real service, mail server included, and reads what the tables say afterwards.

What is read comes by SQL and as plain values, so that `judging` shares no code with the service.
"""

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.faults.rig import Rig, free_port

Key = tuple[str, str]
SALT = "the worlds' own salt"
START_JOURNEY = "from automation import services; services.activate(services.ensure_default_journeys())"
UNSETTLED = """
    SELECT (SELECT count(*) FROM events_inbox WHERE done_at IS NULL),
           (SELECT count(*) FROM outbox_delivery WHERE done_at IS NULL AND parked_at IS NULL),
           (SELECT count(*) FROM segments_dirtyprofile),
           (SELECT count(*) FROM automation_enrollment WHERE state IN ('armed', 'waiting', 'sending')
              AND reason <> 'no_address' AND coalesce(due_at, now()) < now() + interval '5 minutes'),
           (SELECT count(*) FROM mailing_message WHERE state IN ('queued', 'sending'))
"""

# What became of the first mail of each, though the way goes on to the next: that is what the truth speaks of.
OF_FIRST_MAIL = """
    SELECT e.cart_key, e.state, CASE p.outcome WHEN 'done' THEN 'sent' WHEN 'skipped' THEN p.reason ELSE e.reason END,
           e.occasion
    FROM automation_enrollment e LEFT JOIN automation_passing p ON p.enrollment_id = e.id AND p.node = 'mail_1'
    ORDER BY e.id
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as the mail server took it: the envelope's recipients and the parsed message."""

    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass(slots=True)
class Sink:
    """A real SMTP server in this process; `mails` in order of arrival."""

    port: int
    mails: list[Mail] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self.mails.append(Mail(tuple(envelope.rcpt_tos), message_from_bytes(raw, policy=policy.default)))
        return "250 kept"


@contextmanager
def running_sink() -> Iterator[Sink]:
    sink = Sink(free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One enrollment."""

    state: str
    reason: str
    occasion: str


@dataclass(frozen=True, slots=True)
class Handed:
    """One row of mailing_message; `cart_key` is its enrollment's."""

    address: str
    state: str
    reason: str
    cart_key: str
    message_id: str


@dataclass(slots=True)
class Found:
    """What the tables say.

    `profiles`: (profile, is shared) by identifier. `carts`: state by cart id. `cart_events`: (name, properties) by cart
    id in the order they happened. `products`: (name, can be bought) by product id. `variants`: by unit hash. `events`:
    how many by name.
    """

    profiles: dict[Key, tuple[Any, bool]]
    carts: dict[str, str]
    enrollments: dict[str, list[Enrolled]]
    messages: list[Handed]
    cart_events: dict[str, list[tuple[str, dict[str, Any]]]]
    products: dict[str, tuple[str, bool]]
    variants: dict[bytes, str]
    events: dict[str, int]
    quarantined: int


@dataclass(frozen=True, slots=True)
class Played:
    """One world, played: its truth, what was found, what the mail server got, and seconds to send and to drain."""

    truth: dict[str, Any]
    found: Found
    mails: list[Mail]
    sent_s: float
    drained_s: float


def play(folder: Path, database_url: str, redis_url: str, *options: str, drain_s: float = 240.0) -> Played:
    """`manage.py simulate` with `options` against a fresh service on an empty database; returns when all is quiet."""
    with running_sink() as sink:
        rig = Rig(database_url, redis_url, folder)
        rig.env |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(sink.port), "HASH_SALT": SALT, "CART_SETTLE_S": "1"}
        try:
            rig.manage("migrate", "--verbosity", "0")
            rig.manage("shell", "--verbosity", "0", "-c", START_JOURNEY)
            rig.start_web()
            rig.start_worker("worker")
            began = time.monotonic()
            rig.manage(
                "simulate", "--url", f"http://127.0.0.1:{rig.port}", "--truth", str(folder / "truth.json"), *options
            )
            sent = time.monotonic()
            wait_until_settled(rig, seconds=drain_s)
            drained = time.monotonic()
            truth = json.loads((folder / "truth.json").read_text())
            return Played(truth, read(database_url), list(sink.mails), sent - began, drained - sent)
        finally:
            rig.close()


def wait_until_settled(rig: Rig, *, seconds: float) -> None:
    """Until nothing is left to process and no journey has anything to do soon; fails with what is left."""
    deadline = time.monotonic() + seconds
    left: tuple[int, ...] = ()
    while time.monotonic() < deadline:
        with psycopg.connect(rig.database_url) as connection:
            left = connection.execute(UNSETTLED).fetchone() or ()
        if not any(left):
            return
        time.sleep(0.3)
    logs = "\n".join(path.read_text()[-1500:] for path in rig.folder.glob("*.log"))
    raise AssertionError(f"(inbox, deliveries, dirty, due, open mails) left after {seconds} s: {left}\n{logs}")


def read(database_url: str) -> Found:
    """What the service believes."""
    with psycopg.connect(database_url) as connection:
        ask = connection.execute
        enrollments: dict[str, list[Enrolled]] = defaultdict(list)
        rows = ask(OF_FIRST_MAIL)
        for cart_key, state, reason, occasion in rows:
            enrollments[cart_key].append(Enrolled(state, reason, occasion))
        messages = ask(
            "SELECT m.address, m.state, m.reason, e.cart_key, m.message_id FROM mailing_message m"
            " JOIN automation_enrollment e ON m.sender = 'journey' AND e.id = m.about_id ORDER BY m.id"
        )
        identifiers = ask("SELECT kind, value, profile_id, is_shared FROM profiles_identifier")
        cart_events = defaultdict(list)
        told = ask(
            "SELECT cart_id, name, properties FROM events_event WHERE cart_id IS NOT NULL"
            " ORDER BY occurred_at, message_hash"
        )
        for cart_id, name, properties in told:
            cart_events[cart_id].append((name, properties))
        products = ask("SELECT product_id, name, in_stock AND active FROM commerce_product")
        exposures = ask("SELECT unit_hash, variant FROM experiments_exposure")
        quarantined = ask("SELECT count(*) FROM events_rejectedevent").fetchone()
        return Found(
            profiles={(kind, value): (profile, shared) for kind, value, profile, shared in identifiers},
            carts=dict(ask("SELECT cart_id, state FROM commerce_cart WHERE cart_id IS NOT NULL").fetchall()),
            enrollments=dict(enrollments),
            messages=[Handed(*row) for row in messages],
            cart_events=dict(cart_events),
            products={product_id: (name, is_offered) for product_id, name, is_offered in products},
            variants={bytes(unit): variant for unit, variant in exposures},
            events=dict(ask("SELECT name, count(*) FROM events_event GROUP BY name").fetchall()),
            quarantined=quarantined[0] if quarantined else -1,
        )


def unit_of(address: str) -> bytes:
    """The key under which an address stands in experiments: the keyed hash of its keyed hash, spelled out anew."""
    return _keyed("exposure", _keyed("address", address).hex())


def _keyed(domain: str, text: str) -> bytes:
    raw = text.encode()
    person = domain.encode()
    return hashlib.blake2b(len(raw).to_bytes(4, "big") + raw, digest_size=16, key=SALT.encode(), person=person).digest()
