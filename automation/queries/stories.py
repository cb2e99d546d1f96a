"""What a journey's own story says of people before each of their steps, and of their mails at the hand-over.

The goal first, then what its trigger was about (the cart, the product, the order), then the exits. In batches: some
statements for each kind of question, however many people are asked about.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from automation.abandonment import story
from automation.graph import (
    BackInStock,
    BrowseAbandoned,
    CartAbandoned,
    Happening,
    OrderStage,
    PriceDrop,
    Trigger,
)
from automation.models import Enrollment
from automation.queries.happened import Asked, happened
from automation.queries.journeys import rules_of
from automation.queries.ruling import holding
from automation.queries.situations import CartAsked, situations
from automation.queries.ways import Way
from commerce import queries as commerce
from mailing.contracts import END, GO, Said

ON = Said(GO)
ADDED, ORDERED = Happening("Product Added"), Happening("Order Completed")
CALLED_OFF = frozenset({"cancelled", "refunded"})
Teller = Callable[[Sequence[Way], datetime], list[Said]]


def stories(ways: Sequence[Way], now: datetime) -> list[Said]:
    """Whether each goes on, waits or ends, in their order."""
    said: list[Said] = [ON] * len(ways)
    for ask in (_goals, _twins, _triggers, _events, _rules):
        left = [n for n, one in enumerate(said) if one.action == GO]
        answers = ask([ways[n] for n in left], now)
        for n, answer in zip(left, answers, strict=True):
            said[n] = answer if answer is not ON else said[n]
    return said


def note_goals(ways: Sequence[Way], now: datetime) -> None:
    """Notes on the row of each that reached its goal when it did."""
    _goals(ways, now)


def _goals(ways: Sequence[Way], now: datetime) -> list[Said]:
    asked = {
        n: Asked(
            way.person.identifier_ids,
            way.graph.goal.what,
            way.row.armed_at,
            (way.row.entered_at or now) + way.graph.goal.within,
        )
        for n, way in enumerate(ways)
        if way.graph.goal is not None and way.row.entered_at is not None
    }
    found = dict(zip(asked, happened(list(asked.values()), now), strict=True))
    for n, at in found.items():
        ways[n].row.goal_at = ways[n].row.goal_at or at
    return [Said(END, "goal_reached") if found.get(n) else ON for n in range(len(ways))]


def _twins(ways: Sequence[Way], now: datetime) -> list[Said]:
    """Two who were in it at once and turned out to be one go on by the way that began first. Carts have an order of
    their own."""
    asked = [way for way in ways if not way.row.cart_key and len(way.person.identifiers) > 1]
    if not asked:
        return [ON] * len(ways)
    others = Enrollment.objects.filter(
        journey_id__in={way.row.journey_id for way in asked},
        identifier_id__in={pk for way in asked for pk in way.person.identifier_ids},
        state__in=Enrollment.OPEN,
        cart_key="",
    )
    first: dict[tuple[int, int], int] = {}
    for pk, journey_id, identifier_id in others.values_list("pk", "journey_id", "identifier_id"):
        first[journey_id, identifier_id] = min(pk, first.get((journey_id, identifier_id), pk))
    later = {
        way.row.pk
        for way in asked
        if not way.person.is_shared
        and any(first.get((way.row.journey_id, one), way.row.pk) < way.row.pk for one in way.person.identifier_ids)
    }
    return [Said(END, "merged") if way.row.pk in later else ON for way in ways]


def _triggers(ways: Sequence[Way], now: datetime) -> list[Said]:
    said = [ON] * len(ways)
    for kind, tell in TELLERS.items():
        asked = [n for n, way in enumerate(ways) if type(way.graph.trigger) is kind]
        for n, answer in zip(asked, tell([ways[n] for n in asked], now) if asked else (), strict=True):
            said[n] = answer
    return said


def _events(ways: Sequence[Way], now: datetime) -> list[Said]:
    asked = [
        (n, Asked(way.person.identifier_ids, leaving.what, way.row.armed_at, now))
        for n, way in enumerate(ways)
        if way.row.state != Enrollment.State.ARMED
        for leaving in way.graph.exits
        if leaving.what is not None
    ]
    found = happened([one for _, one in asked], now)
    gone = {n for (n, _), at in zip(asked, found, strict=True) if at is not None}
    return [Said(END, "exit_event") if n in gone else ON for n in range(len(ways))]


def _rules(ways: Sequence[Way], now: datetime) -> list[Said]:
    rules = [leaving.rule for way in ways for leaving in way.graph.exits if leaving.rule is not None]
    if not rules:
        return [ON] * len(ways)
    holds = holding(rules, {way.person.profile_id for way in ways if way.person.profile_id}, now)
    return [
        Said(END, "exit_rule")
        if any(one.rule is not None and way.person.profile_id in holds[one.rule] for one in way.graph.exits)
        else ON
        for way in ways
    ]


def _carts(ways: Sequence[Way], now: datetime) -> list[Said]:
    found = situations(
        [CartAsked(way.cart, way.row.armed_at, way.person.identifier_ids, way.mailed_at is not None) for way in ways]
    )
    answers = []
    for way, one in zip(ways, found, strict=True):
        assert isinstance(way.graph.trigger, CartAbandoned)
        said = story(one.story, rules=rules_of(way.graph.trigger), now=now)
        answers.append(Said(END, "shared_profile") if said.action == GO and way.person.is_shared else said)
    return answers


def _browsing(ways: Sequence[Way], now: datetime) -> list[Said]:
    """Whoever put something into a cart or ordered since is the cart journey's, or content."""
    asked = [Asked(way.person.identifier_ids, what, way.row.armed_at, now) for what in (ADDED, ORDERED) for way in ways]
    found = happened(asked, now)
    added, ordered = found[: len(ways)], found[len(ways) :]
    return [
        Said(END, "ordered_since" if ordered[n] else "cart_used")
        if ordered[n] or added[n]
        else _of_age(way, way.graph.trigger, now)
        for n, way in enumerate(ways)
    ]


