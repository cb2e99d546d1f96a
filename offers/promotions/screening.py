"""Whether an offer may be given: what asks nothing of the goods, then what the cart must hold and what it lacks."""

from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from offers.contracts import Need
from offers.promotions.asked import Asked
from offers.promotions.baskets import PIECE, Basket, money_of
from offers.promotions.compiled import GIFTS, PRODUCTS, SHIPPING, Compiled
from offers.promotions.steps import sets_of
from offers.terms import Kind, Schedule, Scope

QUANTITY, SUBTOTAL = "quantity", "subtotal"


def refusal(offer: Compiled, asked: Asked) -> str:
    """Why this person does not get it now, whatever is in the cart; empty: they may."""
    if offer.terms.needs_code and offer.key not in asked.code_of:
        return "code_needed"
    return _refusal_by_time(offer, asked) or _refusal_by_place(offer, asked) or _refusal_by_person(offer, asked)


def may_have(offer: Compiled, asked: Asked) -> str:
    """Why somebody may not have it now, be it with a code or in whatever currency; empty: they may."""
    if reason := _refusal_by_time(offer, asked) or _refusal_by_person(offer, asked):
        return reason
    return _refusal_by_place(offer, asked) if asked.cart.currency else ""


def _refusal_by_time(offer: Compiled, asked: Asked) -> str:
    if offer.starts_us is not None and asked.now_us < offer.starts_us:
        return "not_started"
    if offer.ends_us is not None and asked.now_us >= offer.ends_us:
        return "offer_over"
    schedule = offer.terms.schedule
    if (schedule.weekdays or schedule.from_time or schedule.to_time) and not _is_open(schedule, asked):
        return "not_at_this_time"
    if (offer.money_left is not None and offer.money_left <= 0) or (
        offer.offer.count_left is not None and offer.offer.count_left <= 0
    ):
        return "budget_used_up"
    return ""


def _is_open(schedule: Schedule, asked: Asked) -> bool:
    """Hours over midnight belong to the day on which they began."""
    local, day = asked.local.time(), asked.local.weekday()
    opens, closes = schedule.from_time, schedule.to_time
    if opens is not None and closes is not None and opens > closes:
        if closes <= local < opens:
            return False
        if local < closes:
            day = (asked.local - timedelta(days=1)).weekday()
    elif (opens is not None and local < opens) or (closes is not None and local >= closes):
        return False
    return not schedule.weekdays or day in schedule.weekdays


def _refusal_by_place(offer: Compiled, asked: Asked) -> str:
    conditions, currency = offer.terms.conditions, asked.cart.currency
    if offer.currency and currency != offer.currency:
        return "other_currency"
    if offer.budget_currency and currency != offer.budget_currency:
        return "other_currency"
    if conditions.currencies and currency not in conditions.currencies:
        return "other_currency"
    if conditions.channels and asked.channel not in conditions.channels:
        return "other_channel"
    if conditions.countries and asked.country not in conditions.countries:
        return "other_country"
    return ""


def _refusal_by_person(offer: Compiled, asked: Asked) -> str:
    if offer.offer.slug and offer.offer.slug not in asked.person.slugs:
        return "not_in_audience"
    if offer.terms.conditions.first_order and not asked.is_first_order:
        return "not_first_order"
    use = asked.person.uses.get(offer.offer.id)
    if use is not None:
        cap, hours = offer.terms.cap_per_person, offer.terms.cool_off_hours
        if cap is not None and use.times >= cap:
            return "cap_reached"
        if hours is not None and use.times and asked.now < use.last_at + timedelta(hours=hours):
            return "cooling_off"
    return ""


def refusal_by_goods(offer: Compiled, basket: Basket, asked: Asked) -> str:
    """Why more of the same goods would not help either; empty: nothing stands in the way but what is lacking."""
    if not basket.live:
        return "empty_cart"
    conditions = offer.terms.conditions
    if conditions.quantity_max is not None and basket.quantity_of(basket.live) > conditions.quantity_max * PIECE:
        return "above_quantity"
    if offer.phase == SHIPPING:
        return _refusal_by_shipping(offer, basket)
    if offer.phase == GIFTS:
        return _refusal_by_gift(offer, basket, asked)
    lines = [basket.lines_of(scope) for scope in offer.scopes]
    if not any(lines):
        return "no_matching_products"
    return "cost_unknown" if offer.has_floor and _lacks_cost(basket, lines[-1]) else ""


def _refusal_by_shipping(offer: Compiled, basket: Basket) -> str:
    methods = offer.terms.shipping.methods
    if methods and basket.cart.shipping_method.casefold() not in methods:
        return "other_shipping_method"
    return "nothing_to_discount" if basket.shipping == 0 else ""


