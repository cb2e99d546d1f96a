"""When a journey would have begun for somebody, told from their events: carts and visits left behind, events, orders.

Pure. A cart is left behind when nothing happened in it for long enough and something lay in it; each time anew, as far
as something was put in since.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from automation.abandonment import story
from automation.contracts import CartNow, CartStory, Rules
from automation.graph import BrowseAbandoned, CartAbandoned, OnEvent, OrderStage, Trigger
from automation.simulating import Happened
from commerce.carts import CART_NAMES, OPEN
from commerce.closing import PLACED, fold_people
from commerce.contracts import CartState, Fact
from mailing.contracts import END, GO, Said

LOOKED = "Product Viewed"
ADDING = frozenset({"Product Added", "Wishlist Product Added to Cart", "Checkout Started", PLACED})
STAGES: Mapping[str, tuple[str, ...]] = {
    "placed": (PLACED,),
    "shipped": ("Order Shipped",),
    "delivered": ("Order Delivered",),
    "cancelled": ("Order Cancelled",),
    "refunded": ("Order Refunded",),
}
UPDATED = "Order Updated"
IMPOSSIBLE: Mapping[str, str] = {
    "back_in_stock": "What was in stock when is not kept, so this journey cannot be run over the past. Use a test run.",
    "price_drop": "Earlier prices are not kept, so this journey cannot be run over the past. Use a test run.",
    "date_trait": "It starts on a day that a trait names, not by what people did: there is nothing to run over. Use a "
    "test run.",
    "schedule": "It starts by the clock, for whoever is in the segment then: the segment's page shows whom. Use a test "
    "run.",
    "api": "It starts when your own software says so, and that leaves no trace to run over. Use a test run.",
}
"""Triggers that history does not tell, with the words for it."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """A time somebody would have come in. `about`: what it is about, the same twice is told apart by `at`.

    `since`: for carts when something was last put in; `until`: from then on it is too old to be written about.
    """

    about: str
    identifier_id: int
    at: datetime
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class History:
    """One person's events by time, as facts, with their identifiers."""

    profile_id: UUID
    kinds: Mapping[int, str]
    facts: Sequence[Fact]

    @property
    def happened(self) -> tuple[Happened, ...]:
        """The same as conditions see them."""
        return tuple(Happened(one.at, one.name, one.properties) for one in self.facts)

    def carts(self, at: datetime) -> dict[str, CartState]:
        """Every cart of theirs as it stood at an instant."""
        trail = [one for one in self.facts if one.at <= at and (one.name in CART_NAMES or one.name == PLACED)]
        whose = {one.identifier_id: self.profile_id for one in trail}
        cart_ids = {one.cart_id for one in trail if one.cart_id}
        kinds = {**dict.fromkeys(whose, ""), **self.kinds}
        return fold_people(trail, whose, kinds, whose, cart_ids)


def occasions(trigger: Trigger, history: History, since: datetime, until: datetime) -> list[Occasion]:
    """Every time it came true for them within [since, until], by time. Triggers of IMPOSSIBLE never do."""
    return sorted((one for one in _found(trigger, history, until) if since <= one.at <= until), key=lambda one: one.at)


def names_for(trigger: Trigger) -> frozenset[str] | None:
    """The events that can let somebody in; None where it is not told by events."""
    if isinstance(trigger, CartAbandoned):
        return frozenset({*CART_NAMES, PLACED})
    if isinstance(trigger, BrowseAbandoned):
        return ADDING | {LOOKED}
    if isinstance(trigger, OnEvent):
        return frozenset({trigger.what.event})
    if isinstance(trigger, OrderStage):
        return frozenset({*STAGES[trigger.stage], UPDATED})
    return None


