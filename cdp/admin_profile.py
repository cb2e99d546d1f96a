"""The tables on a person's page in the admin: the roof gathers from every app what support and marketing need to see.

No panel shows an address or a trait: those stand in the page's own masked part. Each reads at most 100 rows.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from automation.models import Message
from automation.reasons import words
from cdp.lib.hashing import address_hash
from commerce.models import Cart, Order
from consent.models import Entry
from events.models import Event
from profiles.contracts import PanelTable, ProfilePanel
from profiles.models import Identifier
from segments.models import Membership

ROWS = 20
TIMELINE_ROWS = 100


def segments_panel(profile_id: UUID, identifier_ids: Sequence[int]) -> PanelTable:
    """Every interval in a segment, newest first."""
    rows = Membership.objects.filter(profile_id=profile_id).select_related("segment").order_by("-entered_at")[:ROWS]
    cells = tuple(
        (row.segment.name, when(row.entered_at), when(row.left_at) or "still in", row.left_reason) for row in rows
    )
    return PanelTable("Segments", ("Segment", "Entered", "Left", "Why left"), cells)


def carts_panel(profile_id: UUID, identifier_ids: Sequence[int]) -> PanelTable:
    """The latest carts."""
    rows = Cart.objects.filter(identifier_id__in=identifier_ids).order_by("-last_activity_at")[:ROWS]
    cells = tuple(
        (when(row.last_activity_at), row.state, contents(row.lines), money(row.value, row.currency)) for row in rows
    )
    return PanelTable("Carts", ("Last activity", "State", "Contents", "Value"), cells)


def orders_panel(profile_id: UUID, identifier_ids: Sequence[int]) -> PanelTable:
    """The latest orders."""
    rows = Order.objects.filter(identifier_id__in=identifier_ids).order_by("-placed_at")[:ROWS]
    cells = tuple(
        (when(row.placed_at), row.order_id, row.get_status_display(), money(row.revenue, row.currency)) for row in rows
    )
    return PanelTable("Orders", ("Placed", "Order", "Status", "Revenue"), cells)


def messages_panel(profile_id: UUID, identifier_ids: Sequence[int]) -> PanelTable:
    """The latest messages, and why those that were not sent were not."""
    rows = (
        Message.objects.filter(identifier_id__in=identifier_ids).select_related("journey").order_by("-queued_at")[:ROWS]
    )
    cells = tuple((when(row.queued_at), row.journey.name, row.get_state_display(), why(row.reason)) for row in rows)
    return PanelTable("Messages", ("Queued", "Journey", "State", "Why"), cells)


def consent_panel(profile_id: UUID, identifier_ids: Sequence[int]) -> PanelTable:
    """The ledger's latest lines about the person's identifiers and mail addresses."""
    rows = consent_entries(identifier_ids)
    cells = tuple((when(row.occurred_at), row.purpose.label, row.get_state_display(), row.method) for row in rows)
    return PanelTable("Consent", ("When", "Purpose", "State", "How it was said"), cells)


def timeline_panel(profile_id: UUID, identifier_ids: Sequence[int]) -> PanelTable:
    """The latest 100 events."""
    rows = Event.objects.filter(identifier_id__in=identifier_ids).order_by("-occurred_at")[:TIMELINE_ROWS]
    cells = tuple(
        (when(row.occurred_at), row.name, about(row.properties), "server" if row.server_side else "browser")
        for row in rows
    )
    return PanelTable("Timeline", ("When", "Event", "About", "From"), cells)


PANELS: tuple[ProfilePanel, ...] = (
    segments_panel,
    carts_panel,
    orders_panel,
    messages_panel,
    consent_panel,
    timeline_panel,
)


def consent_entries(identifier_ids: Sequence[int]) -> list[Entry]:
    """Lines that hang on the identifiers, and those that hang on the addresses these identifiers are."""
    emails = Identifier.objects.filter(pk__in=identifier_ids, kind="email").values_list("value", flat=True)
    hashes = [address_hash(email) for email in emails]
    by_identifier = Entry.objects.filter(identifier_id__in=identifier_ids)
    by_address = Entry.objects.filter(address_hash__in=hashes)
    rows = [*by_identifier.select_related("purpose").order_by("-occurred_at")[:ROWS]]
    rows += by_address.select_related("purpose").order_by("-occurred_at")[:ROWS]
    return sorted(rows, key=lambda row: row.occurred_at, reverse=True)[:ROWS]


def when(instant: datetime | None) -> str:
    """An instant as one reads it, on one line; "" for none."""
    return f"{instant:%-d %b %Y %H:%M}".replace(" ", "\u00a0") if instant else ""


def why(reason: str) -> str:
    """The reason of a message in words; "" for none."""
    return words(reason) if reason else ""


def money(amount: Decimal, currency: str) -> str:
    """E.g. 18.99 EUR."""
    return f"{amount:,.2f} {currency}".rstrip()


def contents(lines: Sequence[dict[str, Any]]) -> str:
    """E.g. “2 × Mug, Teapot”; at most three lines."""
    words = []
    for line in lines[:3]:
        quantity = str(line.get("quantity") or "1")
        name = str(line.get("name") or line.get("product_id") or "?")
        words.append(name if quantity in ("1", "1.000000") else f"{quantity.removesuffix('.000000')} × {name}")
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return ", ".join(words) + more


def about(properties: dict[str, Any]) -> str:
    """What an event was about, from the standard properties that name things and never people."""
    names = ("name", "product_id", "order_id", "cart_id", "category", "query", "path", "revenue", "value", "quantity")
    found = [f"{name} {properties[name]}" for name in names if isinstance(properties.get(name), str | int | float)]
    if isinstance(products := properties.get("products"), list):
        found.append(f"{len(products)} products")
    return ", ".join(found[:4])
