"""The cart world: people whose carts must or must not be written about, and why. One method a case.

Told in two phases: facts of the backend first (sign-ups, consent, orders, withdrawals), then each cart's story in one
request, so that the service never sees a cart without what forbids its mail. Reasons are this world's own words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cdp.demo.simulate.catalog import Product
from cdp.demo.simulate.people import Device, Person, Registry
from cdp.demo.simulate.shopping import Buyer, Shopper
from cdp.demo.simulate.truth import CartTruth, Truth
from cdp.demo.simulate.wire import Parcel, Phase, Tracker, consent, iso, whole_ms

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


class CartWorld:
    """Yields the parcels of one case after the other; the truth is complete when all have been taken."""

    def __init__(
        self,
        registry: Registry,
        shopper: Shopper,
        tracker: Tracker,
        truth: Truth,
        rng: Random,
        *,
        now: datetime,
        idle: timedelta,
        max_age: timedelta,
    ) -> None:
        self._registry, self._shopper, self._tracker, self._truth = registry, shopper, tracker, truth
        self._rng, self._now, self._idle, self._max_age = rng, now, idle, max_age

    def parcels(self, people: int) -> Iterator[list[Parcel]]:
        """Every case at least twice, then by weight until `people` have been told."""
        cases = [case for case in CASES for _ in range(2)]
        weighted = [case for case in CASES for _ in range(case[1])]
        while len(cases) < people:
            cases.append(self._rng.choice(weighted))
        for _, _, tell in cases:
            yield from self._parcels(tell(self))

    def _parcels(self, actors: list[Actor]) -> Iterator[list[Parcel]]:
        found = [
            Parcel(Phase.FACTS, actor.left_at, server_side=True, items=actor.facts) for actor in actors if actor.facts
        ]
        story = [item for actor in actors for item in actor.story]
        if story:
            found.append(Parcel(Phase.STORIES, actors[0].left_at, server_side=False, items=story))
        yield found

    # Building blocks

    def _actor(self, *, left: timedelta | None = None, has_cart_id: bool = True) -> Actor:
        left = left if left is not None else self._idle + timedelta(seconds=self._rng.randrange(300, 7_200))
        cart_id = self._shopper.number("cart") if has_cart_id else None
        return Actor(self._registry.person("cart"), self._registry.device(), cart_id, whole_ms(self._now - left))

    def _member(self, *, choice: bool | None = True, email: bool = True, **kind: Any) -> Actor:
        """Registered some days ago; `choice` is what they said to e-mail marketing then."""
        actor = self._actor(**kind)
        self._sign_up(actor, choice=choice, email=email)
        return actor

    def _sign_up(self, actor: Actor, *, choice: bool | None, email: bool) -> None:
        person, at = actor.person, actor.left_at - self._rng.randrange(8, 20) * DAY
        traits = {"firstName": person.first, "lastName": person.last, "country": person.country, "synthetic": "yes"}
        if email:
            traits["email"] = person.email
        self._truth.person(person.key, "registered")
        self._truth.sees(person.key, ("user_id", person.user_id), *([("email", person.email)] if email else []))
        context = {} if choice is None else consent(choice)
        actor.facts.append(self._tracker.register(person.user_id, at, traits, context=context))

    def _stranger(self, **kind: Any) -> Actor:
        actor = self._actor(**kind)
        self._truth.person(actor.person.key, "anonymous")
        self._truth.sees(actor.person.key, ("anonymous_id", actor.device.anonymous_id))
        return actor

    def _log_in(self, actor: Actor, at: datetime, device: Device | None = None, *, shared: bool = False) -> None:
        device = device or actor.device
        actor.story.append(self._tracker.login(device, actor.person, at))
        if not shared:
            keys = ("user_id", actor.person.user_id), ("anonymous_id", device.anonymous_id)
            self._truth.sees(actor.person.key, *keys)

    def _fill(self, actor: Actor, *, buyer: Buyer | None = None, device: Device | None = None) -> list[Product]:
        """One to three products, the last one at `left_at`."""
        products = self._some_products(actor)
        self._add(actor, products, actor.left_at, buyer=buyer, device=device)
        return products

    def _some_products(self, actor: Actor) -> list[Product]:
        count = self._rng.randrange(1, 4)
        found: dict[int, Product] = {}
        while len(found) < count:
            product = self._shopper.catalog.pick(self._rng, self._shopper.taste(actor.person))
            found[product.index] = product
        return list(found.values())

    def _add(
        self,
        actor: Actor,
        products: list[Product],
        last_at: datetime,
        *,
        buyer: Buyer | None = None,
        device: Device | None = None,
    ) -> None:
        who, device = buyer or actor.buyer, device or actor.device
        for index, product in enumerate(products):
            at = last_at - (len(products) - 1 - index) * MINUTE
            viewed = product.as_property(currency="EUR")
            seen = at - timedelta(seconds=20)
            actor.story.append(
                self._tracker.browse("Product Viewed", device, who.person, seen, viewed, user_id=who.user_id)
            )
            actor.story.append(self._shopper.add(who, device, product, at, cart_id=actor.cart_id))

    def _order(self, actor: Actor, products: list[Product], at: datetime, *, cart_id: str | None) -> None:
        properties = self._shopper.order_properties(products, cart_id=cart_id)
        actor.facts.append(self._tracker.serve("Order Completed", at, properties, user_id=actor.person.user_id))

    def _says(self, actor: Actor, name: str, at: datetime, *, choice: bool | None = None, **properties: Any) -> None:
        """A track of the backend with the person's address."""
        properties["email"] = actor.person.email
        context = {} if choice is None else consent(choice)
        actor.facts.append(self._tracker.serve(name, at, properties, user_id=actor.person.user_id, context=context))

    def _true(self, actor: Actor, case: str, reason: str, *, address: bool = True) -> list[Actor]:
        due = reason == "due"
        self._truth.carts.append(
            CartTruth(
                case=case,
                person=actor.person.key,
                cart_id=actor.cart_id,
                must_mail=due,
                reason=reason,
                address=actor.person.email if address else None,
                last_activity_at=iso(actor.left_at),
                due_at=iso(actor.left_at + self._idle) if due else None,
            )
        )
        return [actor]

    def _simple(self, case: str, reason: str, **kind: Any) -> Actor:
        """A member fills a cart and leaves."""
        actor = self._member(**kind)
        self._log_in(actor, actor.left_at - 10 * MINUTE)
        self._fill(actor)
        self._true(actor, case, reason, address=kind.get("email", True))
        return actor

    # Cases that must be mailed

    def abandoned(self) -> list[Actor]:
        """Filled a cart and left."""
        return [self._simple("abandoned", "due")]

    def without_cart_id(self) -> list[Actor]:
        """The shop does not name its carts."""
        return [self._simple("without_cart_id", "due", has_cart_id=False)]

    def two_devices(self) -> list[Actor]:
        """One cart, filled on a phone and on a laptop: one mail."""
        actor, laptop = self._member(), self._registry.device()
        self._log_in(actor, actor.left_at - 40 * MINUTE)
        self._add(actor, self._some_products(actor), actor.left_at - 30 * MINUTE)
        self._log_in(actor, actor.left_at - 10 * MINUTE, laptop)
        self._fill(actor, device=laptop)
        return self._true(actor, "two_devices", "due")

    def identified_later(self) -> list[Actor]:
        """Filled the cart as a stranger, then logged in."""
        actor = self._member()
        self._add(actor, self._some_products(actor), actor.left_at - MINUTE, buyer=actor.stranger)
        self._log_in(actor, actor.left_at)
        actor.left_at -= MINUTE
        return self._true(actor, "identified_later", "due")

    def guest_left_checkout(self) -> list[Actor]:
        """A guest gave address and consent at checkout and left."""
        actor = self._guest()
        products = self._some_products(actor)
        self._add(actor, products, actor.left_at - 5 * MINUTE, buyer=actor.stranger)
        self._checkout(actor, products, actor.left_at)
        return self._true(actor, "guest_left_checkout", "due")

    def new_item_later(self) -> list[Actor]:
        """Came back after hours and added another: one mail about both."""
        actor = self._member()
        self._log_in(actor, actor.left_at - 310 * MINUTE)
        self._add(actor, self._some_products(actor), actor.left_at - 300 * MINUTE)
        self._fill(actor)
        return self._true(actor, "new_item_later", "due")

    def new_cart_after_order(self) -> list[Actor]:
        """Ordered in the morning, filled another cart since."""
        actor = self._member()
        self._log_in(actor, actor.left_at - 400 * MINUTE)
        self._order(actor, self._some_products(actor), actor.left_at - 390 * MINUTE, cart_id=None)
        self._fill(actor)
        return self._true(actor, "new_cart_after_order", "due")

    def consented_again(self) -> list[Actor]:
        """Refused at first, agreed later."""
        actor = self._simple("consented_again", "due", choice=False)
        self._says(actor, PREFERENCES, actor.left_at - 2 * DAY, choice=True)
        return [actor]

    def one_of_two_in_stock(self) -> list[Actor]:
        """One product is sold out, another is not."""
        actor = self._member()
        self._log_in(actor, actor.left_at - 10 * MINUTE)
        sold_out = self._rng.choice(self._shopper.catalog.sold_out)
        self._add(actor, [sold_out, *self._some_products(actor)], actor.left_at)
        return self._true(actor, "one_of_two_in_stock", "due")

    def removed_one_of_two(self) -> list[Actor]:
        """Took one product out again; another stays."""
        actor = self._member()
        self._log_in(actor, actor.left_at - 10 * MINUTE)
        catalog = self._shopper.catalog
        first = catalog.pick(self._rng, actor.person.tastes[0])
        second = catalog.companion(self._rng, first)
        self._add(actor, [first, second], actor.left_at - 2 * MINUTE)
        actor.story.append(self._shopper.remove(actor.buyer, actor.device, first, actor.left_at, cart_id=actor.cart_id))
        return self._true(actor, "removed_one_of_two", "due")

    def family_tablet(self) -> list[Actor]:
        """Two people fill a cart each on one tablet: a mail each."""
        tablet = self._registry.device()
        family = [self._member(), self._member()]
        self._truth.shares(("anonymous_id", tablet.anonymous_id), "family tablet", [a.person.key for a in family])
        for actor in family:
            self._log_in(actor, actor.left_at - 10 * MINUTE, tablet, shared=True)
            self._fill(actor, device=tablet)
            self._true(actor, "family_tablet", "due")
        return family

    # Cases that must not be mailed

    def ordered(self) -> list[Actor]:
        """Ordered the cart."""
        actor = self._simple("ordered", "ordered")
        self._order(actor, self._some_products(actor), actor.left_at + 5 * MINUTE, cart_id=actor.cart_id)
        return [actor]

    def ordered_elsewhere(self) -> list[Actor]:
        """Ordered on another device, under no cart id."""
        actor = self._simple("ordered_elsewhere", "ordered")
        self._order(actor, self._some_products(actor), actor.left_at + 20 * MINUTE, cart_id=None)
        return [actor]

    def guest_ordered(self) -> list[Actor]:
        """A guest who went through with it."""
        actor = self._guest()
        products = self._some_products(actor)
        self._add(actor, products, actor.left_at - 5 * MINUTE, buyer=actor.stranger)
        self._checkout(actor, products, actor.left_at)
        properties = self._shopper.order_properties(products, cart_id=actor.cart_id, email=actor.person.email)
        at, anonymous = actor.left_at + 3 * MINUTE, actor.device.anonymous_id
        actor.facts.append(self._tracker.serve("Order Completed", at, properties, anonymous_id=anonymous))
        return self._true(actor, "guest_ordered", "ordered")

    def emptied(self) -> list[Actor]:
        """Took everything out again."""
        actor = self._member()
        self._log_in(actor, actor.left_at - 20 * MINUTE)
        products = self._some_products(actor)
        self._add(actor, products, actor.left_at - 5 * MINUTE)
        for product in products:
            actor.story.append(
                self._shopper.remove(actor.buyer, actor.device, product, actor.left_at, cart_id=actor.cart_id)
            )
        return self._true(actor, "emptied", "emptied")

    def never_asked(self) -> list[Actor]:
        """Never said anything about e-mail."""
        return [self._simple("never_asked", "no_consent", choice=None)]

    def refused(self) -> list[Actor]:
        """Refused e-mail at sign-up."""
        return [self._simple("refused", "refused", choice=False)]

    def withdrew(self) -> list[Actor]:
        """Agreed, and withdrew yesterday."""
        actor = self._simple("withdrew", "withdrawn")
        self._says(actor, PREFERENCES, actor.left_at - DAY, choice=False)
        return [actor]

    def withdrew_after(self) -> list[Actor]:
        """Withdrew after leaving the cart."""
        actor = self._simple("withdrew_after", "withdrawn")
        self._says(actor, PREFERENCES, actor.left_at + 4 * MINUTE, choice=False)
        return [actor]

    def unsubscribed(self) -> list[Actor]:
        """Unsubscribed in another mail program."""
        actor = self._simple("unsubscribed", "unsubscribed")
        self._says(actor, "Unsubscribed", actor.left_at - 3 * DAY)
        return [actor]

    def bounced(self) -> list[Actor]:
        """The mailbox does not exist."""
        actor = self._simple("bounced", "bounced")
        self._says(actor, "Email Bounced", actor.left_at - 3 * DAY, bounce_type="hard")
        return [actor]

    def complained(self) -> list[Actor]:
        """Reported an earlier mail as spam."""
        actor = self._simple("complained", "complained")
        self._says(actor, "Email Marked as Spam", actor.left_at - 3 * DAY)
        return [actor]

    def forged_consent(self) -> list[Actor]:
        """Only a browser says they agreed, and browsers can be forged."""
        actor = self._simple("forged_consent", "no_consent", choice=None)
        properties = {"email": actor.person.email}
        at, who = actor.left_at - 5 * MINUTE, actor.person
        actor.story.append(
            self._tracker.browse(
                PREFERENCES, actor.device, who, at, properties, user_id=who.user_id, context=consent(True)
            )
        )
        return [actor]

    def without_address(self) -> list[Actor]:
        """Registered without an address."""
        return [self._simple("without_address", "no_address", choice=None, email=False)]

    def never_identified(self) -> list[Actor]:
        """Nobody knows who that was."""
        actor = self._stranger()
        self._fill(actor, buyer=actor.stranger)
        return self._true(actor, "never_identified", "no_address", address=False)

    def still_shopping(self) -> list[Actor]:
        """Touched the cart a moment ago."""
        return [self._simple("still_shopping", "not_idle", left=min(self._idle / 10, 2 * MINUTE))]

    def too_old(self) -> list[Actor]:
        """Left so long ago that a reminder would be odd."""
        return [self._simple("too_old", "too_old", left=self._max_age + 2 * DAY)]

    def sold_out(self) -> list[Actor]:
        """All of it is sold out."""
        actor = self._member()
        self._log_in(actor, actor.left_at - 10 * MINUTE)
        self._add(actor, self._rng.sample(self._shopper.catalog.sold_out, 2), actor.left_at)
        return self._true(actor, "sold_out", "out_of_stock")

    def kiosk(self) -> list[Actor]:
        """A cart on a device in the shop on which eight people logged in: nobody's. Their own carts are theirs."""
        terminal = self._registry.device()
        visitors = [self._member() for _ in range(8)]
        self._truth.shares(("anonymous_id", terminal.anonymous_id), "kiosk", [a.person.key for a in visitors])
        for actor in visitors:
            self._log_in(actor, actor.left_at - 20 * MINUTE, terminal, shared=True)
        self._fill(visitors[0], device=terminal)
        self._true(visitors[0], "kiosk_logged_in", "due")
        passer_by = self._actor()
        self._fill(passer_by, buyer=passer_by.stranger, device=terminal)
        self._true(passer_by, "kiosk", "shared_device", address=False)
        return [*visitors, passer_by]

    def _guest(self) -> Actor:
        """Known by the address given at checkout."""
        actor = self._actor()
        keys = ("email", actor.person.email), ("anonymous_id", actor.device.anonymous_id)
        self._truth.person(actor.person.key, "guest")
        self._truth.sees(actor.person.key, *keys)
        return actor

    def _checkout(self, actor: Actor, products: list[Product], at: datetime) -> None:
        properties = {
            "email": actor.person.email,
            "cart_id": actor.cart_id,
            "currency": "EUR",
            "products": [product.as_property(quantity=1) for product in products],
        }
        anonymous = actor.device.anonymous_id
        actor.facts.append(
            self._tracker.serve("Checkout Started", at, properties, anonymous_id=anonymous, context=consent(True))
        )


