"""Consumer of events.stored, order.changed and recommendation.told (feedback that came after its order): events that
name an answer are feedback, orders are credited.

Idempotent: feedback is written once by its key, and an order's credits are held against those it had. One worker at a
time writes credits, so that two foldings of one order never meet.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from cdp.lib.clock import utc_now
from cdp.outbox.contracts import TopicMessage
from commerce import amounts
from recommendations.crediting import CREDITED, NEWLY_FOR, Credit, Named, Order, Source, credits_of
from recommendations.feedback import ADD, CLICK, IMPRESSION, Told
from recommendations.ids import AnswerId, BadIdError
from recommendations.queries import crediting
from recommendations.queries.answer_ids import read_id
from recommendations.queries.crediting import ADDED, CLICKED, VIEWED, Telling
from recommendations.queries.keeping import keepable
from recommendations.services import crediting_writes
from recommendations.services.counting import record

KIND_OF = {VIEWED: IMPRESSION, CLICKED: CLICK, ADDED: ADD}
ORDERS = ("order.changed", "recommendation.told")
MOST_PRODUCTS = 50  # of an answer


def consume_changes(messages: Sequence[TopicMessage]) -> None:
    """Take feedback from stored events, then credit orders, in the transaction of the deliveries."""
    now = utc_now()
    ranges = [
        (int(one.payload["first_id"]), int(one.payload["last_id"])) for one in messages if one.topic == "events.stored"
    ]
    order_ids = {str(each) for one in messages if one.topic in ORDERS for each in one.payload["order_ids"]}
    if ranges and (told := _told(crediting.tellings(ranges), now)):
        record(told)
        order_ids |= ordered_before_told(told, now)
    if order_ids:
        credit(order_ids, now)


def credit(order_ids: Collection[str], now: datetime) -> int:
    """Bring the credits of these orders up to date; how many products are credited now. In a transaction."""
    before = crediting.credits_before(order_ids)
    orders = crediting.orders(order_ids, now - NEWLY_FOR, {one.order_id for one in before})
    placed = [one for one in orders if one.status in CREDITED and one.placed_at is not None]
    kin = keepable({one.identifier_id for one in placed if one.identifier_id}, now)
    after = _credits(placed, before, kin, now) if placed else []
    buyers = {one.order_id: one.identifier_id for one in placed if one.identifier_id and one.identifier_id in kin}
    crediting_writes.write(before, after, buyers)
    return len(after)


def _credits(
    placed: Sequence[Order], before: Sequence[Credit], kin: Mapping[int, tuple[int, ...]], now: datetime
) -> list[Credit]:
    days = settings.RECOMMENDATION_CREDIT_DAYS
    was: dict[str, dict[str, Source]] = {}
    for one in before:
        was.setdefault(one.order_id, {})[one.product_id] = one.source
    within = crediting.window(placed, days)
    found = crediting.touches({pk for ids in kin.values() for pk in ids}, *within) if within and kin else []
    named = _named(placed, kin)
    if not (was or found or named):
        return []
    variants = crediting.variants({product for one in placed for product in one.goods if product})
    return [
        each
        for one in placed
        for each in credits_of(
            one,
            _shown(one, named.get(one.order_id, []), variants),
            was.get(one.order_id, {}),
            [touch for touch in found if touch.identifier_id in kin.get(one.identifier_id or 0, ())],
            variants=variants,
            days=days,
            now=now,
        )
    ]


def _named(placed: Sequence[Order], kin: Mapping[int, tuple[int, ...]]) -> dict[str, list[tuple[str, AnswerId]]]:
    """By order: genuine answers that its events name, for a product ("" = for the order), the most believed last.

    Of browsers only the buyer's own are heard: numbers of orders are guessed, and a public key may send any.
    """
    by_id = {one.order_id: one for one in placed}
    found: dict[str, list[tuple[str, AnswerId]]] = {}
    for order_id, teller, properties in crediting.named_by_orders(by_id):
        buyer = by_id[order_id].identifier_id
        if teller is not None and teller != buyer and teller not in kin.get(buyer or 0, ()):
            continue
        placed_at = by_id[order_id].placed_at or utc_now()
        entries = [(amounts.product_id(entry), entry) for entry in amounts.products(properties) or ()]
        for product_id, entry in [("", properties), *entries]:
            answer = _genuine(entry.get("recommendation_id"), placed_at)
            if answer is not None and product_id is not None:
                found.setdefault(order_id, []).append((product_id, answer))
    return found


def _shown(order: Order, named: Sequence[tuple[str, AnswerId]], variants: Mapping[str, Collection[str]]) -> Named:
    """What of it is believed: an answer speaks for products it showed."""
    lines: dict[str, Source] = {}
    whole: dict[str, Source] = {}
    for product_id, answer in named:
        into = lines if product_id else whole
        for one in [product_id] if product_id else order.goods:
            if one and _showed(answer, one, variants):
                into[one] = _source(answer)
    return Named(lines, whole)


def _showed(answer: AnswerId, product_id: str, variants: Mapping[str, Collection[str]]) -> bool:
    return any(answer.showed(one) for one in variants.get(product_id, (product_id,)))


def _told(found: Sequence[Telling], now: datetime) -> list[Told]:
    """What these events tell of genuine answers and products they showed; all else is somebody else's ids."""
    kept = keepable({one.identifier_id for one in found}, now) if found else {}
    added = {product for one in found if one.name == ADDED if (product := amounts.product_id(one.properties))}
    variants = crediting.variants(added)
    told = []
    for one in found:
        answer = _genuine(one.properties.get("recommendation_id"), now)
        if answer is None:
            continue
        at = min(max(one.at, answer.served_at), now)
        is_kept = one.identifier_id in kept
        for product_id in _products(one, answer, variants):
            who = one.identifier_id if is_kept else None
            told.append(Told(answer, KIND_OF[one.name], product_id, at, who, is_kept))
    return told


def _products(one: Telling, answer: AnswerId, variants: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Products of it that the answer showed; into the cart also goes a variant of one."""
    if one.name != VIEWED:
        entries: Sequence[dict[str, Any]] = [one.properties]
    else:
        entries = (amounts.products(one.properties) or [])[:MOST_PRODUCTS]
        if not entries and not answer.tags:
            yield ""
    for entry in entries:
        product_id = amounts.product_id(entry)
        if product_id and _showed(answer, product_id, variants if one.name == ADDED else {}):
            yield product_id


def ordered_before_told(told: Sequence[Told], now: datetime) -> set[str]:
    """Orders that may have been credited before these clicks and additions came in, though they happened earlier."""
    touched = {(one.identifier_id, one.at) for one in told if one.kind in (CLICK, ADD) and one.identifier_id}
    kin = keepable({who for who, _ in touched}, now) if touched else {}
    reached = {(pk, at) for who, at in touched for pk in kin.get(who, ())}
    return crediting.ordered_after(reached, settings.RECOMMENDATION_CREDIT_DAYS)


def _genuine(text: object, at: datetime) -> AnswerId | None:
    """What an id of ours says; None for others, and for one that was too old at that time."""
    try:
        return read_id(text, at) if text is not None else None
    except BadIdError:
        return None


def _source(answer: AnswerId) -> Source:
    return Source(answer.nonce, answer.placement, answer.variant, answer.model_run, answer.served_at)
