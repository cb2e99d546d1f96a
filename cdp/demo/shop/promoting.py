"""What a cart costs after promotions, as the platform's answer says; without one, as the shop's own rule does. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from cdp.demo.catalog import CURRENCY
from cdp.demo.shop.basket import Basket

SHIPPING, HOUSE_FREE_FROM = 490, 6_000
"""In cents. From so much on shipping is free where nobody can say which offers hold."""
AWAY = "Codes cannot be checked just now. Try again in a moment."


class Promotion(msgspec.Struct, frozen=True):
    """One that is applied. `discount` is off the goods, `shipping` off what shipping costs, `saving` is all of it."""

    offer: str
    title: str
    saving: Decimal
    discount: Decimal
    shipping: Decimal
    code: str | None = None

    @property
    def cents(self) -> int:
        """What it takes off."""
        return _cents(self.discount + self.shipping)


class CodeSaid(msgspec.Struct, frozen=True):
    """What became of a typed code. `state`: applied, not_chosen or refused."""

    code: str
    state: str
    reason: str
    sentence: str


class _Best(msgspec.Struct, frozen=True):
    applied: tuple[Promotion, ...]


class _Missing(msgspec.Struct, frozen=True):
    sentence: str
    combines: bool


class Evaluated(msgspec.Struct, frozen=True):
    """An answer of `POST /v1/offers/evaluate`, as far as the shop shows it."""

    best: _Best
    missing: tuple[_Missing, ...]
    codes: tuple[CodeSaid, ...]


@dataclass(frozen=True, slots=True)
class Priced:
    """A cart with its prices, in cents. `without`: offers that were refused when they were to be reserved."""

    basket: Basket
    found: Evaluated | None = None
    without: frozenset[str] = frozenset()

    @property
    def applied(self) -> tuple[Promotion, ...]:
        """What is taken off, in its order."""
        every = self.found.best.applied if self.found else ()
        return tuple(one for one in every if one.offer not in self.without)

    @property
    def subtotal(self) -> int:
        """The goods."""
        return self.basket.subtotal

    @property
    def discount(self) -> int:
        """What is taken off the goods."""
        return sum(_cents(one.discount) for one in self.applied)

    @property
    def full_shipping(self) -> int:
        """Before promotions."""
        is_free = self.found is None and self.subtotal >= HOUSE_FREE_FROM
        return SHIPPING if self.basket.lines and not is_free else 0

    @property
    def shipping(self) -> int:
        """What shipping costs."""
        return self.full_shipping - sum(_cents(one.shipping) for one in self.applied)

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.subtotal - self.discount + self.shipping

    @property
    def saved(self) -> list[tuple[str, int]]:
        """Every promotion by its title with what it takes off."""
        return [(one.title, one.cents) for one in self.applied]

    @property
    def hint(self) -> str:
        """What is missing for the nearest promotion that goes with these."""
        return next((one.sentence for one in self.found.missing if one.combines), "") if self.found else ""

    @property
    def code(self) -> CodeSaid | None:
        """The code that was typed."""
        return self.found.codes[0] if self.found and self.found.codes else None

    @property
    def said(self) -> str:
        """What the shop says of the code."""
        if self.code is None:
            return ""
        if self.code.state == "applied" and not any(one.code for one in self.applied):
            return f"{self.code.code} does not hold for this order."
        return f"{self.code.code} is applied." if self.code.state == "applied" else self.code.sentence

    def as_amounts(self) -> dict[str, Any]:
        """The amounts of Checkout Started and Order Completed. `revenue` is without shipping."""
        told: dict[str, Any] = {
            "subtotal": self.subtotal / 100,
            "discount": self.discount / 100,
            "revenue": (self.subtotal - self.discount) / 100,
            "shipping": self.shipping / 100,
            "tax": 0,
            "total": self.total / 100,
            "currency": CURRENCY,
        }
        codes = [one.code for one in self.applied if one.code]
        return told | ({"coupon": ",".join(codes)} if codes else {})


def as_cart(basket: Basket, *, may_be_first: bool = True) -> dict[str, Any]:
    """The cart in a question. Not `may_be_first`: whether it is a customer's first order is none of our business."""
    lines = [
        {
            "product_id": line.product.product_id,
            "quantity": line.quantity,
            "price": str(line.product.price),
            "list_price": str(line.product.was_price or line.product.price),
            "category": line.product.category_name,
            "brand": line.product.brand,
        }
        for line in basket.lines
    ]
    told = {"currency": CURRENCY, "lines": lines, "shipping": str(_euros(SHIPPING)), "channel": "web", "locale": "en"}
    return told if may_be_first else {**told, "first_order": False}


def as_uses(priced: Priced, order_id: str, person: dict[str, str]) -> list[dict[str, Any]]:
    """What is to be reserved for an order: each promotion that is applied, with what it costs."""
    who = {"person": person} if person else {}
    return [
        {
            "key": f"{order_id}:{one.offer}",
            "offer": one.offer,
            "amount": str(one.saving),
            "currency": CURRENCY,
            "order_id": order_id,
            **who,
            **({"code": one.code} if one.code else {}),
        }
        for one in priced.applied
    ]


def without_refused(refused: Collection[str], priced: Priced) -> str:
    """What is said where promotions fell away as the order was to be placed."""
    titles = " and ".join(f"“{one.title}”" for one in priced.applied if one.offer in refused)
    return f"{titles} cannot be used for this order: the total below is without it. Nothing was ordered yet."


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
