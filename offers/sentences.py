"""Terms in one sentence for those who make them. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from cdp.lib.money import exponent
from offers.terms import Bundle, Conditions, Kind, Points, Scope, Terms
from offers.terms.nodes import With

KINDS: dict[Kind, tuple[str, str]] = {
    Kind.PERCENT: ("Percentage", "so many percent off the cart or off some products"),
    Kind.AMOUNT: ("Amount", "so much off the cart, or off each piece"),
    Kind.FREE_SHIPPING: ("Free shipping", "shipping costs nothing, or less"),
    Kind.GIFT: ("Gift", "a product comes with the order"),
    Kind.BUNDLE: ("Bundle", "buy some, get some for less; or some for one price"),
    Kind.POINTS: ("Points", "points for what is paid"),
}
DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
MOST_NAMED = 3


def sentence(terms: Terms) -> str:
    """`10 % off Tents, at most 50.00 EUR, for carts from 50.00 EUR; once a person, 500 times in all.`"""
    parts = [_gets(terms), *_for_carts(terms.conditions, terms.currency), *_for_whom(terms), *_when(terms)]
    limits = _limits(terms)
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:] + (f"; {', '.join(limits)}" if limits else "") + "."


def amount(value: Decimal, currency: str) -> str:
    """`50.00 EUR`; without a currency as it is."""
    if not currency:
        return f"{value.normalize():f}"
    return f"{value:,.{exponent(currency)}f} {currency}"


def percent(value: Decimal) -> str:
    """`12.5 %`."""
    return f"{value.normalize():f} %"


def _gets(terms: Terms) -> str:
    match terms.kind:
        case Kind.PERCENT:
            got = f"{percent(terms.value)} off {_pieces(terms)}{_goods(terms.scope)}"
        case Kind.AMOUNT:
            of = _pieces(terms) + ("each of " if terms.per_unit else "") + _goods(terms.scope)
            got = f"{amount(terms.value, terms.currency)} off {of}"
        case Kind.FREE_SHIPPING:
            by = f" by {_names(terms.shipping.methods)}" if terms.shipping.methods else ""
            most = terms.shipping.most
            got = f"free shipping{by}" if most is None else f"up to {amount(most, terms.currency)} off shipping{by}"
        case Kind.GIFT:
            pieces = f"{terms.gift.quantity} × " if terms.gift and terms.gift.quantity > 1 else ""
            got = f"a gift: {pieces}{terms.gift.product_id if terms.gift else ''}"
        case Kind.BUNDLE:
            got = _bundle(terms.bundle, terms.currency) if terms.bundle else "a bundle"
        case _:
            got = _points(terms.points, terms.currency) if terms.points else "points"
    return got + (f", at most {amount(terms.max_discount, terms.currency)}" if terms.max_discount is not None else "")


def _pieces(terms: Terms) -> str:
    if terms.most_units is None:
        return ""
    which = f"{terms.units.value} " if terms.units else ""
    return f"{'one' if terms.most_units == 1 else f'up to {terms.most_units}'} of the {which}".replace("the of", "of")


def _goods(scope: Scope) -> str:
    if scope.is_whole:
        return "the whole cart"
    named = [_names(one) for one in (scope.product_ids, scope.categories, scope.brands) if one]
    said = " of ".join(named) or "everything"
    out = [*scope.exclude_product_ids, *scope.exclude_categories, *scope.exclude_brands]
    kept = f" but {_names(out)}" if out else ""
    return said + kept + (" that is not reduced" if scope.exclude_reduced else "")


def _bundle(bundle: Bundle, currency: str) -> str:
    goods = _goods(bundle.buy.scope).replace("the whole cart", "anything")
    if bundle.price is not None:
        got = f"{bundle.buy.quantity} of {goods} for {amount(bundle.price, currency)}"
    else:
        part = bundle.get
        more = part.quantity if part else 1
        off = part.percent if part else Decimal(100)
        said = "free" if off == 100 else f"{percent(off)} off"
        got = f"buy {bundle.buy.quantity} of {goods}, get {more} {said}"
    return got + (f", up to {bundle.most_times} times a cart" if bundle.most_times else "")


def _points(points: Points, currency: str) -> str:
    if points.fixed is not None:
        return f"{points.fixed} points"
    per = amount(points.per, currency) if points.per is not None else "1"
    return f"{points.points} points for every {per} paid"


def _for_carts(conditions: Conditions, currency: str) -> list[str]:
    found = []
    if conditions.subtotal_min is not None:
        found.append(f"for carts from {amount(conditions.subtotal_min, currency)}")
    if conditions.subtotal_max is not None:
        found.append(f"for carts up to {amount(conditions.subtotal_max, currency)}")
    if conditions.quantity_min is not None:
        found.append(f"from {conditions.quantity_min.normalize():f} pieces")
    found += [f"with {_goods(each.scope)} in the cart" for each in conditions.products]
    if conditions.countries:
        found.append(f"in {_names(sorted(one.upper() for one in conditions.countries))}")
    if conditions.channels:
        found.append(f"in {_names(conditions.channels)}")
    return found


def _for_whom(terms: Terms) -> list[str]:
    found = ["on the first order"] if terms.conditions.first_order else []
    if terms.audience is not None:
        slug = terms.audience.get("in_segment")
        found.append(f"for members of “{slug}”" if slug else "for whom its rule holds")
    return found + (["with a code"] if terms.needs_code else [])


def _when(terms: Terms) -> list[str]:
    when = terms.schedule
    found = []
    if when.starts_at:
        found.append(f"from {when.starts_at:%-d %B %Y %H:%M}")
    if when.ends_at:
        found.append(f"until {when.ends_at:%-d %B %Y %H:%M}")
    if when.weekdays:
        found.append("on " + _names([DAYS[day] for day in sorted(when.weekdays)], most=7))
    if when.from_time or when.to_time:
        start, end = (f"{one:%H:%M}" if one else "midnight" for one in (when.from_time, when.to_time))
        found.append(f"from {start} to {end}")
    return found


def _limits(terms: Terms) -> list[str]:
    found = []
    if terms.cap_per_person is not None:
        found.append("once a person" if terms.cap_per_person == 1 else f"{terms.cap_per_person} times a person")
    if terms.cool_off_hours is not None:
        hours = terms.cool_off_hours
        found.append(f"not again within {hours // 24} days" if hours % 24 == 0 else f"not again within {hours} hours")
    if terms.budget_count is not None:
        found.append(f"{terms.budget_count:,} times in all")
    if terms.budget_money is not None:
        found.append(f"{amount(terms.budget_money, terms.budget_currency or terms.currency)} in all")
    if terms.margin_floor_percent is not None:
        found.append(f"a margin of {percent(terms.margin_floor_percent)} stays")
    if terms.stacking.combined_with == With.NONE:
        found.append("alone or not at all")
    elif terms.stacking.combined_with == With.OTHER_GROUPS:
        found.append(f"one of “{terms.stacking.group}”")
    return found


def _names(values: Iterable[str], *, most: int = MOST_NAMED) -> str:
    """`Tents, Bags and 3 more`."""
    named: Sequence[str] = sorted(values) if isinstance(values, frozenset | set) else list(values)
    if len(named) > most:
        return f"{', '.join(named[:most])} and {len(named) - most} more"
    return " and ".join((", ".join(named[:-1]), named[-1])) if len(named) > 1 else "".join(named)
