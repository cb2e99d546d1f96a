"""The query of GET /v1/recommendations, read and judged as a whole: every fault is named at once. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cdp.lib.problems import Problem
from recommendations.contracts import Strategy

PERSON = ("profile_id", "user_id", "email", "anonymous_id")
KEYS = ("writeKey", "write_key")
KNOWN = (*PERSON, *KEYS, "product_id", "cart", "n", "strategy")
MOST_ITEMS, MOST_CART, MOST_CHARACTERS = 50, 200, 512


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query asks. `person` is (parameter, value) or None; a profile_id there is a well-formed UUID."""

    person: tuple[str, str] | None
    product_id: str | None
    cart: tuple[str, ...]
    n: int
    strategy: Strategy | None


def read(query: Mapping[str, str]) -> Asked:
    """What is asked; raises Problem 400 naming each parameter that cannot be used."""
    faults: list[dict[str, str]] = []
    asked = Asked(
        _person(query, faults),
        _product(query, faults),
        _cart(query, faults),
        _n(query, faults),
        _strategy(query, faults),
    )
    unknown = f"There are: {', '.join(KNOWN)}."
    faults.extend(_fault(name[:64], "unknown", unknown) for name in query if name not in KNOWN)
    if asked.strategy == Strategy.SIMILAR and "product_id" not in query:
        faults.append(_fault("product_id", "missing", "The strategy similar takes a product_id."))
    if asked.strategy == Strategy.CART and "cart" not in query:
        faults.append(_fault("cart", "missing", "The strategy cart takes a cart: product ids with commas between."))
    if faults:
        raise Problem("invalid", "Some parameters cannot be used", 400, "Mend the parameters named in errors.", faults)
    return asked


def _person(query: Mapping[str, str], faults: list[dict[str, str]]) -> tuple[str, str] | None:
    given = [name for name in PERSON if query.get(name)]
    if len(given) > 1:
        faults.append(_fault(given[1], "too_many", f"Name the person once: {given[0]} is there already."))
    if not given:
        return None
    value = query[given[0]]
    if len(value) > MOST_CHARACTERS:
        faults.append(_fault(given[0], "too_long", f"At most {MOST_CHARACTERS} characters."))
    elif given[0] == "profile_id" and not _is_uuid(value):
        faults.append(_fault("profile_id", "not_a_uuid", "A profile id is a UUID."))
    return given[0], value


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _product(query: Mapping[str, str], faults: list[dict[str, str]]) -> str | None:
    value = query.get("product_id")
    if value is not None and not 0 < len(value) <= MOST_CHARACTERS:
        faults.append(_fault("product_id", "bad_length", f"From 1 to {MOST_CHARACTERS} characters."))
    return value


def _cart(query: Mapping[str, str], faults: list[dict[str, str]]) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(part.strip() for part in query.get("cart", "").split(",") if part.strip()))
    if len(parts) > MOST_CART or any(len(part) > MOST_CHARACTERS for part in parts):
        faults.append(_fault("cart", "too_long", f"At most {MOST_CART} product ids of {MOST_CHARACTERS} characters."))
    return parts


def _n(query: Mapping[str, str], faults: list[dict[str, str]]) -> int:
    text = query.get("n", "10")
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST_ITEMS:
        return int(text)
    faults.append(_fault("n", "out_of_range", f"A whole number from 1 to {MOST_ITEMS}."))
    return 1


def _strategy(query: Mapping[str, str], faults: list[dict[str, str]]) -> Strategy | None:
    text = query.get("strategy")
    if text is None:
        return None
    try:
        return Strategy(text)
    except ValueError:
        faults.append(_fault("strategy", "unknown", f"One of {', '.join(Strategy)}."))
        return None


def _fault(field: str, reason: str, detail: str) -> dict[str, str]:
    return {"field": field, "reason": reason, "detail": detail}
