"""Refolding: from what a batch touched to the carts and orders that change, set at a time.

A cart depends on its own events and on the orders of everyone who touched it; so an event of a person refolds every
cart that person touched. What is written is locked first and read after: of two refolds of one cart the later sees
everything.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from cdp.lib.clock import utc_now
from cdp.outbox.contracts import LIVE, TopicMessage
from cdp.outbox.services import publish
from commerce.carts import CART_NAMES
from commerce.closing import PLACED, fold_people
from commerce.contracts import CartState, Fact, OrderState, Person
from commerce.orders import ORDER_NAMES, fold_order
from commerce.services import isolating, reading, writing
from commerce.services.learning import learn_products
from commerce.services.locking import lock_carts_and_orders, lock_identifiers
from commerce.services.stocking import hear_stock
from profiles import queries as profiles

CHUNK = 500  # keys a published topic
MOST_GROWTHS = 5
CAREFUL_AFTER = 1  # failures of a batch on its own, after those in company


def consume_events_stored(messages: Sequence[TopicMessage]) -> str | None:
    """Bring carts, orders and products up to date with these stored batches. Idempotent.

    Runs inside the caller's transaction; publishes cart.changed and order.changed for what really changed. A batch that
    failed before is worked in parts, leaving out what fails even alone; returns what that is.
    """
    now, lane = utc_now(), messages[0].lane if messages else LIVE
    facts = reading.facts_of(messages)
    trails = [fact for fact in facts if fact.name in CART_NAMES or fact.name == PLACED]
    nobody = profiles.nobodies({fact.identifier_id for fact in trails}) if trails else set()
    trails = [fact for fact in trails if fact.identifier_id not in nobody]  # nobody has no cart
    order_ids = {fact.order_id for fact in facts if fact.order_id and fact.name in ORDER_NAMES}
    if len(messages) == 1 and messages[0].attempts >= CAREFUL_AFTER:
        return isolating.work_apart(isolating.parts_of(trails, order_ids, facts), _work, now, lane) or None
    refold(
        identifier_ids={fact.identifier_id for fact in trails},
        cart_ids={fact.cart_id for fact in trails if fact.cart_id},
        order_ids=order_ids,
        now=now,
        lane=lane,
    )
    learn_products(facts, now=now)
    hear_stock(facts, now=now)
    return None


def _work(parts: Sequence[isolating.Part], now: datetime, lane: int) -> None:
    refold(
        identifier_ids={identifier for part in parts for identifier in part.identifier_ids},
        cart_ids={cart_id for part in parts for cart_id in part.cart_ids},
        order_ids={order_id for part in parts for order_id in part.order_ids},
        now=now,
        lane=lane,
    )
    told = [fact for part in parts for fact in part.told]
    learn_products(told, now=now)
    hear_stock(told, now=now)


def consume_identity_changed(messages: Sequence[TopicMessage]) -> None:
    """Bring carts up to date with merges and splits: an order closes the carts of its present person. Idempotent."""
    moved = {int(identifier) for message in messages for identifier in message.payload["identifier_ids"]}
    pieces = {UUID(piece) for message in messages for piece in message.payload.get("profiles", ())}
    stayed = reading.identifiers_of(pieces)  # an order that left with a split closes no cart of theirs any more
    refold(identifier_ids=moved | stayed, now=utc_now(), lane=messages[0].lane if messages else LIVE)


def consume_events_removed(messages: Sequence[TopicMessage]) -> None:
    """Bring carts and orders up to date with events that left the log for good. Idempotent."""
    payloads = [message.payload for message in messages]
    refold(
        identifier_ids={int(one) for payload in payloads for one in payload.get("identifier_ids", ())},
        cart_ids={str(one) for payload in payloads for one in payload.get("cart_ids", ())},
        order_ids={str(one) for payload in payloads for one in payload.get("order_ids", ())},
        now=utc_now(),
        lane=messages[0].lane if messages else LIVE,
    )


def refold(
    *,
    identifier_ids: Collection[int] = (),
    cart_ids: Collection[str] = (),
    order_ids: Collection[str] = (),
    now: datetime,
    lane: int = LIVE,
) -> None:
    """Fold anew, in the caller's transaction, the carts of these identifiers' owners, these carts and these orders."""
    people = _lock_people(identifier_ids)
    own = reading.facts_of_identifiers(people, CART_NAMES)
    wanted = {fact.cart_id for fact in own.facts if fact.cart_id} | set(cart_ids)
    lock_carts_and_orders(wanted, order_ids)
    if people or wanted:
        states = _fold_carts(people, own.facts, wanted)
        changed = writing.write_carts(states, {who: own.since.get(who) for who in people}, wanted, now)
        _tell("cart.changed", "keys", changed, lane)
    if order_ids:
        changed = writing.write_orders(_fold_orders(order_ids), order_ids, now)
        _tell("order.changed", "order_ids", changed, lane)


def _lock_people(identifier_ids: Collection[int]) -> dict[int, Person]:
    """Lock every identifier of every owner; looked up again under the lock, since a merge may have just committed."""
    people = reading.people_of(identifier_ids)
    locked: set[int] = set()
    for _ in range(MOST_GROWTHS):
        if not people.keys() - locked:
            break
        lock_identifiers(people.keys() - locked)
        locked |= people.keys()
        people = reading.people_of(identifier_ids)
    return people


def _fold_carts(people: dict[int, Person], own: list[Fact], cart_ids: set[str]) -> dict[str, CartState]:
    shared = reading.facts_of_carts(cart_ids).facts
    others = reading.people_of({fact.identifier_id for fact in shared} - people.keys())
    foreign = reading.facts_of_identifiers(others, CART_NAMES).facts
    everyone = people | others
    carting = {everyone[fact.identifier_id].profile_id for fact in (*own, *shared, *foreign)}
    buyers = [identifier for identifier, person in everyone.items() if person.profile_id in carting]
    orders = reading.facts_of_identifiers(buyers, {PLACED}).facts
    person_of = {identifier: person.profile_id for identifier, person in everyone.items()}
    kinds = {identifier: person.kind for identifier, person in everyone.items()}
    return fold_people((*own, *shared, *foreign, *orders), person_of, kinds, people, cart_ids)


def _fold_orders(order_ids: Collection[str]) -> list[tuple[OrderState, bool]]:
    """Each order with whether it is a guest's: placed without a user id."""
    by_order: dict[str, list[Fact]] = {}
    for fact in reading.facts_of_orders(order_ids):
        if fact.order_id:
            by_order.setdefault(fact.order_id, []).append(fact)
    folded = (fold_order(order_id, facts) for order_id, facts in by_order.items())
    states = [state for state in folded if state is not None]
    people = reading.people_of({state.identifier_id for state in states})
    return [(state, state.claims_guest or people[state.identifier_id].kind != "user_id") for state in states]


def _tell(topic: str, name: str, keys: Iterable[str], lane: int) -> None:
    ordered = sorted(keys)
    for start in range(0, len(ordered), CHUNK):
        publish(topic, {name: ordered[start : start + CHUNK]}, lane=lane)
