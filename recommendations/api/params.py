"""What is asked for, read from a query string or a JSON body and judged as a whole: every fault is named at once. Pure.

Lists in a query string have commas between; a name given several times is a list of whole values, so that a category
with a comma in its name can be asked for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from cdp.lib.problems import Problem
from cdp.lib.values import number
from recommendations.contracts import Narrowing, Strategy

PERSON = ("profile_id", "user_id", "email", "anonymous_id")
KEYS = ("writeKey", "write_key")
PLACE = ("placement", "product_id", "cart", "n", "strategy", "results", "category", "region", "country", "currency")
FILTERS = ("categories", "brands", "price_min", "price_max", "exclude")
IN_QUERY = (*PERSON, *KEYS, *PLACE, *FILTERS)
IN_BODY = (*PERSON, *KEYS, *PLACE, "filters")
LISTS = {"cart": 200, "results": 1_000, "categories": 50, "brands": 50, "exclude": 1_000}
MOST_ITEMS, MOST_CHARACTERS = 50, 512
MOST_NAMES = 20  # unknown ones that are told of: a body of a hundred thousand is not answered with as many faults
OF_A_PRODUCT = (Strategy.SIMILAR, Strategy.VIEWED_TOGETHER, Strategy.ALIKE, Strategy.ACCESSORIES)
Faults = list[dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked. `person` is (parameter, value) or None; a profile_id there is a well-formed UUID."""

    person: tuple[str, str] | None
    product_id: str | None
    cart: tuple[str, ...]
    n: int | None
    strategy: Strategy | None
    placement: str
    results: tuple[str, ...]
    category: str
    region: str
    currency: str
    narrowing: Narrowing


def read(query: Mapping[str, Sequence[str]]) -> Asked:
    """What a query string asks; raises Problem 400 naming each parameter that cannot be used."""
    given: dict[str, Any] = {name: values[-1] for name, values in query.items() if name not in LISTS and values}
    for name in LISTS:
        if values := query.get(name):
            given[name] = list(values) if len(values) > 1 else values[0].split(",")
    faults: Faults = []
    asked = _asked(given, given, "", faults)
    _unknown(query, IN_QUERY, "", faults)
    return _judged(asked, faults)


def read_body(body: object, *, also: Collection[str] = ()) -> Asked:
    """What a JSON body asks; raises Problem 400 naming each field that cannot be used. `also`: other known fields."""
    if not isinstance(body, dict):
        raise Problem("invalid", "The body cannot be used", 400, "Send one JSON object.")
    faults: Faults = []
    filters = body.get("filters") or {}
    if not isinstance(filters, dict):
        faults.append(fault("filters", "not_an_object", f"An object with any of {', '.join(FILTERS)}."))
        filters = {}
    asked = _asked(body, filters, "filters.", faults)
    _unknown(body, (*IN_BODY, *also), "", faults)
    _unknown(filters, FILTERS, "filters.", faults)
    return _judged(asked, faults)


def person_of(given: Mapping[str, Any], faults: Faults, before: str = "") -> tuple[str, str] | None:
    """Who is named; `before` goes in front of the field a fault names."""
    named = [name for name in PERSON if given.get(name)]
    if len(named) > 1:
        text = f"Name the person once: {named[0]} is there already."
        faults.append(fault(before + named[1], "too_many", text))
    if not named:
        return None
    value = given[named[0]]
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        faults.append(fault(before + named[0], "not_text", "Send it as text."))
        return None
    if len(value) > MOST_CHARACTERS:
        faults.append(fault(before + named[0], "too_long", f"At most {MOST_CHARACTERS} characters."))
    elif named[0] == "profile_id" and not _is_uuid(value):
        faults.append(fault(before + "profile_id", "not_a_uuid", "A profile id is a UUID."))
    return named[0], value


def fault(field: str, reason: str, detail: str) -> dict[str, str]:
    """One entry of a problem's `errors`."""
    return {"field": field, "reason": reason, "detail": detail}


def _asked(given: Mapping[str, Any], filters: Mapping[str, Any], inside: str, faults: Faults) -> Asked:
    return Asked(
        person=person_of(given, faults),
        product_id=_product(given, faults),
        cart=_list(given, "cart", faults),
        n=_n(given, faults),
        strategy=_strategy(given, faults),
        placement=_text(given, "placement", 50, faults),
        results=_list(given, "results", faults),
        category=_text(given, "category", MOST_CHARACTERS, faults),
        region=_region(given, faults),
        currency=_currency(given, faults),
        narrowing=Narrowing(
            categories=_list(filters, "categories", faults, inside),
            brands=_list(filters, "brands", faults, inside),
            price_min=_price(filters, "price_min", faults, inside),
            price_max=_price(filters, "price_max", faults, inside),
            exclude=_list(filters, "exclude", faults, inside),
        ),
    )


