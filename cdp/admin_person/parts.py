"""The tabs of a person's page but the timeline: each reads a bounded number of rows with a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from automation.models import Enrollment, Message
from automation.reasons import words
from cdp.admin_home.charts import spoken
from cdp.lib.admin_parts import quantity
from cdp.lib.clock import from_us
from cdp.lib.hashing import address_hash
from commerce.models import Cart, Order
from consent.models import Entry, Suppression
from events.models import Source, StoredMessage
from profiles import page as tables
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts
from profiles.models import Link
from segments.models import Membership

ROWS = 20
METHODS = {
    "event": "in an event",
    "api": "through the API",
    "one_click": "by the mail program's button",
    "page": "on the unsubscribe page",
    "import": "in an import",
    "staff": "by staff",
    "complaint": "by a spam complaint",
    "bounce": "by a bounced mail",
    "context": "with an event, as the device remembers it",
    "gpc": "by the browser's Global Privacy Control",
}


@dataclass(frozen=True, slots=True)
class OrderShown:
    """One order with its lines: (what, quantity, amount, whether it is a refund)."""

    order: Order
    revenue: str
    lines: tuple[tuple[str, str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class CartShown:
    """One cart: its value, and its lines as (what, quantity, price)."""

    cart: Cart
    value: str
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class MailShown:
    """A mail, or a cart's way that ended without one. `message_id`: its page, None for the latter."""

    at: datetime
    journey: str
    state: str
    why: str
    kind: str
    message_id: int | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class TraitShown:
    """What was said of the person, when, by which source."""

    name: str
    value: str
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class LinkShown:
    """Two identifiers seen together: when first, by which source, and whether it counts."""

    a: str
    b: str
    at: datetime
    source: str
    verdict: str


def orders(identifier_ids: Sequence[int]) -> list[OrderShown]:
    """The latest orders, newest first."""
    rows = Order.objects.filter(identifier_id__in=identifier_ids).prefetch_related("lines")
    return [_order(row) for row in rows.order_by("-placed_at", "-pk")[:ROWS]]


def _order(row: Order) -> OrderShown:
    lines = sorted(row.lines.all(), key=lambda line: line.position)
    shown = tuple(
        (
            line.name or line.product_id or "?",
            quantity(line.quantity),
            spoken(line.amount, row.currency),
            line.kind == "refund",
        )
        for line in lines
    )
    return OrderShown(row, spoken(row.revenue, row.currency), shown)


def carts(identifier_ids: Sequence[int]) -> list[CartShown]:
    """The latest carts, newest first."""
    rows = Cart.objects.filter(identifier_id__in=identifier_ids).order_by("-last_activity_at")[:ROWS]
    return [CartShown(row, spoken(row.value, row.currency), tuple(_lines(row))) for row in rows]


def _lines(cart: Cart) -> list[tuple[str, str, str]]:
    return [
        (
            str(line.get("name") or line.get("product_id") or "?"),
            quantity(line.get("quantity") or "1"),
            spoken(float(line["price"]), cart.currency) if line.get("price") else "",
        )
        for line in cart.lines
    ]


def mails(identifier_ids: Sequence[int]) -> list[MailShown]:
    """The latest mails, and the carts about which none was made, each with its reason; newest first."""
    sent = Message.objects.filter(identifier_id__in=identifier_ids).select_related("journey").order_by("-pk")[:ROWS]
    ended = Enrollment.objects.filter(identifier_id__in=identifier_ids, messages__isnull=True)
    found = [_mail(row) for row in sent]
    found += [_no_mail(row) for row in ended.select_related("journey").order_by("-pk")[:ROWS]]
    return sorted(found, key=lambda one: one.at, reverse=True)[:ROWS]


def _mail(row: Message) -> MailShown:
    kinds = {"sent": "ok", "failed": "bad", "unknown": "bad", "suppressed": "warn"}
    why = words(row.reason) if row.reason else ""
    at = row.finished_at or row.queued_at
    state = str(row.get_state_display())
    return MailShown(at, row.journey.name, state, why, kinds.get(row.state, ""), row.pk, row.subject)


