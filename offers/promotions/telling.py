"""Promotions as they are told: amounts with their decimals, reasons and sentences in the customer's language."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from offers.contracts import DiscountLine, GivenProduct, Need, Promotion
from offers.promotions import words
from offers.promotions.asked import Asked
from offers.promotions.baskets import PIECE, Basket, money_of
from offers.promotions.compiled import GIFTS, PRODUCTS, SHIPPING, Compiled
from offers.promotions.steps import Step
from offers.terms import Kind

APPLIES_TO = {PRODUCTS: "products", SHIPPING: "shipping", GIFTS: "gift"}


def promotion(step: Step, basket: Basket, asked: Asked) -> Promotion:
    """What one offer gives."""
    offer = step.offer
    code, language = asked.code_of.get(offer.key), asked.language
    kind, applies_to, said, text, reason = _always(offer, language, code is not None)
    return Promotion(
        offer=offer.key,
        version=offer.offer.version,
        kind=kind,
        applies_to=applies_to,
        title=said,
        text=text,
        reason=reason,
        sentence=_sentence(offer, reason, language, code or ""),
        code=code,
        priority=offer.terms.priority,
        saving=amount(step.saving, basket),
        discount=amount(step.discount, basket),
        lines=tuple(
            [
                DiscountLine(index, basket.product_ids[index], _pieces(pieces), money_of(off, basket.exponent))
                for index, pieces, off in step.parts
            ]
        ),
        shipping=amount(step.shipping, basket),
        gifts=_gifts(step, basket, asked),
        points=step.points,
    )


def nothing(offer: Compiled, basket: Basket, asked: Asked) -> Promotion:
    """Of an offer that gives something beside others only."""
    return promotion(Step(offer), basket, asked)


def amount(units: int, basket: Basket) -> Decimal:
    """Minor units as an amount."""
    return money_of(units, basket.exponent)


def title(offer: Compiled, asked: Asked) -> str:
    """As customers read it."""
    return _title(offer, asked.language)


@lru_cache(maxsize=4096)
def _always(offer: Compiled, language: str, has_code: bool) -> tuple[str, str, str, str, str]:
    """(kind, applies to, title, text, reason): what is told of an offer whatever it gives."""
    applies_to = "points" if offer.kind == Kind.POINTS else APPLIES_TO.get(offer.phase, "cart")
    text = words.by_language(offer.terms.texts, language, "")
    return offer.kind.value, applies_to, _title(offer, language), text, _reason(offer, has_code)


@lru_cache(maxsize=4096)
def _title(offer: Compiled, language: str) -> str:
    return words.by_language(offer.terms.titles, language, offer.offer.name or offer.key)


def missing_sentence(offer: Compiled, needs: Sequence[Need], asked: Asked) -> str:
    """`Add €7.10 for free shipping`."""
    language, parts = asked.language, list[str]()
    for need in needs:
        if need.measure == "subtotal":
            said = words.money(need.missing, asked.cart.currency, language)
            parts.append(words.of_products(said, language) if need.what == "products" else said)
        else:
            of_scope = need.what == "products" and bool(need.scope)
            parts.append(words.pieces(f"{need.missing:f}", language, of_scope=of_scope))
    return words.add_for(words.both(parts, language), _reward(offer, asked), language)


def _reward(offer: Compiled, asked: Asked) -> str:
    return _reward_in(offer, asked.language)


@lru_cache(maxsize=4096)
def _reward_in(offer: Compiled, language: str) -> str:
    terms, value = offer.terms, ""
    if offer.kind == Kind.PERCENT:
        value = f"{terms.value.normalize():f}"
        value = value.replace(".", ",") if language == "de" else value
    elif offer.kind == Kind.AMOUNT:
        value = words.money(terms.value, terms.currency, language)
    narrow = offer.kind in (Kind.PERCENT, Kind.AMOUNT) and not terms.scope.is_whole
    return words.reward(offer.kind.value, language, value=value, narrow=narrow, name=f"“{_title(offer, language)}”")


def _reason(offer: Compiled, has_code: bool) -> str:
    """What made it hold, the most particular first."""
    conditions = offer.terms.conditions
    if has_code:
        return "code"
    if conditions.first_order:
        return "first_order"
    if offer.offer.slug:
        return "audience"
    if conditions.subtotal_min:
        return "subtotal"
    is_narrow = conditions.products or not all(scope.is_whole for scope in offer.scopes)
    return "products" if is_narrow or offer.kind == Kind.BUNDLE else "everybody"


@lru_cache(maxsize=4096)
def _sentence(offer: Compiled, reason: str, language: str, code: str) -> str:
    said = offer.terms.reasons
    if said:
        return words.by_language(said, language, "")
    least = offer.terms.conditions.subtotal_min if reason == "subtotal" else None
    money = words.money(least, offer.currency, language) if least is not None else ""
    return words.why(reason, language, code=code, amount=money)


def _gifts(step: Step, basket: Basket, asked: Asked) -> tuple[GivenProduct, ...]:
    gift = step.offer.terms.gift
    if gift is None:
        return ()
    known = asked.gifts.get(gift.product_id)
    name = known.name if known is not None else ""
    return (GivenProduct(gift.product_id, name, gift.quantity, amount(step.gift, basket)),)


@lru_cache(maxsize=4096)
def _pieces(millionths: int) -> Decimal:
    whole, rest = divmod(millionths, PIECE)
    return Decimal(whole) if not rest else Decimal(f"{Decimal(millionths).scaleb(-6).normalize():f}")
