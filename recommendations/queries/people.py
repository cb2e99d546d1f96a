"""What is known of the person asked for: identifiers, the personalization purpose, what they did."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import events.queries
import profiles.queries
from cdp.lib import bulk_sql
from cdp.lib.clock import from_us, to_us
from commerce.models import Order
from consent.contracts import PERSONALIZATION, NewRefusal, Subject
from consent.queries import allows
from events.contracts import StoredEvent
from recommendations.contracts import RecommendationRequest
from recommendations.estimators.interactions import Kind
from recommendations.ranking import Touch

KIND_OF: dict[str, Kind] = {
    "Product Viewed": Kind.VIEW,
    "Product Clicked": Kind.VIEW,
    "Product Added": Kind.ADD,
    "Product Added to Wishlist": Kind.ADD,
    "Wishlist Product Added to Cart": Kind.ADD,
}
ORDER_COMPLETED = "Order Completed"
LATEST_EVENTS = 200
LOOK_BACK = timedelta(days=180)
PURCHASES = """
SELECT l.product_id,
       sum(power(0.5, greatest(extract(epoch FROM asked.until - l.occurred_at)::float8 / half_life, 0)))
         FILTER (WHERE l.kind = 'goods'),
       max(l.occurred_at) FILTER (WHERE l.kind = 'goods'),
       sum(l.quantity) FILTER (WHERE o.status <> 'refunded') > 0
FROM (SELECT %s::float8 AS half_life, %s::timestamptz AS until) AS asked,
     commerce_order AS o JOIN commerce_orderline AS l ON l.order_id = o.id
WHERE o.identifier_id = ANY(%s::bigint[]) AND o.status = ANY(%s::text[]) AND l.product_id <> ''
GROUP BY 1 HAVING bool_or(l.kind = 'goods')
"""


@dataclass(frozen=True, slots=True)
class Past:
    """What counts of a person: recent touches without purchases, and purchases with decayed counts.

    `returned`: products bought of which nothing was kept. `refusal`: why a known person's past does not count.
    """

    touches: tuple[Touch, ...] = ()
    purchases: tuple[Touch, ...] = ()
    returned: frozenset[str] = frozenset()
    refusal: NewRefusal | None = None

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
    ids = profiles.queries.askable(profile_id=request.profile_id, identifier_ids=request.identifier_ids)
    if not ids:
        return NOBODY
    person = ids if request.profile_id is not None else profiles.queries.beside(ids)
    decision = allows(Subject(identifier_ids=tuple(person)), PERSONALIZATION, request.now)
    if not decision.allowed:
        refusal = NewRefusal(
            "recommendation", PERSONALIZATION, decision.reason, entry_id=decision.evidence, identifier_id=ids[0]
        )
        return Past(refusal=refusal)
    since = min(request.now, from_us(trained_until_us)) - LOOK_BACK if trained_until_us else request.now - LOOK_BACK
    if request.profile_id is None:
        return _from_events_only(ids, since)
    found = events.queries.events_of_identifiers(ids, names=KIND_OF, since=since, limit=LATEST_EVENTS)
    touches = tuple(touch for event in found for touch in _touches(event))
    return _with_purchases(touches, ids, trained_until_us or to_us(request.now), half_life_days)


def _from_events_only(ids: list[int], since: datetime) -> Past:
    names = [*KIND_OF, ORDER_COMPLETED]
    found = events.queries.events_of_identifiers(ids, names=names, since=since, limit=LATEST_EVENTS)
    touches = [touch for event in found for touch in _touches(event)]
    return Past(
        tuple(touch for touch in touches if touch.kind != Kind.PURCHASE),
        tuple(touch for touch in touches if touch.kind == Kind.PURCHASE),
    )


def _touches(event: StoredEvent) -> list[Touch]:
    at_us = to_us(event.occurred_at)
    if event.name == ORDER_COMPLETED:
        lines = event.properties.get("products")
        found = [_product_id(line) for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
        return [Touch(product_id, Kind.PURCHASE, at_us) for product_id in found if product_id]
    product_id = _product_id(event.properties)
    return [Touch(product_id, KIND_OF[event.name], at_us)] if product_id else []


def _product_id(properties: dict[str, Any]) -> str:
    value = properties.get("product_id")
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""


def _with_purchases(touches: tuple[Touch, ...], ids: list[int], until_us: int, half_life_days: float) -> Past:
    """With one touch a product ever bought, of the sum of its decayed purchases."""
    rows = bulk_sql.fetch(PURCHASES, [half_life_days * 86_400, from_us(until_us), ids, list(Order.BOUGHT)])
    purchases = tuple(Touch(product_id, Kind.PURCHASE, to_us(last_at), times) for product_id, times, last_at, _ in rows)
    return Past(touches, purchases, frozenset(product_id for product_id, *_, is_kept in rows if not is_kept))
