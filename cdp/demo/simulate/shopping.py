"""How people shop: visits with views, carts and orders after their tastes, so that co-occurrence means something."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cdp.demo.simulate.catalog import Catalog, Product
from cdp.demo.simulate.people import Device, Person
from cdp.demo.simulate.wire import Parcel, Phase, Tracker

OPEN_CARTS_END_BEFORE = timedelta(days=5)
"""Histories leave open carts only where they are too old to be written about: due carts are the cart world's."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who sits before the browser: known to the shop by a user id, by an address given at checkout, or not at all."""

    person: Person
    user_id: str | None = None
    guest_email: str | None = None

    @property
    def can_order(self) -> bool:
        """Whether the shop can take an order from them."""
        return self.user_id is not None or self.guest_email is not None


@dataclass(slots=True)
class Session:
    """What came of one visit. `ordered_on`: the anonymous id the order's server event named, if it did."""

    parcels: list[Parcel] = field(default_factory=list)
    ordered_on: str | None = None


class Shopper:
    """Plays visits. One for a whole world; ids of carts and orders are of one run."""

    def __init__(self, catalog: Catalog, tracker: Tracker, rng: Random, now: datetime) -> None:
        self.catalog, self.tracker, self.rng, self.now = catalog, tracker, rng, now
        self._made = 0

    def number(self, kind: str) -> str:
        """A new cart or order id."""
        self._made += 1
        return f"{kind}-{self.tracker.tag}-{self._made}"

    def taste(self, person: Person) -> str:
        """Mostly the first taste, sometimes the second, now and then anything."""
        dice = self.rng.random()
        if dice < 0.1:
            return self.rng.choice(tuple(self.catalog.by_taste))
        return person.tastes[0] if dice < 0.75 else person.tastes[1]

    def visit(self, buyer: Buyer, device: Device, at: datetime, *, login: bool, tell_device: bool = False) -> Session:
        """One visit from `at` on: looks around, perhaps fills a cart, perhaps orders."""
        rng, person, session = self.rng, buyer.person, Session()
        taste = self.taste(person)
        items = [self.tracker.page(device, person, at, user_id=buyer.user_id)]
        if login:
            items.append(self.tracker.login(device, person, at + timedelta(seconds=20)))
        at += timedelta(seconds=rng.randrange(30, 90))
        items.append(self._look_at_list(buyer, device, taste, at))
        seen: list[Product] = []
        for _ in range(rng.randrange(2, 10)):
            at += timedelta(seconds=rng.randrange(15, 150))
            near = bool(seen) and rng.random() < 0.35
            seen.append(self.catalog.companion(rng, seen[-1]) if near else self.catalog.pick(rng, taste))
            items.append(self._view(buyer, device, seen[-1], at))
        ends = self._ends(buyer, at)
        if ends != "look":
            bought = self._basket(seen)
            cart_id = self.number("cart")
            at = self._fill(items, buyer, device, bought, cart_id, at)
            if ends == "empty":
                at = self._empty(items, buyer, device, bought, cart_id, at)
            if ends == "order":
                at += timedelta(seconds=rng.randrange(60, 600))
                session.parcels.append(self._order(session, buyer, device, bought, cart_id, at, tell_device))
        session.parcels.append(Parcel(Phase.HISTORY, at, server_side=False, items=items))
        return session

    def add(
        self, buyer: Buyer, device: Device, product: Product, at: datetime, *, cart_id: str | None, quantity: int = 1
    ) -> bytes:
        """Product Added."""
        more: dict[str, Any] = {"quantity": quantity, "currency": "EUR"}
        if cart_id is not None:
            more["cart_id"] = cart_id
        return self._browse("Product Added", buyer, device, at, product.as_property(**more))

    def remove(self, buyer: Buyer, device: Device, product: Product, at: datetime, *, cart_id: str | None) -> bytes:
        """Product Removed, all of it."""
        more = {} if cart_id is None else {"cart_id": cart_id}
        return self._browse("Product Removed", buyer, device, at, product.as_property(**more))

    def order_properties(self, bought: list[Product], *, cart_id: str | None = None, **more: Any) -> dict[str, Any]:
        """Properties of Order Completed; `revenue` is without shipping and tax."""
        cents = sum(product.cents for product in bought)
        shipping = 0 if cents >= 5000 else 490
        properties: dict[str, Any] = {
            "order_id": self.number("order"),
            "currency": "EUR",
            "revenue": cents / 100,
            "shipping": shipping / 100,
            "tax": 0,
            "total": (cents + shipping) / 100,
            "products": [product.as_property(quantity=1) for product in bought],
            **more,
        }
        return properties if cart_id is None else {**properties, "cart_id": cart_id}

    def _browse(self, name: str, buyer: Buyer, device: Device, at: datetime, properties: dict[str, Any]) -> bytes:
        return self.tracker.browse(name, device, buyer.person, at, properties, user_id=buyer.user_id)

    def _look_at_list(self, buyer: Buyer, device: Device, taste: str, at: datetime) -> bytes:
        category = self.catalog.pick(self.rng, taste).category_name
        return self._browse("Product List Viewed", buyer, device, at, {"list_id": "category", "category": category})

    def _view(self, buyer: Buyer, device: Device, product: Product, at: datetime) -> bytes:
        return self._browse("Product Viewed", buyer, device, at, product.as_property(currency="EUR"))

    def _ends(self, buyer: Buyer, at: datetime) -> str:
        dice = self.rng.random()
        if dice < 0.62:
            return "look"
        if dice < 0.86 and buyer.can_order:
            return "order"
        return "empty" if dice < 0.9 or at > self.now - OPEN_CARTS_END_BEFORE else "leave"

    def _basket(self, seen: list[Product]) -> list[Product]:
        """One to four different products: what was looked at, and what goes with it."""
        first = seen[-1]
        basket = {first.index: first}
        for _ in range(self.rng.choice((0, 1, 1, 2, 3))):
            product = self.catalog.companion(self.rng, first) if self.rng.random() < 0.6 else self.rng.choice(seen)
            basket[product.index] = product
        return list(basket.values())

    def _fill(
        self, items: list[bytes], buyer: Buyer, device: Device, bought: list[Product], cart_id: str, at: datetime
    ) -> datetime:
        for product in bought:
            at += timedelta(seconds=self.rng.randrange(10, 120))
            items.append(self.add(buyer, device, product, at, cart_id=cart_id))
        return at

    def _empty(
        self, items: list[bytes], buyer: Buyer, device: Device, bought: list[Product], cart_id: str, at: datetime
    ) -> datetime:
        for product in bought:
            at += timedelta(seconds=self.rng.randrange(10, 120))
            items.append(self.remove(buyer, device, product, at, cart_id=cart_id))
        return at

    def _order(
        self,
        session: Session,
        buyer: Buyer,
        device: Device,
        bought: list[Product],
        cart_id: str,
        at: datetime,
        tell_device: bool,
    ) -> Parcel:
        properties = self.order_properties(bought, cart_id=cart_id)
        if buyer.user_id is None or self.rng.random() < 0.3:
            properties["email"] = buyer.guest_email or buyer.person.email
        told = device.anonymous_id if tell_device or buyer.user_id is None else None
        session.ordered_on = told
        item = self.tracker.serve("Order Completed", at, properties, user_id=buyer.user_id, anonymous_id=told)
        return Parcel(Phase.HISTORY, at, server_side=True, items=[item])