def _no_mail(row: Enrollment) -> MailShown:
    state = "Waiting" if row.state == Enrollment.State.WAITING else "No mail"
    why = words(row.reason) if row.reason else "Waiting for the cart to be idle"
    return MailShown(row.ended_at or row.armed_at, row.journey.name, state, why, "warn" if row.ended_at else "")


def consent_entries(identifiers: Sequence[IdentifierFacts]) -> list[dict[str, Any]]:
    """The ledger's latest lines about the person's identifiers and addresses: purpose, state, how, source, when."""
    ids = [fact.id for fact in identifiers]
    by_identifier = Entry.objects.filter(identifier_id__in=ids)
    by_address = Entry.objects.filter(address_hash__in=_hashes(identifiers))
    rows = [*by_identifier.select_related("purpose").order_by("-occurred_at")[:ROWS]]
    rows += by_address.select_related("purpose").order_by("-occurred_at")[:ROWS]
    sources = source_names()
    newest = sorted(rows, key=lambda row: row.occurred_at, reverse=True)[:ROWS]
    return [
        {
            "purpose": row.purpose.label,
            "state": row.get_state_display(),
            "allowed": row.state == Entry.State.GRANTED,
            "how": METHODS.get(row.method, row.method),
            "source": sources.get(row.source_id or 0, ""),
            "at": row.occurred_at,
        }
        for row in newest
    ]


def suppressions(identifiers: Sequence[IdentifierFacts]) -> list[Suppression]:
    """Why an address of theirs is not written to."""
    return list(Suppression.objects.filter(address_hash__in=_hashes(identifiers)).order_by("-created_at")[:ROWS])


def _hashes(identifiers: Sequence[IdentifierFacts]) -> list[bytes]:
    return [address_hash(fact.value) for fact in identifiers if fact.kind == "email"]


def traits(profile_id: UUID, *, personal: bool) -> list[TraitShown]:
    """Each trait with the event that said it: when, from which source; values masked without the right."""
    said = profiles.trait_times(profile_id)
    sources = source_names()
    told_by = _told_by({hash_hex for _, _, hash_hex in said.values()}, sources)
    return [
        TraitShown(
            name, tables.text(value) if personal else tables.MASK, from_us(at_us), sources.get(told_by.get(by, 0), "")
        )
        for name, (value, at_us, by) in sorted(said.items())
    ]


def _told_by(hashes: set[str], sources: Mapping[int, str]) -> dict[str, int]:
    """{message hash: source id}; by the key of the stored messages, a probe a source and hash."""
    wanted = [bytes.fromhex(one) for one in hashes]
    rows = StoredMessage.objects.filter(source_id__in=list(sources), message_hash__in=wanted)
    return {bytes(found).hex(): source_id for source_id, found in rows.values_list("source_id", "message_hash")}


def links(identifier_ids: Sequence[int], *, personal: bool) -> list[LinkShown]:
    """Why these identifiers are one person, and where they touch others; with the earliest evidence."""
    sources = source_names()
    return [_link(link, sources, personal=personal) for link in profiles.links_of(identifier_ids)]


def _link(link: Link, sources: Mapping[int, str], *, personal: bool) -> LinkShown:
    def called(end: Any) -> str:
        return f"{kind_words(end.kind)} {tables.shown(end.kind, end.value, personal=personal)}"

    source = sources.get(link.source_id or 0, "a former source")
    return LinkShown(called(link.a), called(link.b), link.first_seen_at, source, tables.verdict(link))


def left_segments(profile_id: UUID) -> list[Membership]:
    """The segments they were in, latest leaving first."""
    rows = Membership.objects.filter(profile_id=profile_id, left_at__isnull=False).select_related("segment")
    return list(rows.order_by("-left_at")[:ROWS])


def source_names() -> dict[int, str]:
    """{source id: name}; a shop has a handful."""
    return dict(Source.objects.values_list("pk", "name"))


def kind_words(kind: str) -> str:
    """user_id → user id; email → e-mail."""
    return "e-mail" if kind == "email" else kind.replace("_", " ")