CASES: tuple[tuple[str, int, Callable[[CartWorld], list[Actor]]], ...] = (
    ("abandoned", 12, CartWorld.abandoned),
    ("without_cart_id", 4, CartWorld.without_cart_id),
    ("two_devices", 3, CartWorld.two_devices),
    ("identified_later", 3, CartWorld.identified_later),
    ("guest_left_checkout", 3, CartWorld.guest_left_checkout),
    ("new_item_later", 2, CartWorld.new_item_later),
    ("new_cart_after_order", 2, CartWorld.new_cart_after_order),
    ("consented_again", 1, CartWorld.consented_again),
    ("one_of_two_in_stock", 1, CartWorld.one_of_two_in_stock),
    ("removed_one_of_two", 2, CartWorld.removed_one_of_two),
    ("family_tablet", 1, CartWorld.family_tablet),
    ("ordered", 10, CartWorld.ordered),
    ("ordered_elsewhere", 3, CartWorld.ordered_elsewhere),
    ("guest_ordered", 3, CartWorld.guest_ordered),
    ("emptied", 4, CartWorld.emptied),
    ("never_asked", 4, CartWorld.never_asked),
    ("refused", 3, CartWorld.refused),
    ("withdrew", 2, CartWorld.withdrew),
    ("withdrew_after", 2, CartWorld.withdrew_after),
    ("unsubscribed", 2, CartWorld.unsubscribed),
    ("bounced", 1, CartWorld.bounced),
    ("complained", 1, CartWorld.complained),
    ("forged_consent", 1, CartWorld.forged_consent),
    ("without_address", 2, CartWorld.without_address),
    ("never_identified", 6, CartWorld.never_identified),
    ("still_shopping", 2, CartWorld.still_shopping),
    ("too_old", 2, CartWorld.too_old),
    ("sold_out", 1, CartWorld.sold_out),
    ("kiosk", 1, CartWorld.kiosk),
)
"""(name, weight, method)."""
