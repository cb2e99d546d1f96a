"""Promotions of carts as offers are now: persons looked up after the consent gate, lines filled from the catalog.

For many carts at once the catalog and the codes are asked once. Nobody (unknown, shared by many, refusing
personalization) is judged by the cart alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from cdp.lib import bulk_sql
from commerce.models import Order
from offers.coding import normal
from offers.contracts import Cart, Evaluation, PersonStanding, TypedCode, Use
from offers.promotions import Asked, evaluate_cart, may_have
from offers.queries.goods import facts_of, gift_products, with_facts
from offers.queries.held import Held, without_own_budgets, without_own_codes, without_own_uses
from offers.queries.in_force import OffersInForce, offers_in_force
from segments.queries.standing import Known, standing

CODES = """
SELECT c.code, o.key, o.state, c.identifier_id, c.is_void OR NOT p.is_active, least(c.expires_at, p.expires_at),
  c.uses, c.most_uses
FROM offers_code AS c JOIN offers_codepool AS p ON p.id = c.pool_id JOIN offers_offer AS o ON o.id = c.offer_id
WHERE c.code = ANY(%s::text[])
"""
USES = """
SELECT offer_id, sum(used)::int, max(last_at) FROM offers_personuse
WHERE offer_id = ANY(%s::bigint[]) AND identifier_id = ANY(%s::bigint[]) AND used > 0 GROUP BY offer_id
"""
ORDERED = """
SELECT 1 FROM commerce_order
WHERE identifier_id = ANY(%s::bigint[]) AND placed_at IS NOT NULL AND status = ANY(%s::text[]) LIMIT 1
"""
NOBODY = PersonStanding()


@dataclass(frozen=True, slots=True)
class Question:
    """One cart, whose, and the codes as they were typed. Not `is_trusted`: a customer's own device told
    the prices, and is not told of offers it does not get. `held`: what this checkout has reserved already."""

    cart: Cart
    person: PersonStanding = NOBODY
    codes: tuple[str, ...] = ()
    is_trusted: bool = True
    held: tuple[Held, ...] = ()


def evaluate(
    cart: Cart,
    person: PersonStanding,
    codes: Sequence[str],
    now: datetime,
    *,
    only: Collection[str] | None = None,
    is_trusted: bool = True,
) -> Evaluation:
    """The promotions of one cart. `only`: as if there were these offers alone."""
    return evaluate_each([Question(cart, person, tuple(codes), is_trusted)], now, only=only)[0]


def evaluate_each(
    questions: Sequence[Question], now: datetime, *, only: Collection[str] | None = None
) -> list[Evaluation]:
    """The promotions of several carts, in their order."""
    offers = offers_in_force(now)
    if only is not None:
        offers = offers.only(only)
    wanted = set(offers.gifts)
    if offers.asks_catalog:
        wanted |= {line.product_id for one in questions for line in one.cart.lines}
    facts = facts_of(wanted) if wanted else {}
    codes = _typed(questions, offers, now)
    found = []
    for one, typed in zip(questions, codes, strict=True):
        cart = with_facts(one.cart, facts, is_trusted=one.is_trusted) if facts else one.cart
        gifts = gift_products(offers.gifts, facts, cart.currency) if offers.gifts else {}
        asked = Asked(cart, now, one.person, typed, settings.COMPANY_TIME_ZONE, gifts, one.is_trusted)
        found.append(evaluate_cart(without_own_budgets(offers.offers, one.held), asked))
    return found


def standing_of(
    known: Known,
    now: datetime,
    held: Collection[Held] = (),
    *,
    only: Collection[str] | None = None,
    slugs: frozenset[str] | None = None,
) -> PersonStanding:
    """What the offers in force ask of somebody, in up to five statements; none for what no offer asks. `held`: what
    this checkout has reserved, which does not count; `only`: of these offers; `slugs`: the segments of theirs that
    somebody is in, where it was looked up already."""
    offers = offers_in_force(now)
    if only is not None:
        offers = offers.only(only)
    if slugs is None:
        slugs = standing(known, offers.slugs, now) if offers.slugs else frozenset()
    slugs &= offers.slugs
    if known.is_nobody:
        return PersonStanding(slugs=slugs) if slugs else NOBODY
    ids = list(known.identifier_ids)
    return PersonStanding(
        slugs=slugs,
        has_ordered=offers.asks_orders and bool(bulk_sql.fetch_often(ORDERED, [ids, list(Order.BOUGHT)])),
        uses=without_own_uses(_uses(offers, ids), held, ids),
        identifier_ids=known.identifier_ids,
    )


def refusals(keys: Collection[str], cart: Cart, person: PersonStanding, now: datetime) -> Mapping[str, str]:
    """Why somebody may not have these offers now, whatever goods are in the cart; empty texts where they may.

    For places that show an offer before anything is in a cart; an offer that takes a code may be shown.
    """
    offers = offers_in_force(now)
    asked = Asked(cart, now, person, zone=settings.COMPANY_TIME_ZONE)
    found = {}
    for key in keys:
        offer = offers.by_key.get(key)
        if offer is None:
            found[key] = "offer_over" if key in offers.over else "offer_not_live"
        else:
            found[key] = may_have(offer, asked)
    return found


def most_valuable(keys: Collection[str], cart: Cart, person: PersonStanding, now: datetime) -> str | None:
    """Of these offers the one that saves this cart the most by itself, then by priority and key; None: none may be
    had. In an empty cart the first by priority."""
    open_ = [key for key, reason in refusals(keys, cart, person, now).items() if not reason]
    if not open_:
        return None
    offers = offers_in_force(now)
    saving: dict[str, Decimal] = {}
    if cart.lines:
        found = evaluate(cart, person, (), now, only=open_)
        saving = {one.offer: one.alone.saving for one in found.eligible}
    return min(open_, key=lambda key: (-saving.get(key, Decimal(-1)), offers.by_key[key].rank))


def _uses(offers: OffersInForce, ids: list[int]) -> dict[int, Use]:
    rows = bulk_sql.fetch_often(USES, [list(offers.uses), ids]) if offers.uses else []
    return {offer_id: Use(times, last_at) for offer_id, times, last_at in rows}


def _typed(questions: Sequence[Question], offers: OffersInForce, now: datetime) -> list[tuple[TypedCode, ...]]:
    """The codes of each question with what is known of them, in one statement."""
    written = {normal(code) for one in questions for code in one.codes}
    if not written:
        return [()] * len(questions)
    rows = {row[0]: row[1:] for row in bulk_sql.fetch_often(CODES, [sorted(written)])}
    return [tuple(_typed_code(code, rows, one, offers, now) for code in one.codes) for one in questions]


def _typed_code(
    written: str,
    rows: Mapping[str, tuple[str, str, int | None, bool, datetime | None, int, int | None]],
    question: Question,
    offers: OffersInForce,
    now: datetime,
) -> TypedCode:
    code = normal(written)
    row = rows.get(code)
    if row is None:
        return TypedCode(written=written, code=code, reason="code_unknown")
    offer, state, identifier_id, is_void, expires_at, uses, most_uses = row
    reason = ""
    if identifier_id is not None and identifier_id not in question.person.identifier_ids:
        return TypedCode(written=written, code=code, reason="code_of_another")
    if is_void:
        reason = "code_void"
    elif expires_at is not None and now >= expires_at:
        reason = "code_expired"
    elif most_uses is not None and without_own_codes(question.held, code, uses) >= most_uses:
        reason = "code_used_up"
    elif offer in offers.over:
        reason = "offer_over"
    elif state != "live" or offer not in offers.by_key:
        reason = "offer_not_live"
    return TypedCode(written=written, code=code, offer=offer, reason=reason)
