"""What crosses the border of commerce: facts in (one struct an event), folded carts, orders and products out."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

EventKey = tuple[datetime, bytes]


class Fact(msgspec.Struct, frozen=True):
    """One event as the folds see it. `name` is canonical; `cart_id` and `order_id` are usable ids or None."""

    id: int
    at: datetime
    hash: bytes
    name: str
    identifier_id: int
    is_server: bool
    cart_id: str | None
    order_id: str | None
    properties: dict[str, Any]
    received_at: datetime | None = None

    @property
    def claimed_at(self) -> datetime:
        """When it was first told, in a way its sender cannot forge: a server's own time, else when it came in."""
        return self.at if self.is_server or self.received_at is None else self.received_at

    @property
    def key(self) -> EventKey:
        """The canonical order of events: time, then message hash."""
        return (self.at, self.hash)


class CartLine(msgspec.Struct, frozen=True):
    """One line of a cart. `price` is None where no event told it."""

    product_id: str
    quantity: Decimal
    price: Decimal | None = None
    name: str = ""
    variant: str = ""
    image_url: str = ""
    url: str = ""


class CartState(msgspec.Struct, frozen=True):
    """A cart folded from all its events. `lines` of an ordered cart are what was in it when it was ordered."""

    key: str
    identifier_id: int
    cart_id: str | None
    state: str
    lines: tuple[CartLine, ...]
    currency: str
    value: Decimal
    opened_at: datetime
    last_added_at: datetime | None
    last_activity_at: datetime
    order_id: str | None


class CartFacts(msgspec.Struct, frozen=True):
    """A stored cart as other apps read it."""

    key: str
    identifier_id: int
    cart_id: str | None
    state: str
    lines: tuple[CartLine, ...]
    currency: str
    value: Decimal
    opened_at: datetime
    last_added_at: datetime | None
    last_activity_at: datetime
    order_id: str | None
    version: int = 1
    abandoned_at: datetime | None = None
    mailed_at: datetime | None = None
    unmailed_reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something lies in it that was not ordered."""
        return self.state == "open"


class LineState(msgspec.Struct, frozen=True):
    """One line of an order. `amount` = quantity × price; refunds have a negative quantity, hence a negative amount."""

    kind: str
    product_id: str
    name: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    occurred_at: datetime


class OrderState(msgspec.Struct, frozen=True):
    """An order folded from all its events."""

    order_id: str
    identifier_id: int
    status: str
    claims_guest: bool
    currency: str
    country: str
    revenue: Decimal
    total: Decimal | None
    tax: Decimal | None
    shipping: Decimal | None
    discount: Decimal | None
    refunded: Decimal
    cart_id: str | None
    placed_at: datetime | None
    lines: tuple[LineState, ...]
    coupon: str = ""  # codes as they were told, several between commas
    coupon_is_trusted: bool = False  # a server told it
    redemptions: tuple[str, ...] = ()  # ids of reservations of offers
    cancel_is_trusted: bool = False  # a server told that it was cancelled


class OrderCoupons(msgspec.Struct, frozen=True):
    """What a stored order says of offers. `discount`: what it took off, None where nobody told."""

    order_id: str
    identifier_id: int | None
    status: str
    currency: str
    discount: Decimal | None
    placed_at: datetime | None
    coupon: str
    coupon_is_trusted: bool
    redemptions: list[str]
    cancel_is_trusted: bool


class OrderFacts(msgspec.Struct, frozen=True):
    """A stored order as other apps read it, without its lines."""

    order_id: str
    identifier_id: int | None
    status: str
    is_guest: bool
    currency: str
    country: str
    revenue: Decimal
    refunded: Decimal
    cart_id: str | None
    placed_at: datetime | None


class OrderWithLines(msgspec.Struct, frozen=True):
    """A stored order with its lines, goods and refunds, in their order."""

    order_id: str
    identifier_id: int
    status: str
    currency: str
    revenue: Decimal
    total: Decimal | None
    refunded: Decimal
    placed_at: datetime | None
    lines: tuple[LineState, ...]


class ProductFacts(msgspec.Struct, frozen=True):
    """A stored product as other apps read it. Not `is_offerable`: never recommend or mail it.

    `is_trusted`: a feed or a server-side event told of it. Others only a browser did, with a key that anybody has.
    """

    product_id: str
    name: str
    category: str
    brand: str
    price: Decimal | None
    currency: str
    url: str
    image_url: str
    in_stock: bool
    active: bool
    is_trusted: bool = False
    group_id: str = ""  # of which product it is a variant (size, color), empty for none
    categories: list[str] = []  # from the root of the shop's tree down, where a feed told a path
    list_price: Decimal | None = None  # before a reduction
    prices: dict[str, str] = {}  # by currency, as decimal text: in further currencies than `currency`
    images: list[str] = []  # further pictures
    quantity: Decimal | None = None  # pieces in stock
    cost: Decimal | None = None  # what the shop pays for one, in `currency`: never shown to customers
    added_at: datetime | None = None

    @property
    def family(self) -> str:
        """What variants of one product share: an answer shows one of them."""
        return self.group_id or self.product_id

    @property
    def is_offerable(self) -> bool:
        """In stock and active."""
        return self.in_stock and self.active


class ProductRow(msgspec.Struct, frozen=True):
    """One row of a feed. None = not told: a known product keeps what it has, a new one gets the default."""

    product_id: str
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    url: str | None = None
    image_url: str | None = None
    in_stock: bool | None = None
    active: bool | None = None
    attributes: dict[str, Any] | None = None
    group_id: str | None = None
    categories: list[str] | None = None
    list_price: Decimal | None = None
    prices: dict[str, str] | None = None
    images: list[str] | None = None
    quantity: Decimal | None = None
    cost: Decimal | None = None


class RowError(msgspec.Struct, frozen=True):
    """Why one row of a feed was not taken. `index` counts rows from 0; `reason` is a stable code."""

    index: int
    reason: str
    detail: str
    product_id: str = ""


class StockRow(msgspec.Struct, frozen=True):
    """What somebody told of a product's stock, and perhaps its price, as of an instant. None = not told."""

    product_id: str
    at: datetime
    in_stock: bool | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None


class StockCount(msgspec.Struct, frozen=True):
    """What became of such rows. `older`: something newer was told before, so nothing was changed."""

    updated: int
    older: int


class PriceChange(msgspec.Struct, frozen=True):
    """A change of a product's price or stock. `what`: "price" (old and new in `currency`) or "stock" (0 and 1)."""

    what: str
    old: Decimal
    new: Decimal
    currency: str
    at: datetime
    topic: str


class UpsertCount(msgspec.Struct, frozen=True):
    """What a feed changed."""

    created: int
    updated: int
    unchanged: int


class Person(msgspec.Struct, frozen=True):
    """Who an identifier belongs to now, and its kind."""

    profile_id: UUID
    kind: str
