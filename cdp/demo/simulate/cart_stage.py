"""Where the carts' stories are told: people, devices, and what they do, in parcels. The cases are in `carts_due` and
`carts_not_due`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cdp.demo.simulate.catalog import Product
from cdp.demo.simulate.laws import mailed_in_silence
from cdp.demo.simulate.people import Device, Person, Registry
from cdp.demo.simulate.shopping import Buyer, Shopper
from cdp.demo.simulate.truth import CartTruth, Truth
from cdp.demo.simulate.wire import Tracker, consent, iso, whole_ms

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PREFERENCES = "Segment Consent Preference Updated"


@dataclass(slots=True)
class Actor:
    """Somebody of this world while their case is told. `left_at` is when they last touch the cart."""

    person: Person
    device: Device
    cart_id: str | None
    left_at: datetime
    facts: list[bytes] = field(default_factory=list)
    story: list[bytes] = field(default_factory=list)

    @property
    def buyer(self) -> Buyer:
        """Logged in."""
        return Buyer(self.person, user_id=self.person.user_id)

    @property
    def stranger(self) -> Buyer:
        """Not logged in."""
        return Buyer(self.person)


@dataclass(frozen=True, slots=True)
class CartStage:
    """What every case is told with; methods add to an actor's facts and story, and to the truth."""

    registry: Registry
    shopper: Shopper
    tracker: Tracker
    truth: Truth
    rng: Random
    now: datetime
    idle: timedelta
    max_age: timedelta

    def actor(self, *, left: timedelta | None = None, has_cart_id: bool = True) -> Actor:
        """Somebody new with a browser, who leaves their cart `left` ago: by default one to three hours past idle."""
        left = left if left is not None else self.idle + timedelta(seconds=self.rng.randrange(300, 7_200))
        cart_id = self.shopper.number("cart") if has_cart_id else None
        return Actor(self.registry.person("cart"), self.registry.device(), cart_id, whole_ms(self.now - left))

    def member(self, *, choice: bool | None = True, email: bool = True, **kind: Any) -> Actor:
        """Registered some days ago; `choice` is what they said to e-mail marketing then."""
        actor = self.actor(**kind)
        self.sign_up(actor, choice=choice, email=email)
        return actor

    def order_as_guest(self, actor: Actor, device: Device, at: datetime, **properties: Any) -> None:
        """The backend's order under a device's anonymous id and what `properties` say; it names no cart."""
        bought = self.shopper.order_properties(self.some_products(actor), **properties)
        actor.facts.append(self.tracker.serve("Order Completed", at, bought, anonymous_id=device.anonymous_id))

    def change_address(self, actor: Actor, at: datetime) -> str:
        """Another address; what was said about the first says nothing about it."""
        address = self.registry.second_address(actor.person)
        self.truth.sees(actor.person.key, ("user_id", actor.person.user_id), ("email", address))
        actor.facts.append(self.tracker.register(actor.person.user_id, at, {"email": address}))
        return address

    def sign_up(self, actor: Actor, *, choice: bool | None, email: bool) -> None:
        """The backend's identify."""
        person, at = actor.person, actor.left_at - self.rng.randrange(8, 20) * DAY
        traits = {"firstName": person.first, "lastName": person.last, "country": person.country, "synthetic": "yes"}
        if email:
            traits["email"] = person.email
        self.truth.person(person.key, "registered")
        self.truth.sees(person.key, ("user_id", person.user_id), *([("email", person.email)] if email else []))
        context = {} if choice is None else consent(choice)
        actor.facts.append(self.tracker.register(person.user_id, at, traits, context=context))

    def stranger(self, **kind: Any) -> Actor:
        """Somebody who never says who they are."""
        actor = self.actor(**kind)
        self.truth.person(actor.person.key, "anonymous")
        self.truth.sees(actor.person.key, ("anonymous_id", actor.device.anonymous_id))
        return actor

    def log_in(self, actor: Actor, at: datetime, device: Device | None = None, *, shared: bool = False) -> None:
        """Their browser tells the user id. On a shared device that makes the device nobody's in the truth."""
        device = device or actor.device
        actor.story.append(self.tracker.login(device, actor.person, at))
        if not shared:
            keys = ("user_id", actor.person.user_id), ("anonymous_id", device.anonymous_id)
            self.truth.sees(actor.person.key, *keys)

    def fill(self, actor: Actor, *, buyer: Buyer | None = None, device: Device | None = None) -> list[Product]:
        """One to three products, the last one at `left_at`."""
        products = self.some_products(actor)
        self.add(actor, products, actor.left_at, buyer=buyer, device=device)
        return products

    def some_products(self, actor: Actor) -> list[Product]:
        """One to three different products after their taste."""
        count = self.rng.randrange(1, 4)
        found: dict[int, Product] = {}
        while len(found) < count:
            product = self.shopper.catalog.pick(self.rng, self.shopper.taste(actor.person))
            found[product.index] = product
        return list(found.values())

    def add(
        self,
        actor: Actor,
        products: list[Product],
        last_at: datetime,
        *,
        buyer: Buyer | None = None,
        device: Device | None = None,
    ) -> None:
        """Looks at each and puts it in, a minute apart, the last one at `last_at`."""
        who, device = buyer or actor.buyer, device or actor.device
        for index, product in enumerate(products):
            at = last_at - (len(products) - 1 - index) * MINUTE
            viewed = product.as_property(currency="EUR")
            seen = at - timedelta(seconds=20)
            actor.story.append(
                self.tracker.browse("Product Viewed", device, who.person, seen, viewed, user_id=who.user_id)
            )
            actor.story.append(self.shopper.add(who, device, product, at, cart_id=actor.cart_id))

    def order(self, actor: Actor, products: list[Product], at: datetime, *, cart_id: str | None) -> None:
        """The backend's order under their user id."""
        properties = self.shopper.order_properties(products, cart_id=cart_id)
        actor.facts.append(self.tracker.serve("Order Completed", at, properties, user_id=actor.person.user_id))

    def says(self, actor: Actor, name: str, at: datetime, *, choice: bool | None = None, **properties: Any) -> None:
        """A track of the backend, with the person's address unless it names another."""
        properties.setdefault("email", actor.person.email)
        context = {} if choice is None else consent(choice)
        actor.facts.append(self.tracker.serve(name, at, properties, user_id=actor.person.user_id, context=context))

    def ends(
        self, actor: Actor, case: str, reason: str, *, address: str | None = None, has_address: bool = True
    ) -> list[Actor]:
        """Write down what is true of the actor's cart; `address` where it is another than the person's first.

        Where the law lets shops mail until they are told not to, a missing consent is no reason.
        """
        if reason == "no_consent" and mailed_in_silence(actor.person.country):
            reason = "due"
        due = reason == "due"
        address = address or actor.person.email
        self.truth.carts.append(
            CartTruth(
                case=case,
                person=actor.person.key,
                cart_id=actor.cart_id,
                must_mail=due,
                reason=reason,
                address=address if has_address else None,
                last_activity_at=iso(actor.left_at),
                due_at=iso(actor.left_at + self.idle) if due else None,
            )
        )
        return [actor]

    def leaves_cart(self, case: str, reason: str, **kind: Any) -> Actor:
        """A member fills a cart and leaves."""
        actor = self.member(**kind)
        self.log_in(actor, actor.left_at - 10 * MINUTE)
        self.fill(actor)
        self.ends(actor, case, reason, has_address=kind.get("email", True))
        return actor

    def guest(self) -> Actor:
        """Known by the address given at checkout."""
        actor = self.actor()
        keys = ("email", actor.person.email), ("anonymous_id", actor.device.anonymous_id)
        self.truth.person(actor.person.key, "guest")
        self.truth.sees(actor.person.key, *keys)
        return actor

    def checkout(self, actor: Actor, products: list[Product], at: datetime) -> None:
        """The backend's checkout of a guest, with address and consent."""
        properties = {
            "email": actor.person.email,
            "cart_id": actor.cart_id,
            "currency": "EUR",
            "products": [product.as_property(quantity=1) for product in products],
        }
        anonymous = actor.device.anonymous_id
        actor.facts.append(
            self.tracker.serve("Checkout Started", at, properties, anonymous_id=anonymous, context=consent(True))
        )
