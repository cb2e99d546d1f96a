"""What is known of the person asked for: identifiers, the personalization purpose, what they did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

import events.queries
import profiles.queries
from cdp.lib import bulk_sql
from cdp.lib.clock import from_us, to_us
from cdp.lib.decision import Decision
from cdp.lib.values import read_number
from commerce.models import Order
from consent.contracts import PERSONALIZATION, NewRefusal, Subject
from consent.queries import allows, allows_each
from events.queries import ProductEvent
from recommendations.contracts import RecommendationRequest
from recommendations.estimators.interactions import Kind

KIND_OF: dict[str, Kind] = {
    "Product Viewed": Kind.VIEW,
    "Product Clicked": Kind.VIEW,
    "Product Added": Kind.ADD,
    "Product Added to Wishlist": Kind.ADD,
    "Wishlist Product Added to Cart": Kind.ADD,
}
ORDER_COMPLETED = "Order Completed"
REMOVED = "Product Removed"
NAMES = (*KIND_OF, REMOVED)
INTO_CART = frozenset(("Product Added", "Wishlist Product Added to Cart"))
LATEST_EVENTS = 200
LOOK_BACK = timedelta(days=180)
PURCHASES = """
SELECT l.product_id,
       sum(power(0.5, greatest(extract(epoch FROM asked.until - l.occurred_at)::float8 / half_life, 0)))
         FILTER (WHERE l.kind = 'goods'),
       (extract(epoch FROM max(l.occurred_at) FILTER (WHERE l.kind = 'goods')) * 1000000)::bigint,
       sum(l.quantity) FILTER (WHERE o.status <> 'refunded') > 0
FROM (SELECT %s::float8 AS half_life, %s::timestamptz AS until) AS asked,
     commerce_order AS o JOIN commerce_orderline AS l ON l.order_id = o.id
WHERE o.identifier_id = ANY(%s::bigint[]) AND o.status = ANY(%s::text[]) AND l.product_id <> ''
GROUP BY 1 HAVING bool_or(l.kind = 'goods')
"""
PURCHASES_OF_EACH = """
SELECT person.place, l.product_id,
       sum(power(0.5, greatest(extract(epoch FROM asked.until - l.occurred_at)::float8 / half_life, 0)))
         FILTER (WHERE l.kind = 'goods'),
       (extract(epoch FROM max(l.occurred_at) FILTER (WHERE l.kind = 'goods')) * 1000000)::bigint,
       sum(l.quantity) FILTER (WHERE o.status <> 'refunded') > 0
FROM (SELECT %s::float8 AS half_life, %s::timestamptz AS until) AS asked,
     unnest(%s::bigint[], %s::bigint[]) AS person(place, id)
     JOIN commerce_order AS o ON o.identifier_id = person.id JOIN commerce_orderline AS l ON l.order_id = o.id
WHERE o.status = ANY(%s::text[]) AND l.product_id <> ''
GROUP BY 1, 2 HAVING bool_or(l.kind = 'goods')
"""
_lines = msgspec.json.Decoder(Any, float_hook=read_number)


class Touch(NamedTuple):
    """Something done with a product. `times` counts repetitions, already decayed where the reader did so."""

    product_id: str
    kind: Kind
    at_us: int
    times: float | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What counts of a person: recent touches without purchases, and purchases with decayed counts.

    `cart`: products put into the cart and neither taken out nor ordered since, with when (µs). `returned`: products
    bought of which nothing was kept. `refusal`: why a known person's past does not count. `is_known`: somebody is,
    and may be treated by what they did.
    """

    touches: tuple[Touch, ...] = ()
    purchases: tuple[Touch, ...] = ()
    returned: frozenset[str] = frozenset()
    refusal: NewRefusal | None = None
    is_known: bool = False
    cart: Mapping[str, int] = field(default_factory=dict)

    @property
    def owned(self) -> frozenset[str]:
        """Products ever bought."""
        return frozenset(touch.product_id for touch in self.purchases)


NOBODY = Past()


def past_of(request: RecommendationRequest, trained_until_us: int, half_life_days: float) -> Past:
    """The person's past, or nobody's: unknown, shared by many, or not to be personalized.

    A refusal made anywhere holds on every device: the gate is asked about the whole person, also where only the events
    of one browser count.
    """
    ids, person = _identifiers(request)
    if not ids:
        return NOBODY
    if not request.is_allowed:
        decision = allows(Subject(identifier_ids=tuple(person)), PERSONALIZATION, request.now)
        if not decision.allowed:
            return _refusing(decision, ids)
    since = _since(request.now, trained_until_us)
    if request.profile_id is None:
        return _from_events_only(ids, since)
    found = events.queries.product_events(ids, NAMES, lines_of=ORDER_COMPLETED, since=since, limit=LATEST_EVENTS)
    until = from_us(trained_until_us or to_us(request.now))
    rows = bulk_sql.fetch_often(PURCHASES, [half_life_days * 86_400, until, ids, list(Order.BOUGHT)])
    return _with_purchases(found, rows)


