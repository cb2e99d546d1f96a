"""What crosses the border of offers: a cart and its person in, promotions with reasons out.

Amounts are Decimal of the cart's currency with its decimals. `prices_include_tax`: amounts hold the tax, discounts too.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `price` is of one piece. `tax_rate` in percent. `cost`: what the shop pays for one, None: unknown.

    `categories` and `brand` in any case of letters. A line whose `list_price` is above its price is a reduced one.
    """

    product_id: str
    quantity: Decimal
    price: Decimal
    list_price: Decimal | None = None
    categories: tuple[str, ...] = ()
    brand: str = ""
    tax_rate: Decimal | None = None
    cost: Decimal | None = None


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in it and where it stands. `shipping`: its costs, None: not known yet. `first_order`: what the shop
    itself says of its customer, None: nothing. `country`: ISO 3166, two letters."""

    currency: str
    lines: tuple[CartLine, ...] = ()
    prices_include_tax: bool = True
    shipping: Decimal | None = None
    shipping_method: str = ""
    shipping_tax_rate: Decimal | None = None
    channel: str = ""
    country: str = ""
    locale: str = ""
    first_order: bool | None = None


class Use(msgspec.Struct, frozen=True):
    """How often a person used an offer, and when last."""

    times: int
    last_at: datetime


class PersonStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What evaluation may know of somebody; the default is nobody. `slugs`: segments among those that offers ask for;
    `uses` by offer id; `identifier_ids`: whose codes they may use."""

    slugs: frozenset[str] = frozenset()
    has_ordered: bool = False
    uses: Mapping[int, Use] = {}
    identifier_ids: tuple[int, ...] = ()


class TypedCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code as it was typed, and what is known of it. `offer`: the key of its offer, empty for an unknown one.
    `reason`: why it cannot be used, whatever the cart; empty: it can."""

    written: str
    code: str = ""
    offer: str = ""
    reason: str = ""


class GiftProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product that is given away. `price` and `cost` in the cart's currency, None: unknown."""

    name: str = ""
    price: Decimal | None = None
    cost: Decimal | None = None
    is_offerable: bool = True


class DiscountLine(msgspec.Struct, frozen=True):
    """So much off a line; `quantity`: of how many pieces."""

    index: int
    product_id: str
    quantity: Decimal
    amount: Decimal


class GivenProduct(msgspec.Struct, frozen=True):
    """A product that comes with the cart. `value`: its price in the catalog, 0 where it has none."""

    product_id: str
    name: str
    quantity: int
    value: Decimal


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """What one offer gives. `saving` = `lines` + `shipping` + `gifts`; of it the ledger counts `saving`."""

    offer: str
    version: int
    kind: str
    applies_to: str
    title: str
    text: str
    reason: str
    sentence: str
    code: str | None = None
    priority: int = 50
    saving: Decimal
    discount: Decimal
    lines: tuple[DiscountLine, ...] = ()
    shipping: Decimal
    gifts: tuple[GivenProduct, ...] = ()
    points: int = 0


class Eligible(msgspec.Struct, frozen=True, kw_only=True):
    """An offer whose conditions hold. `alone`: what it would give if it were the only one."""

    offer: str
    chosen: bool
    reason: str
    sentence: str
    alone: Promotion


class NotChosen(msgspec.Struct, frozen=True, kw_only=True):
    """An eligible offer that is not in the best combination, and why."""

    offer: str
    title: str
    reason: str
    sentence: str
    saving_alone: Decimal
    because_of: tuple[str, ...] = ()


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is missing. `what`: subtotal, quantity or products. `needed` and `present` of the same measure."""

    what: str
    measure: str
    missing: Decimal
    needed: Decimal
    present: Decimal
    scope: Mapping[str, Any] | None = None


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that only lacks something in the cart. `combines`: it fits with the best combination as it is now."""

    offer: str
    kind: str
    title: str
    sentence: str
    needs: tuple[Need, ...]
    combines: bool
    code: str | None = None


class CodeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a typed code. `state`: applied, not_chosen or refused."""

    code: str
    state: str
    offer: str | None
    reason: str
    sentence: str


class LineTotal(msgspec.Struct, frozen=True, kw_only=True):
    """A line after all discounts. `total` = `subtotal` - `discount`; `tax` is in it or on top, as the cart says."""

    index: int
    product_id: str
    quantity: Decimal
    subtotal: Decimal
    discount: Decimal
    total: Decimal
    tax: Decimal


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What is to pay. `shipping` after its discount. `total` = `subtotal` - `discount` + `shipping`, and + `tax` where
    prices do not include it. `tax` is of goods and shipping, after discounts."""

    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    shipping_discount: Decimal
    tax: Decimal
    total: Decimal
    currency: str
    prices_include_tax: bool
    shipping_is_known: bool


class Best(msgspec.Struct, frozen=True, kw_only=True):
    """The compatible offers that save the customer the most, in the order in which they are applied."""

    offers: tuple[str, ...]
    saving: Decimal
    points: int
    applied: tuple[Promotion, ...]


class Refused(msgspec.Struct, frozen=True):
    """An offer in force that this cart or person does not get, and the first reason; for those who manage offers."""

    offer: str
    reason: str
    sentence: str


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """The promotions of one cart. `refused` is not for customers: it tells of offers they do not get."""

    totals: Totals
    best: Best
    lines: tuple[LineTotal, ...]
    eligible: tuple[Eligible, ...]
    not_chosen: tuple[NotChosen, ...]
    missing: tuple[Missing, ...]
    codes: tuple[CodeAnswer, ...]
    refused: tuple[Refused, ...] = ()