def _refusal_by_gift(offer: Compiled, basket: Basket, asked: Asked) -> str:
    gift = offer.terms.gift
    known = asked.gifts.get(gift.product_id) if gift is not None else None
    if known is not None and not known.is_offerable:
        return "gift_not_available"
    is_unknown = known is None or known.cost is None or _lacks_cost(basket, basket.live)
    return "cost_unknown" if offer.has_floor and is_unknown else ""


def _lacks_cost(basket: Basket, lines: tuple[int, ...]) -> bool:
    return any(basket.cart.lines[index].cost is None for index in lines)


def counts_discounted(offer: Compiled) -> bool:
    """Whether its thresholds count goods after what is off products."""
    return offer.phase != PRODUCTS and not offer.terms.conditions.on_full


def refusal_above(offer: Compiled, goods: int) -> str:
    """Whether the goods are worth too much."""
    return "above_subtotal" if offer.subtotal_max is not None and goods > offer.subtotal_max else ""


def needs_of(offer: Compiled, basket: Basket, amounts: list[int]) -> tuple[Need, ...]:
    """What the cart lacks; `amounts`: of the lines, as the offer's thresholds count them."""
    conditions, found = offer.terms.conditions, list[Need]()
    if offer.subtotal_min is not None and (goods := sum(amounts)) < offer.subtotal_min:
        found.append(_need(SUBTOTAL, SUBTOTAL, offer.subtotal_min, goods, basket))
    if conditions.quantity_min is not None:
        wanted, present = int(conditions.quantity_min * PIECE), basket.quantity_of(basket.live)
        if present < wanted:
            found.append(_need(QUANTITY, QUANTITY, wanted, present, basket))
    for one in conditions.products:
        lines = basket.lines_of(one.scope)
        if one.quantity_min is not None:
            wanted, present = int(one.quantity_min * PIECE), basket.quantity_of(lines)
            if present < wanted:
                found.append(_need("products", QUANTITY, wanted, present, basket, one.scope))
        if one.subtotal_min is not None:
            wanted, present = basket.minor(one.subtotal_min), sum(amounts[index] for index in lines)
            if present < wanted:
                found.append(_need("products", SUBTOTAL, wanted, present, basket, one.scope))
    if offer.kind == Kind.BUNDLE:
        found += _pieces_for_a_set(offer, basket)
    return tuple(found)


def _pieces_for_a_set(offer: Compiled, basket: Basket) -> list[Need]:
    """How many pieces the first set lacks."""
    buy, get = offer.bundle.buy, offer.bundle.get
    bought = basket.lines_of(buy.scope)
    present = basket.whole_pieces(bought)
    if get is None or present < buy.quantity:
        together = get is not None and get.scope == buy.scope
        wanted = buy.quantity + (get.quantity if get is not None and together else 0)
        if present >= wanted:
            return []
        return [_need("products", QUANTITY, wanted * PIECE, present * PIECE, basket, buy.scope)]
    got = basket.lines_of(get.scope)
    if sets_of(basket, bought, got, buy, get):
        return []
    have = basket.whole_pieces(got)
    all_pieces = basket.whole_pieces(tuple(sorted({*bought, *got})))
    lacking = max(get.quantity - have, buy.quantity + get.quantity - all_pieces)
    return [_need("products", QUANTITY, (have + lacking) * PIECE, have * PIECE, basket, get.scope)]


def _need(what: str, measure: str, needed: int, present: int, basket: Basket, scope: Scope | None = None) -> Need:
    digits = basket.exponent if measure == SUBTOTAL else 6
    missing, needed_, present_ = (_decimal(value, digits, measure) for value in (needed - present, needed, present))
    named = None if scope is None else _scope_json(scope)
    return Need(what=what, measure=measure, missing=missing, needed=needed_, present=present_, scope=named)


def _decimal(value: int, digits: int, measure: str) -> Decimal:
    return money_of(value, digits) if measure == SUBTOTAL else _count(value)


@lru_cache(maxsize=4096)
def _count(millionths: int) -> Decimal:
    return Decimal(f"{Decimal(millionths).scaleb(-6).normalize():f}")


def _scope_json(scope: Scope) -> dict[str, list[str] | bool]:
    """As terms write it, without what is empty."""
    names = ("product_ids", "categories", "brands", "exclude_product_ids", "exclude_categories", "exclude_brands")
    found: dict[str, list[str] | bool] = {name: sorted(value) for name in names if (value := getattr(scope, name))}
    return found | ({"exclude_reduced": True} if scope.exclude_reduced else {})