def _of_age(way: Way, trigger: Trigger, now: datetime) -> Said:
    assert isinstance(trigger, BrowseAbandoned)
    is_old = now - way.row.armed_at > trigger.max_age + timedelta(days=1)
    return Said(END, "too_old") if is_old and way.mailed_at is None else ON


def _products(ways: Sequence[Way], now: datetime) -> list[Said]:
    """Stock and price still true, and not bought since."""
    ids = {str(way.facts.get("product_id", "")) for way in ways} - {""}
    known = commerce.products(ids) | commerce.believed_products(ids)
    orders = commerce.orders_with_lines({pk for way in ways for pk in way.person.identifier_ids})
    bought = {
        (order.identifier_id, line.product_id, order.placed_at)
        for order in orders
        if order.placed_at is not None
        for line in order.lines
    }
    answers = []
    for way in ways:
        product_id = str(way.facts.get("product_id", ""))
        product = known.get(product_id)
        theirs = [at for who, what, at in bought if who in way.person.identifier_ids and what == product_id]
        if any(at > way.row.armed_at for at in theirs):
            answers.append(Said(END, "ordered_since"))
        elif product is None or not product.is_offerable:
            answers.append(Said(END, "out_of_stock"))
        elif isinstance(way.graph.trigger, PriceDrop) and _is_dearer(product.price, way.facts.get("new")):
            answers.append(Said(END, "price_changed"))
        else:
            answers.append(ON)
    return answers


def _is_dearer(price: Decimal | None, told: object) -> bool:
    try:
        return price is None or (told is not None and price > Decimal(str(told)))
    except InvalidOperation:
        return False


def _orders(ways: Sequence[Way], now: datetime) -> list[Said]:
    """An order that was called off is thanked and asked about no more."""
    orders = commerce.orders_of({pk for way in ways for pk in way.person.identifier_ids})
    status = {order.order_id: order.status for order in orders}
    return [
        Said(END, "order_cancelled")
        if isinstance(way.graph.trigger, OrderStage)
        and way.graph.trigger.stage not in CALLED_OFF
        and status.get(str(way.facts.get("order_id", ""))) in CALLED_OFF
        else ON
        for way in ways
    ]


TELLERS: dict[type[Trigger], Teller] = {
    CartAbandoned: _carts,
    BrowseAbandoned: _browsing,
    BackInStock: _products,
    PriceDrop: _products,
    OrderStage: _orders,
}
