"""What servers, providers and people say became of mails, written down: receipts, suppressions, withdrawals, events.

A report counts only for a mail of ours: its return path is signed, or it names the random Message-ID and the address we
wrote to. The worst a forger who holds such a mail can do is to silence the address it was sent to.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from cdp.lib import bulk_sql
from cdp.lib.conflicts import retrying
from cdp.lib.hashing import address_hash, keyed_hash
from consent import services as consent
from consent.contracts import EMAIL_MARKETING, WITHDRAWN, NewEntry
from mailing import bounces, verp
from mailing.bounces import BOUNCED, COMPLAINED, DELAYED, DELIVERED, HARD, SOFT, UNSUBSCRIBED, Report
from mailing.models import Message, Receipt
from mailing.queries.tracking import link_key
from mailing.services.telling import tell

UNKNOWN, OTHER = "unknown", "other"
SOFT_BOUNCES, SOFT_WITHIN = 3, timedelta(days=30)
RECENT = timedelta(days=30)
COLUMNS = {
    DELIVERED: "delivered_at",
    BOUNCED: "bounced_at",
    COMPLAINED: "complained_at",
    UNSUBSCRIBED: "unsubscribed_at",
}
# How a withdrawal came, by the ledger's words.
METHODS = {BOUNCED: "bounce", COMPLAINED: "complaint", UNSUBSCRIBED: "api"}
COUNT = """
INSERT INTO mailing_intake AS held (day, kind, count) SELECT %s::date, kind, count
FROM unnest(%s::text[], %s::int[]) AS of(kind, count) ORDER BY kind
ON CONFLICT (day, kind) DO UPDATE SET count = held.count + excluded.count
"""


@dataclass(frozen=True, slots=True)
class Told:
    """A report of one mail. `message_id`: ours, already proven; `key`: the same twice is one receipt."""

    message_id: int
    kind: str
    weight: str = ""
    status: str = ""
    key: str = ""


def receive(raw: bytes, *, envelope_to: str = "", now: datetime) -> list[str]:
    """Take one mail that came in for the return path; what it was: kinds of reports, unknown, or other for no report.

    The mail itself is kept nowhere.
    """
    reports = bounces.read(raw, envelope_to=envelope_to)
    return receive_reports(reports, now=now) or _counted([OTHER], now)


def receive_reports(reports: Sequence[Report], *, now: datetime, is_proven: bool = False) -> list[str]:
    """Take reports; what became of each. `is_proven`: whoever brings them showed the provider's secret, so the
    address they name is enough where they name no mail.
    """
    found = [_message_of(one, now, is_proven=is_proven) for one in reports]
    told = [
        Told(message.pk, one.kind, one.weight, one.status)
        for one, message in zip(reports, found, strict=True)
        if message is not None
    ]
    retrying(lambda: take(told, now=now))
    kinds = [one.kind if message else UNKNOWN for one, message in zip(reports, found, strict=True)]
    return _counted(kinds, now)


@transaction.atomic
def take(told: Sequence[Told], *, now: datetime) -> int:
    """Write receipts of mails and what follows from them; how many were new. The same again changes nothing.

    Takes the locks of the messages, then of their addresses, as a hand-over does.
    """
    ids = {one.message_id for one in told}
    rows = Message.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    messages = {row.pk: row for row in rows}
    told = [one for one in told if one.message_id in messages]
    if not told:
        return 0
    consent.lock_addresses(bytes(messages[one.message_id].address_hash) for one in told)
    new = _write(told, messages, now)
    for kind, column in COLUMNS.items():
        of_kind = [one.message_id for one in new if one.kind == kind]
        Message.objects.filter(pk__in=of_kind, **{f"{column}__isnull": True}).update(**{column: now})
    _silence(new, now)
    tell([one for one in new if one.kind != Receipt.Kind.DELAYED])
    return len(new)


@transaction.atomic
def note_unsubscribed(message_id: int, address: bytes, *, now: datetime) -> None:
    """The owner of this address hash ended mails by a link of this message; consent has been told already."""
    message = Message.objects.filter(pk=message_id, address_hash=address).first()
    if message is None:
        return
    receipt, is_new = Receipt.objects.get_or_create(
        message=message, kind=Receipt.Kind.UNSUBSCRIBED, key="link", defaults={"at": now}
    )
    Message.objects.filter(pk=message_id, unsubscribed_at__isnull=True).update(unsubscribed_at=now)
    if is_new:
        tell([receipt])


def _write(told: Sequence[Told], messages: Mapping[int, Message], now: datetime) -> list[Receipt]:
    """The receipts that are new, whoever reports how often."""
    wanted = {(one.message_id, one.kind, one.key or _key(one, now)): one for one in told}
    rows = [
        Receipt(
            message=messages[one.message_id], kind=one.kind, why=f"{one.weight} {one.status}".strip(), key=key, at=now
        )
        for (_, _, key), one in wanted.items()
    ]
    held = set(Receipt.objects.filter(message_id__in=messages).values_list("message_id", "kind", "key"))
    new = [row for row in rows if (row.message_id, row.kind, row.key) not in held]
    return Receipt.objects.bulk_create(new)


def _key(one: Told, now: datetime) -> str:
    """Delays: one a day. A bounce: one of a weight, so that a hard one after a soft one is not lost."""
    return f"{now:%Y%m%d}" if one.kind == DELAYED else one.weight or "once"


def _silence(new: Iterable[Receipt], now: datetime) -> None:
    """Hard bounces and complaints suppress the address and withdraw its consent; soft ones when they add up."""
    entries = []
    soft: set[bytes] = set()
    for receipt in new:
        address, weight = bytes(receipt.message.address_hash), receipt.why.partition(" ")[0]
        if receipt.kind == BOUNCED and weight == SOFT:
            soft.add(address)
        is_hard = receipt.kind == BOUNCED and weight == HARD
        if is_hard:
            consent.suppress(address, "all", "hard_bounce", now, note=receipt.why, origin="bounce")
        elif receipt.kind == COMPLAINED:
            consent.suppress(address, "marketing", "complaint", now, origin="complaint")
        if is_hard or receipt.kind in (COMPLAINED, UNSUBSCRIBED):
            entries.append(_withdrawal(receipt, now))
    consent.record_entries(entries, now=now)
    for address in soft:
        _add_up(address, now)


def _add_up(address: bytes, now: datetime) -> None:
    """Three soft bounces of different mails in 30 days: marketing stops; what is about orders still tries."""
    since = now - SOFT_WITHIN
    counted = Receipt.objects.filter(
        message__address_hash=address, kind=BOUNCED, why__startswith=SOFT, at__gt=since
    ).count()
    if counted >= SOFT_BOUNCES:
        note = f"{counted} soft bounces in {SOFT_WITHIN.days} days"
        consent.suppress(address, "marketing", "hard_bounce", now, note=note, origin="bounce")


def _withdrawal(receipt: Receipt, now: datetime) -> NewEntry:
    message = receipt.message
    return NewEntry(
        entry_key=keyed_hash("consent", "mail receipt", str(message.pk), receipt.kind),
        purpose=EMAIL_MARKETING,
        state=WITHDRAWN,
        method=METHODS[receipt.kind],
        occurred_at=now,
        address_hash=bytes(message.address_hash),
        channel="email",
        actor="mail",
        reason=receipt.why[:200],
    )


def _message_of(one: Report, now: datetime, *, is_proven: bool) -> Message | None:
    """The mail a report is of, if it proves to be one of ours."""
    key = link_key()
    proven = next((found for path in one.paths if (found := verp.message_of(path, key)) is not None), None)
    handed = Message.objects.exclude(address="").filter(sending_at__isnull=False)
    if proven is not None:
        return handed.filter(pk=proven).first()
    named = handed.filter(message_id__in=[_bracketed(text) for text in one.message_ids]).first()
    address = consent.canonical_email(one.recipient)
    if named is not None and (address == named.address or one.kind == COMPLAINED):
        return named
    if not is_proven or address is None or one.kind == DELIVERED:
        return None
    recent = handed.filter(address_hash=address_hash(address), sending_at__gt=now - RECENT)
    return recent.order_by(F("sending_at").desc()).first()


def _bracketed(text: str) -> str:
    bare = "".join(one for one in text if one.isascii() and one.isprintable()).strip()  # as all of ours are
    return bare if bare.startswith("<") else f"<{bare}>"


def _counted(kinds: list[str], now: datetime) -> list[str]:
    """How many of what came in on this day; blocks and hard ones are told by the receipts."""
    counts = sorted(Counter(kinds).items())
    if counts:
        bulk_sql.execute(COUNT, [now.date(), [kind for kind, _ in counts], [count for _, count in counts]])
    return kinds
