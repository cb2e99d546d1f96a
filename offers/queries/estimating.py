"""What terms would have cost: the newest orders of a month, evaluated as carts under them alone.

It says what would have been given for what people bought anyway. What the offer would have made them buy beyond that
nobody knows before an experiment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Min

from commerce.contracts import OrderWithLines, ProductFacts
from commerce.models import Order
from commerce.queries.orders import orders_with_lines_by_ids
from commerce.queries.products import products
from offers.contracts import Cart, CartLine, GiftProduct, PersonStanding
from offers.promotions import Asked, LiveOffer, compile_offer, evaluate_cart
from offers.terms import Conditions, Schedule, Terms
from profiles.queries import profiles_of_identifiers
from segments.models import Membership

DAYS = 30
MOST_ORDERS = 500
GOODS = "goods"


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """`orders` were placed in the time, `looked_at` of them were evaluated, `given` of those would have got it, for
    `saving` in `currency`. `left_out`: what the orders do not tell, in words."""

    orders: int
    looked_at: int
    given: int
    saving: Decimal
    currency: str
    left_out: tuple[str, ...] = ()

    @property
    def each(self) -> Decimal:
        """What one of those would have cost."""
        return self.saving / self.given if self.given else Decimal(0)

    @property
    def scaled(self) -> Decimal:
        """The saving of all orders of the time, if the others are like those looked at."""
        return self.saving * self.orders / self.looked_at if self.looked_at else Decimal(0)


def estimate_cost(terms: Terms, slug: str, now: datetime) -> CostEstimate:
    """What these terms would have cost in the last 30 days. `slug`: of the segment it is for, empty for everybody."""
    placed = Order.objects.filter(placed_at__gt=now - timedelta(days=DAYS), placed_at__lte=now, status__in=Order.BOUGHT)
    placed = placed.filter(currency=terms.currency) if terms.currency else placed
    ids = list(placed.order_by("-placed_at").values_list("order_id", flat=True)[:MOST_ORDERS])
    found = orders_with_lines_by_ids(ids)
    currency = terms.currency or (found[0].currency if found else "")
    found = [order for order in found if order.currency == currency]
    left_out = _left_out(terms)
    known = products({line.product_id for order in found for line in order.lines})
    gifts = _gifts(terms, known, currency)
    people = [order.identifier_id for order in found]
    members, firsts = _members(slug, people), _firsts(people)
    offer = compile_offer(
        LiveOffer(id=0, key="estimate", name="", version=0, version_id=0, terms=_timeless(terms), slug=slug)
    )
    shipping = dict(Order.objects.filter(order_id__in=ids).values_list("order_id", "shipping"))
    given, saving = 0, Decimal(0)
    for order in found:
        is_first = firsts.get(order.identifier_id) == order.placed_at
        cart = _cart(order, known, shipping.get(order.order_id), is_first=is_first)
        standing = PersonStanding(slugs=frozenset((slug,)) if slug and order.identifier_id in members else frozenset())
        asked = Asked(cart, now, standing, zone=settings.COMPANY_TIME_ZONE, gifts=gifts)
        best = evaluate_cart([offer], asked).best
        if best.applied:
            given += 1
            saving += best.saving
    return CostEstimate(placed.count(), len(found), given, saving, currency, left_out)


def _timeless(terms: Terms) -> Terms:
    """As if it held all the time, without a code, anywhere and within any budget."""
    conditions: Conditions = replace(terms.conditions, channels=frozenset(), countries=frozenset())
    return replace(
        terms, conditions=conditions, schedule=Schedule(), needs_code=False, budget_money=None, cap_per_person=None,
        cool_off_hours=None,
    )  # fmt: skip


def _left_out(terms: Terms) -> tuple[str, ...]:
    held = {
        "the code": terms.needs_code,
        "the channel": bool(terms.conditions.channels),
        "the country": bool(terms.conditions.countries),
        "the dates": terms.schedule != Schedule(),
        "how often a person may have it": terms.cap_per_person is not None or terms.cool_off_hours is not None,
        "shipping costs of orders that do not tell them": terms.kind == "free_shipping",
    }
    return tuple(words for words, is_held in held.items() if is_held)


def _cart(
    order: OrderWithLines, known: Mapping[str, ProductFacts], shipping: Decimal | None, *, is_first: bool
) -> Cart:
    lines = [_line(line.product_id, line.quantity, line.price, known) for line in order.lines if line.kind == GOODS]
    return Cart(currency=order.currency, lines=tuple(lines), first_order=is_first, shipping=shipping)


def _line(product_id: str, quantity: Decimal, price: Decimal, known: Mapping[str, ProductFacts]) -> CartLine:
    facts = known.get(product_id)
    if facts is None:
        return CartLine(product_id=product_id, quantity=quantity, price=price)
    path = tuple(facts.categories) or ((facts.category,) if facts.category else ())
    return CartLine(
        product_id=product_id,
        quantity=quantity,
        price=price,
        list_price=facts.list_price,
        categories=path,
        brand=facts.brand,
        cost=facts.cost,
    )


def _gifts(terms: Terms, known: Mapping[str, ProductFacts], currency: str) -> dict[str, GiftProduct]:
    if terms.gift is None:
        return {}
    facts = known.get(terms.gift.product_id) or products([terms.gift.product_id]).get(terms.gift.product_id)
    if facts is None:
        return {}
    price = facts.price if facts.currency == currency else None
    return {facts.product_id: GiftProduct(name=facts.name, price=price, cost=facts.cost, is_offerable=True)}


def _members(slug: str, identifier_ids: Sequence[int]) -> frozenset[int]:
    if not slug:
        return frozenset()
    people = profiles_of_identifiers(set(identifier_ids))
    found = Membership.objects.filter(segment__slug=slug, profile_id__in=set(people.values()), left_at=None)
    inside = set(found.values_list("profile_id", flat=True))
    return frozenset(pk for pk, profile_id in people.items() if profile_id in inside)


def _firsts(identifier_ids: Sequence[int]) -> dict[int, datetime]:
    rows = Order.objects.filter(identifier_id__in=set(identifier_ids), placed_at__isnull=False)
    found = rows.values("identifier_id").annotate(first=Min("placed_at"))
    return {pk: first for pk, first in found.values_list("identifier_id", "first") if pk is not None}
