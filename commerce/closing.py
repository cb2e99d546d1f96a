"""Closing: which order closes which cart, and all carts of some people folded at once. Pure, free of arrival order.

An order closes the carts that carry its cart id or checkout id. Where its person has none such, it closes every open
cart of that person: those that hang on any identifier of the profile, guest and account alike. A cart touched from
the identifiers of several people is closed by the orders of each. An order told several times closes at its earliest
time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from commerce import amounts
from commerce.carts import CART_NAMES, Closing, fold_cart, fold_runs
from commerce.contracts import CartState, EventKey, Fact
from commerce.owning import owner_of

PLACED = "Order Completed"


@dataclass(slots=True)
class _Ordered:
    """One order of one person: its earliest event and every cart and checkout it names."""

    first: EventKey
    order_id: str | None
    cart_ids: set[str] = field(default_factory=set)
    checkout_ids: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Trails:
    """The events of all people, sorted into what each cart needs."""

    by_cart: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    loose: dict[int, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    orders: dict[UUID, dict[str, _Ordered]] = field(default_factory=lambda: defaultdict(dict))
    naming: dict[str, dict[str, EventKey]] = field(default_factory=lambda: defaultdict(dict))
    cart_ids: dict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))
    checkouts: dict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))


def fold_people(
    facts: Iterable[Fact],
    person_of: Mapping[int, UUID],
    kinds: Mapping[int, str],
    identifier_ids: Iterable[int],
    cart_ids: Iterable[str],
) -> dict[str, CartState]:
    """Every cart in `cart_ids` and every run of `identifier_ids`, by key.

    `facts` must hold all cart and order events of these carts, of these identifiers, and of every identifier of every
    person who touched one of these carts; `person_of` and `kinds` must know all of their identifiers.
    """
    trails = _sort(facts, person_of)
    folded = (_cart(cart_id, trails, person_of, kinds) for cart_id in set(cart_ids))
    states = [state for state in folded if state is not None]
    for identifier_id in set(identifier_ids):
        if events := trails.loose.get(identifier_id):
            states += fold_runs(identifier_id, events, _closings_of_runs(events, trails, person_of[identifier_id]))
    return {state.key: state for state in states}


def checkout_of(fact: Fact) -> str | None:
    """The checkout an event names."""
    return amounts.usable_id(fact.properties.get("checkout_id"))


def _sort(facts: Iterable[Fact], person_of: Mapping[int, UUID]) -> _Trails:
    trails = _Trails()
    for fact in {fact.id: fact for fact in facts}.values():
        person = person_of[fact.identifier_id]
        if fact.name == PLACED:
            _note_order(trails, fact, person)
        elif fact.name in CART_NAMES:
            _note_cart_event(trails, fact, person)
    return trails


def _note_cart_event(trails: _Trails, fact: Fact, person: UUID) -> None:
    if fact.cart_id is None:
        trails.loose[fact.identifier_id].append(fact)
    else:
        trails.by_cart[fact.cart_id].append(fact)
        trails.cart_ids[person].add(fact.cart_id)
    if checkout_id := checkout_of(fact):
        trails.checkouts[person].add(checkout_id)


def _note_order(trails: _Trails, fact: Fact, person: UUID) -> None:
    name = _order_name(fact)
    order = trails.orders[person].setdefault(name, _Ordered(fact.key, fact.order_id))
    order.first = min(order.first, fact.key)
    if fact.cart_id:
        order.cart_ids.add(fact.cart_id)
        named = trails.naming[fact.cart_id]
        named[name] = min(named.get(name, fact.key), fact.key)
    if checkout_id := checkout_of(fact):
        order.checkout_ids.add(checkout_id)


def _order_name(fact: Fact) -> str:
    """What makes two events the same order: the order id, else each event is one of its own."""
    return f"o:{fact.order_id}" if fact.order_id else f"m:{fact.hash.hex()}"


def _cart(cart_id: str, trails: _Trails, person_of: Mapping[int, UUID], kinds: Mapping[int, str]) -> CartState | None:
    events = trails.by_cart.get(cart_id)
    if not events:
        return None
    checkouts = {cart_id, *filter(None, map(checkout_of, events))}
    closings: dict[str, Closing] = {}
    for name, (at, message) in trails.naming.get(cart_id, {}).items():
        closings[name] = Closing(at, message, name[2:] if name.startswith("o:") else None, names_it=True)
    for person in {person_of[event.identifier_id] for event in events}:
        for name, order in trails.orders.get(person, {}).items():
            names_it = cart_id in order.cart_ids or bool(order.checkout_ids & checkouts)
            if names_it or not _names_a_cart(order, trails, person):
                _merge(closings, name, Closing(*order.first, order.order_id, names_it))
    return fold_cart(cart_id, events, closings.values(), owner_of(events, person_of, kinds))


def _closings_of_runs(events: Iterable[Fact], trails: _Trails, person: UUID) -> list[Closing]:
    checkouts = set(filter(None, map(checkout_of, events)))
    return [
        Closing(*order.first, order.order_id, names_it=False)
        for order in trails.orders.get(person, {}).values()
        if order.checkout_ids & checkouts or not _names_a_cart(order, trails, person)
    ]


def _names_a_cart(order: _Ordered, trails: _Trails, person: UUID) -> bool:
    """Whether its own person has a cart with one of the order's ids."""
    cart_ids = trails.cart_ids.get(person, set())
    return bool(
        order.cart_ids & cart_ids
        or order.checkout_ids & cart_ids
        or order.checkout_ids & trails.checkouts.get(person, set())
    )


def _merge(closings: dict[str, Closing], name: str, closing: Closing) -> None:
    known = closings.get(name)
    if known is None:
        closings[name] = closing
    else:
        at, message = min((known.at, known.hash), (closing.at, closing.hash))
        closings[name] = Closing(at, message, closing.order_id, known.names_it or closing.names_it)
