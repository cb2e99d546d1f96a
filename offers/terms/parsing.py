"""From JSON to terms: each field by itself, then what must fit together."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cdp.lib.money import exponent
from offers.terms.nodes import (
    WHOLE,
    Bundle,
    BundlePart,
    Conditions,
    Gift,
    Kind,
    Points,
    ProductCondition,
    Schedule,
    Scope,
    Shipping,
    Stacking,
    Terms,
    Units,
    With,
)
from offers.terms.reading import Piece, TermsError, TermsFault
from segments.rules import RuleError, parse_rule

FIELDS = (
    "kind", "value", "per", "currency", "scope", "max_discount", "most_units", "units", "gift", "bundle", "points",
    "shipping", "conditions", "audience", "needs_code", "titles", "texts", "reasons", "stacking", "priority",
    "starts_at", "ends_at", "weekdays", "from_time", "to_time", "cap_per_person", "cool_off_hours", "budget_money",
    "budget_count", "budget_currency", "margin_floor_percent", "reserve_minutes",
)  # fmt: skip
SCOPE = (
    "product_ids", "categories", "brands", "exclude_product_ids", "exclude_categories", "exclude_brands",
    "exclude_reduced",
)  # fmt: skip
CONDITIONS = (
    "subtotal_min", "subtotal_max", "quantity_min", "quantity_max", "threshold_on", "products", "first_order",
    "channels", "countries", "currencies",
)  # fmt: skip
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OWN = {Kind.GIFT: "gift", Kind.BUNDLE: "bundle", Kind.POINTS: "points", Kind.FREE_SHIPPING: "shipping"}
TAKES: Mapping[str, tuple[Kind, ...]] = {
    "value": (Kind.PERCENT, Kind.AMOUNT),
    "per": (Kind.AMOUNT,),
    "scope": (Kind.PERCENT, Kind.AMOUNT, Kind.POINTS),
    "max_discount": (Kind.PERCENT, Kind.AMOUNT, Kind.BUNDLE),
    "most_units": (Kind.PERCENT, Kind.AMOUNT),
    "units": (Kind.PERCENT, Kind.AMOUNT, Kind.BUNDLE),
    "margin_floor_percent": (Kind.PERCENT, Kind.AMOUNT, Kind.BUNDLE, Kind.GIFT),
    **{key: (kind,) for kind, key in OWN.items()},
}
MOST_MINUTES = 7 * 24 * 60


def parse_terms(raw: object) -> Terms:
    """The terms that a piece of JSON says; raises TermsError with the path to each fault and what it takes there."""
    faults: list[TermsFault] = []
    piece = Piece(raw, "$", faults, FIELDS)
    terms = _terms(piece)
    _check_fit(piece, terms)
    if faults:
        raise TermsError(faults)
    return terms


def _terms(piece: Piece) -> Terms:
    kind = Kind(piece.choice("kind", [one.value for one in Kind], Kind.PERCENT.value))
    if not piece.has("kind"):
        piece.refuse("kind", f"is missing: one of {', '.join(Kind)}")
    most_units = piece.whole("most_units")
    per = piece.choice("per", ("cart", "unit"), "cart" if most_units is None else "unit")
    return Terms(
        kind=kind,
        value=_value(piece, kind),
        per_unit=kind == Kind.AMOUNT and per == "unit",
        currency=_currency(piece, "currency"),
        scope=_scope(piece, "scope"),
        max_discount=piece.positive("max_discount"),
        most_units=most_units,
        units=Units(piece.choice("units", [one.value for one in Units], "")) if piece.has("units") else None,
        gift=_gift(piece) if kind == Kind.GIFT else None,
        bundle=_bundle(piece) if kind == Kind.BUNDLE else None,
        points=_points(piece) if kind == Kind.POINTS else None,
        shipping=_shipping(piece),
        conditions=_conditions(piece),
        audience=_audience(piece),
        needs_code=piece.flag("needs_code"),
        titles=piece.by_language("titles"),
        texts=piece.by_language("texts"),
        reasons=piece.by_language("reasons"),
        stacking=_stacking(piece),
        priority=50 if (found := piece.whole("priority", low=-32_000, high=32_000)) is None else found,
        schedule=_schedule(piece),
        cap_per_person=piece.whole("cap_per_person"),
        cool_off_hours=piece.whole("cool_off_hours", high=24 * 3650),
        budget_money=piece.amount("budget_money", high=10**11),
        budget_count=piece.whole("budget_count", low=0),
        budget_currency=_currency(piece, "budget_currency"),
        margin_floor_percent=piece.amount("margin_floor_percent", low=-1000, high=Decimal("99.99")),
        reserve_minutes=piece.whole("reserve_minutes", high=MOST_MINUTES) or 30,
    )


def _value(piece: Piece, kind: Kind) -> Decimal:
    if kind not in TAKES["value"]:
        return Decimal(0)
    if not piece.has("value"):
        piece.refuse("value", "is missing: a percentage such as “10”, or an amount such as “5.00”")
        return Decimal(0)
    found = piece.positive("value")
    if kind == Kind.PERCENT and found is not None and (found > 100 or found != round(found, 4)):
        piece.refuse("value", "takes a percentage above 0 up to 100, with up to four decimals")
    return found or Decimal(0)


def _currency(piece: Piece, key: str) -> str:
    found = piece.text(key).upper()
    if found and not re.fullmatch(r"[A-Z]{3}", found):
        piece.refuse(key, "takes a currency of ISO 4217, such as EUR")
        return ""
    return found


def _scope(piece: Piece, key: str) -> Scope:
    inside = piece.piece(key, SCOPE)
    return Scope(
        inside.texts("product_ids"),
        _folded(inside.texts("categories")),
        _folded(inside.texts("brands")),
        inside.texts("exclude_product_ids"),
        _folded(inside.texts("exclude_categories")),
        _folded(inside.texts("exclude_brands")),
        inside.flag("exclude_reduced"),
    )


def _gift(piece: Piece) -> Gift:
    inside = piece.piece("gift", ("product_id", "quantity"))
    product_id = inside.text("product_id")
    if not product_id:
        inside.refuse("product_id", "is missing: the product that is given")
    return Gift(product_id, inside.whole("quantity", high=1000) or 1)


def _bundle(piece: Piece) -> Bundle:
    inside = piece.piece("bundle", ("buy", "get", "price", "most_times"))
    buy = _part(inside, "buy")
    get = _part(inside, "get", scope=buy.scope) if inside.has("get") else None
    price = inside.amount("price")
    if (get is None) == (price is None):
        inside.refuse("", "takes either get (buy 2, get 1) or price (3 for 20.00)")
    return Bundle(buy, get, price, inside.whole("most_times"))


def _part(piece: Piece, key: str, *, scope: Scope = WHOLE) -> BundlePart:
    """What is got is of what is bought where it names nothing else."""
    inside = piece.piece(key, ("scope", "quantity", "percent") if key == "get" else ("scope", "quantity"))
    quantity = inside.whole("quantity", high=1000)
    if not inside.has("quantity"):
        inside.refuse("quantity", "is missing: how many pieces")
    percent = inside.amount("percent", high=100)
    if percent is not None and (not percent or percent != round(percent, 4)):
        inside.refuse("percent", "takes a percentage above 0 up to 100, with up to four decimals")
    own = _scope(inside, "scope") if inside.has("scope") else scope
    return BundlePart(own, quantity or 1, Decimal(100) if percent is None else percent)


def _points(piece: Piece) -> Points:
    inside = piece.piece("points", ("per", "points", "fixed"))
    per, count, fixed = inside.positive("per"), inside.whole("points"), inside.whole("fixed")
    if (fixed is None) == (per is None or count is None):
        inside.refuse("", "takes either per and points (2 points for every 1.00) or fixed")
    return Points(per, count or 0, fixed)


def _shipping(piece: Piece) -> Shipping:
    inside = piece.piece("shipping", ("most", "methods"))
    return Shipping(inside.positive("most"), _folded(inside.texts("methods")))


def _conditions(piece: Piece) -> Conditions:
    inside = piece.piece("conditions", CONDITIONS)
    low, high = inside.amount("subtotal_min"), inside.amount("subtotal_max")
    if low is not None and high is not None and low > high:
        inside.refuse("subtotal_max", "is below subtotal_min: no cart is both")
    return Conditions(
        low,
        high,
        inside.amount("quantity_min"),
        inside.amount("quantity_max"),
        inside.choice("threshold_on", ("discounted", "full"), "discounted") == "full",
        tuple(_product_condition(one) for one in inside.pieces("products", ("scope", "quantity_min", "subtotal_min"))),
        inside.flag("first_order"),
        _folded(inside.texts("channels")),
        frozenset(one.upper() for one in inside.texts("countries")),
        frozenset(one.upper() for one in inside.texts("currencies")),
    )


def _product_condition(inside: Piece) -> ProductCondition:
    quantity, subtotal = inside.amount("quantity_min"), inside.amount("subtotal_min")
    if quantity is None and subtotal is None:
        quantity = Decimal(1)
    return ProductCondition(_scope(inside, "scope"), quantity, subtotal)


def _audience(piece: Piece) -> Mapping[str, Any] | None:
    if not piece.has("audience"):
        return None
    rule = piece.raw["audience"]
    try:
        parse_rule(rule)
    except RuleError as error:
        piece.refuse("audience" + error.path.removeprefix("$"), error.message)
        return None
    return dict(rule)


def _stacking(piece: Piece) -> Stacking:
    inside = piece.piece("stacking", ("with", "group"))
    group = inside.text("group").casefold()
    usual = With.OTHER_GROUPS if group else With.ALL
    found = With(inside.choice("with", [one.value for one in With], usual.value))
    if found == With.OTHER_GROUPS and not group:
        inside.refuse("group", "is missing: the group of which only one offer is given")
    return Stacking(found, group)


def _schedule(piece: Piece) -> Schedule:
    starts, ends = piece.instant("starts_at"), piece.instant("ends_at")
    if starts is not None and ends is not None and ends <= starts:
        piece.refuse("ends_at", "is not after starts_at")
    opens, closes = piece.clock("from_time"), piece.clock("to_time")
    if opens is not None and opens == closes:
        piece.refuse("to_time", "is the same as from_time: leave both out for the whole day")
    days = set[int]()
    for name in piece.texts("weekdays"):
        short = name.lower()[:3]
        if short in DAYS:
            days.add(DAYS.index(short))
        else:
            piece.refuse("weekdays", f"takes {', '.join(DAYS)}; {name!r} is none of them")
    return Schedule(starts, ends, frozenset(days), opens, closes)


def _folded(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def _check_fit(piece: Piece, terms: Terms) -> None:
    """What each field takes alone is known by now: here is what must fit the kind and the currency."""
    for key, kinds in TAKES.items():
        if piece.has(key) and terms.kind not in kinds:
            piece.refuse(key, f"means nothing for {terms.kind.value}: only for {', '.join(kinds)}")
    if terms.budget_money is not None and not (terms.budget_currency or terms.currency):
        piece.refuse("budget_currency", "is missing: the currency of budget_money")
    amounts = _amounts(terms)
    if amounts and not terms.currency:
        first = next(iter(amounts))
        piece.refuse("currency", f"is missing: {first} is an amount, say of which currency")
    for path, amount in amounts.items():
        _check_decimals(piece, path, amount, terms.currency)
    if terms.budget_money is not None:
        _check_decimals(piece, "budget_money", terms.budget_money, terms.budget_currency or terms.currency)
    allowed = terms.conditions.currencies
    if terms.currency and allowed and terms.currency not in allowed:
        piece.refuse("conditions.currencies", f"leaves out {terms.currency}, the currency of the offer's amounts")


def _check_decimals(piece: Piece, path: str, amount: Decimal, currency: str) -> None:
    if currency and amount != round(amount, exponent(currency)):
        piece.refuse(path, f"has more decimals than {currency} has: at most {exponent(currency)}")


def _amounts(terms: Terms) -> dict[str, Decimal]:
    """Every amount of money, by its path below the terms."""
    conditions, bundle, points = terms.conditions, terms.bundle, terms.points
    found = {
        "value": terms.value if terms.kind == Kind.AMOUNT and terms.value else None,
        "max_discount": terms.max_discount,
        "shipping.most": terms.shipping.most,
        "bundle.price": bundle.price if bundle else None,
        "points.per": points.per if points else None,
        "conditions.subtotal_min": conditions.subtotal_min,
        "conditions.subtotal_max": conditions.subtotal_max,
    }
    for index, one in enumerate(conditions.products):
        found[f"conditions.products[{index}].subtotal_min"] = one.subtotal_min
    return {path: amount for path, amount in found.items() if amount is not None}