def story_of(trigger: Trigger, history: History, occasion: Occasion) -> Callable[[datetime, bool], Said]:
    """What the occasion's own story says at an instant, as when it really runs: ordered, emptied, used, too old."""

    def cart(at: datetime, was_mailed: bool) -> Said:
        assert isinstance(trigger, CartAbandoned)
        found = history.carts(at).get(occasion.about)
        if found is None:
            return Said(END, "cart_gone")
        here = CartNow(found.state, len(found.lines), found.last_added_at, found.last_activity_at)
        since = found.last_added_at or occasion.since
        lines = len(found.lines)  # what could be bought then is not known
        facts = CartStory(here, occasion.since, lines, lines, _did(history, PLACED, since, at), was_mailed)
        return story(facts, rules=Rules(trigger.idle, trigger.max_age), now=at)

    def visit(at: datetime, was_mailed: bool) -> Said:
        if _did(history, PLACED, occasion.since, at):
            return Said(END, "ordered_since")
        if _did(history, "Product Added", occasion.since, at):
            return Said(END, "cart_used")
        is_old = occasion.until is not None and at > occasion.until + timedelta(days=1)
        return Said(END, "too_old") if is_old and not was_mailed else Said(GO)

    def anything(at: datetime, was_mailed: bool) -> Said:
        return Said(GO)

    return cart if isinstance(trigger, CartAbandoned) else visit if isinstance(trigger, BrowseAbandoned) else anything


def _found(trigger: Trigger, history: History, until: datetime) -> Iterator[Occasion]:
    if isinstance(trigger, CartAbandoned):
        yield from _carts(trigger, history, until)
    elif isinstance(trigger, BrowseAbandoned):
        yield from _visits(trigger, history, until)
    elif isinstance(trigger, OnEvent):
        for one in history.facts:
            if trigger.what.matches(one.name, one.properties, _us(one.at)):
                yield Occasion(f"event:{one.id}", one.identifier_id, one.at, one.at)
    elif isinstance(trigger, OrderStage):
        yield from _stages(trigger, history)


def _carts(trigger: CartAbandoned, history: History, until: datetime) -> Iterator[Occasion]:
    """A cart that was touched, and `idle` later stands as it stood then, with something in it."""
    trail = [one for one in history.facts if one.name in CART_NAMES]
    for number, touch in enumerate(trail):
        due = touch.at + trigger.idle
        after = trail[number + 1] if number + 1 < len(trail) else None
        if due > until or (after is not None and after.at < due and _same_cart(touch, after)):
            continue
        for key, cart in history.carts(due).items():
            is_left = cart.state == OPEN and cart.lines and cart.last_activity_at == touch.at
            if is_left and cart.last_added_at is not None:
                yield Occasion(
                    key, cart.identifier_id, due, cart.last_added_at, cart.last_activity_at + trigger.max_age
                )


def _same_cart(one: Fact, other: Fact) -> bool:
    return one.cart_id == other.cart_id if one.cart_id else one.identifier_id == other.identifier_id


def _visits(trigger: BrowseAbandoned, history: History, until: datetime) -> Iterator[Occasion]:
    """Looks at products with nothing put into a cart, and then nothing for `idle`."""
    begun: Fact | None = None
    for number, one in enumerate(history.facts):
        if one.name in ADDING:
            begun = None
        elif one.name == LOOKED:
            begun = begun or one
            after = history.facts[number + 1].at if number + 1 < len(history.facts) else None
            due = one.at + trigger.idle
            if due <= until and (after is None or after >= due):
                yield Occasion(f"visit:{begun.id}", one.identifier_id, due, begun.at, one.at + trigger.max_age)
                begun = None


def _stages(trigger: OrderStage, history: History) -> Iterator[Occasion]:
    told: set[str] = set()
    for one in history.facts:
        status = str(one.properties.get("status", "")).lower()
        reached = one.name in STAGES[trigger.stage] or (one.name == UPDATED and status == trigger.stage)
        order = one.order_id or str(one.id)
        if reached and order not in told:
            told.add(order)
            yield Occasion(f"order:{order}", one.identifier_id, one.at, one.at)


def _did(history: History, name: str, since: datetime, at: datetime) -> bool:
    return any(one.name == name and since <= one.at <= at for one in history.facts)


def _us(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def may_again(reentry: str, days: int, at: datetime, last: datetime | None) -> str:
    """Why somebody who came in last at `last` may not come in again; empty if they may."""
    if last is None or reentry == "always":
        return ""
    return "reentry" if reentry == "once" or at - last < timedelta(days=days) else ""