def pasts_of(
    people: Sequence[Sequence[int]], now: datetime, trained_until_us: int, half_life_days: float
) -> list[Past]:
    """`past_of` for several whole people by their identifiers, in their order: one look at the gate, one at events
    and one at orders for all of them. Without identifiers somebody is nobody."""
    pasts = [NOBODY for _ in people]
    known = [place for place, ids in enumerate(people) if ids]
    subjects = [Subject(identifier_ids=tuple(people[place])) for place in known]
    asked = []
    for place, decision in zip(known, allows_each(subjects, PERSONALIZATION, now) if known else (), strict=True):
        if decision.allowed:
            asked.append(place)
        else:
            pasts[place] = _refusing(decision, people[place])
    allowed = [people[place] for place in asked]
    found = events.queries.product_events_of_each(
        allowed, NAMES, lines_of=ORDER_COMPLETED, since=_since(now, trained_until_us), limit=LATEST_EVENTS
    )
    bought = _purchases_of_each(allowed, trained_until_us or to_us(now), half_life_days)
    for place, done, rows in zip(asked, found, bought, strict=True):
        pasts[place] = _with_purchases(done, rows)
    return pasts


def _refusing(decision: Decision, ids: Sequence[int]) -> Past:
    refused = NewRefusal(
        "recommendation", PERSONALIZATION, decision.reason, entry_id=decision.evidence, identifier_id=ids[0]
    )
    return Past(refusal=refused)


def _since(now: datetime, trained_until_us: int) -> datetime:
    return (min(now, from_us(trained_until_us)) if trained_until_us else now) - LOOK_BACK


def _identifiers(request: RecommendationRequest) -> tuple[list[int], list[int]]:
    """Whose events count, and whom the gate is asked about; none at all for an identifier that is nobody's."""
    if request.person_ids is None:
        if request.profile_id is None:
            return profiles.queries.askable_beside(request.identifier_ids)
        ids = profiles.queries.askable(profile_id=request.profile_id)
        return ids, ids
    person = list(request.person_ids)
    return (person if request.profile_id is not None else list(request.identifier_ids) if person else []), person


def _from_events_only(ids: list[int], since: datetime) -> Past:
    names = (*NAMES, ORDER_COMPLETED)
    found = events.queries.product_events(ids, names, lines_of=ORDER_COMPLETED, since=since, limit=LATEST_EVENTS)
    touches = _touches(found)
    return Past(
        tuple(touch for touch in touches if touch.kind != Kind.PURCHASE),
        tuple(touch for touch in touches if touch.kind == Kind.PURCHASE),
        is_known=True,
        cart=_cart(found),
    )


def _touches(found: list[ProductEvent]) -> list[Touch]:
    touches = []
    for event in found:
        kind = KIND_OF.get(event.name)
        if event.name == ORDER_COMPLETED:
            touches += [Touch(product_id, Kind.PURCHASE, event.at_us) for product_id in _bought(event.lines)]
        elif event.product_id and kind is not None:
            touches.append(Touch(event.product_id, kind, event.at_us))
    return touches


def _cart(found: list[ProductEvent]) -> dict[str, int]:
    """What lies in the cart by events, newest first: an order empties it."""
    settled, cart = set[str](), dict[str, int]()
    for event in found:
        if event.name == ORDER_COMPLETED:
            break
        if event.name in INTO_CART and event.product_id not in settled:
            cart[event.product_id] = event.at_us
        if event.name in INTO_CART or event.name == REMOVED:
            settled.add(event.product_id)
    cart.pop("", None)
    return cart


def _bought(text: str | None) -> list[str]:
    """The product ids of an order's lines, as told by an event."""
    lines: object = _lines.decode(text) if text else []
    if not isinstance(lines, list):
        return []
    found = [_product_id(line.get("product_id")) for line in lines if isinstance(line, dict)]
    return [product_id for product_id in found if product_id]


def _product_id(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""


def _purchases_of_each(
    people: Sequence[Sequence[int]], until_us: int, half_life_days: float
) -> list[list[tuple[Any, ...]]]:
    found: list[list[tuple[Any, ...]]] = [[] for _ in people]
    known = [(place, pk) for place, ids in enumerate(people) for pk in ids]
    if known:
        places, ids = [place for place, _ in known], [pk for _, pk in known]
        asked = [half_life_days * 86_400, from_us(until_us), places, ids, list(Order.BOUGHT)]
        for place, *row in bulk_sql.fetch(PURCHASES_OF_EACH, asked):
            found[place].append(tuple(row))
    return found


def _with_purchases(done: list[ProductEvent], rows: Sequence[tuple[Any, ...]]) -> Past:
    """With one touch a product ever bought, of the sum of its decayed purchases."""
    purchases = tuple(Touch(product_id, Kind.PURCHASE, at_us, times) for product_id, times, at_us, *_ in rows)
    returned = frozenset(row[0] for row in rows if not row[3])
    ordered_at = max([touch.at_us for touch in purchases], default=0)
    cart = {product_id: at_us for product_id, at_us in _cart(done).items() if at_us > ordered_at}
    return Past(tuple(_touches(done)), purchases, returned, is_known=True, cart=cart)