def _judged(asked: Asked, faults: Faults) -> Asked:
    """What does not fit together is a fault too; raises Problem 400 where there is any."""
    if not any(one["field"] in ("product_id", "cart", "strategy", "placement", "results") for one in faults):
        faults.extend(_misfits(asked))
    low, high = asked.narrowing.price_min, asked.narrowing.price_max
    if low is not None and high is not None and low > high:
        faults.append(fault("price_max", "below_price_min", "The highest price lies below the lowest."))
    if faults:
        raise Problem("invalid", "Some parameters cannot be used", 400, "Mend the parameters named in errors.", faults)
    return asked


def _misfits(asked: Asked) -> Faults:
    strategy, product = asked.strategy, asked.product_id is not None
    if strategy is not None and asked.placement:
        return [fault("strategy", "not_with_placement", "A placement has its own strategies: leave this out.")]
    if strategy in OF_A_PRODUCT and not product:
        return [fault("product_id", "missing", f"The strategy {strategy} takes a product_id.")]
    if strategy == Strategy.CART and not asked.cart:
        return [fault("cart", "missing", "The strategy cart takes a cart: product ids with commas between.")]
    if strategy == Strategy.TOGETHER and not (product or asked.cart):
        return [fault("product_id", "missing", "The strategy bought_together takes a product_id or a cart.")]
    if strategy == Strategy.SEARCH and not asked.results:
        return [fault("results", "missing", "The strategy search takes the results to put in order.")]
    return []


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _product(given: Mapping[str, Any], faults: Faults) -> str | None:
    value = given.get("product_id")
    if value is None:
        return None
    found = _id(value)
    if found is None:
        faults.append(fault("product_id", "bad_length", f"Text from 1 to {MOST_CHARACTERS} characters."))
    return found


def _id(value: object) -> str | None:
    """A product id as text; None for what cannot be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and 0 < len(value) <= MOST_CHARACTERS else None


def _list(given: Mapping[str, Any], name: str, faults: Faults, before: str = "") -> tuple[str, ...]:
    """Distinct texts in their order, without blanks around them."""
    value = given.get(name)
    if value is None:
        return ()
    most, texts = LISTS[name], value if isinstance(value, list) else None
    if texts is None or not all(isinstance(one, str | int) and not isinstance(one, bool) for one in texts):
        faults.append(fault(before + name, "not_a_list", "A list of texts."))
        return ()
    parts = tuple(dict.fromkeys(part for one in texts if (part := str(one).strip())))
    if len(parts) > most or any(len(part) > MOST_CHARACTERS for part in parts):
        faults.append(fault(before + name, "too_long", f"At most {most} texts of {MOST_CHARACTERS} characters."))
        return ()
    return parts


def _n(given: Mapping[str, Any], faults: Faults) -> int | None:
    value = given.get("n")
    if value is None:
        return None
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST_ITEMS:
        return int(text)
    faults.append(fault("n", "out_of_range", f"A whole number from 1 to {MOST_ITEMS}."))
    return None


def _strategy(given: Mapping[str, Any], faults: Faults) -> Strategy | None:
    value = given.get("strategy")
    if value is None:
        return None
    try:
        return Strategy(value)
    except ValueError:
        faults.append(fault("strategy", "unknown", f"One of {', '.join(Strategy)}."))
        return None


def _text(given: Mapping[str, Any], name: str, most: int, faults: Faults) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        faults.append(fault(name, "too_long", f"Text of at most {most} characters."))
        return ""
    return value.strip()


def _region(given: Mapping[str, Any], faults: Faults) -> str:
    """Where the asker is: `region` and `country` are two names for one thing."""
    region, country = _text(given, "region", 64, faults), _text(given, "country", 64, faults)
    if region and country and region != country:
        faults.append(fault("country", "too_many", "Name the place once: region is there already."))
    return region or country


def _currency(given: Mapping[str, Any], faults: Faults) -> str:
    value = _text(given, "currency", 3, faults).upper()
    if value and not (len(value) == 3 and value.isascii() and value.isalpha()):
        faults.append(fault("currency", "not_a_currency", "Three letters of ISO 4217, e.g. EUR."))
        return ""
    return value


def _price(given: Mapping[str, Any], name: str, faults: Faults, before: str) -> Decimal | None:
    value = given.get(name)
    if value is None:
        return None
    found = number(value)
    if found is None or found < 0:
        faults.append(fault(before + name, "not_a_price", "A number, 0 or more, e.g. 19.90."))
        return None
    return found


def _unknown(given: Mapping[str, Any], known: Collection[str], before: str, faults: Faults) -> None:
    text = f"There are: {', '.join(known)}."
    names = (name for name in given if name not in known)
    faults.extend(fault(before + name[:64], "unknown", text) for name in islice(names, MOST_NAMES))
