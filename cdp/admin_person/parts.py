"""The tabs of a person's page but the timeline: each reads a bounded number of rows with a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from automation.models import Enrollment
from automation.queries.journeys import SENDER
from automation.reasons import words
from cdp.admin_home.charts import spoken
from cdp.lib.admin_parts import quantity
from cdp.lib.hashing import address_hash
from commerce.models import Cart, Order
from consent.models import Suppression
from mailing.models import Message
from people.queries.accounts import AccountShown
from profiles import page as tables
from profiles.contracts import IdentifierFacts
from segments.models import Membership

ROWS = 20


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
    sent = Message.objects.filter(identifier_id__in=identifier_ids).order_by("-pk")[:ROWS]
    written = Message.objects.filter(sender=SENDER, about_id=OuterRef("pk"))
    ended = Enrollment.objects.filter(~Exists(written), identifier_id__in=identifier_ids)
    found = [_mail(row) for row in sent]
    found += [_no_mail(row) for row in ended.select_related("journey").order_by("-pk")[:ROWS]]
    return sorted(found, key=lambda one: one.at, reverse=True)[:ROWS]


def _mail(row: Message) -> MailShown:
    kinds = {"sent": "ok", "failed": "bad", "unknown": "bad", "suppressed": "warn"}
    why = words(row.reason) if row.reason else ""
    at = row.finished_at or row.queued_at
    state = str(row.get_state_display())
    return MailShown(at, row.label, state, why, kinds.get(row.state, ""), row.pk, row.subject)


def _no_mail(row: Enrollment) -> MailShown:
    state = "Waiting" if row.state in Enrollment.OPEN else "No mail"
    why = words(row.reason) if row.reason else "Waiting for the cart to be idle"
    return MailShown(row.ended_at or row.armed_at, row.journey.name, state, why, "warn" if row.ended_at else "")


def suppressions(identifiers: Sequence[IdentifierFacts]) -> list[Suppression]:
    """Why an address of theirs is not written to."""
    return list(Suppression.objects.filter(address_hash__in=_hashes(identifiers)).order_by("-created_at")[:ROWS])


def _hashes(identifiers: Sequence[IdentifierFacts]) -> list[bytes]:
    return [address_hash(fact.value) for fact in identifiers if fact.kind == "email"]


def left_segments(profile_id: UUID) -> list[Membership]:
    """The segments they were in, latest leaving first."""
    rows = Membership.objects.filter(profile_id=profile_id, left_at__isnull=False).select_related("segment")
    return list(rows.order_by("-left_at")[:ROWS])


def kind_words(kind: str) -> str:
    """user_id → user id; email → e-mail."""
    return "e-mail" if kind == "email" else kind.replace("_", " ")


def accounts(found: Sequence[AccountShown], *, personal: bool) -> list[tuple[str, datetime, list[tuple[str, str]]]]:
    """(group id, since when, its traits) of each account they were seen in."""
    return [
        (
            one.group_id if personal else tables.MASK,
            one.since,
            [(name, tables.text(value) if personal else tables.MASK) for name, value in one.traits.items()],
        )
        for one in found[:ROWS]
    ]
