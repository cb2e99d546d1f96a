"""A figure's value in words for the admin: 1,204 · €18.99 + $3.00 · Shoes, Hats · –. And which everybody may see."""

from decimal import Decimal
from typing import Any

from cdp.lib.admin_parts import money
from events.queries.timeline import SEARCHED
from people.figures import COUNT, DAYS_SINCE, DISTINCT, FIRST, LAST, NUMERIC, SESSIONS, Definition
from profiles.page import MASK

NUMBERS = NUMERIC | {COUNT, DAYS_SINCE, DISTINCT, SESSIONS}
NAMES_THINGS = frozenset(SEARCHED) - {"path", "query", "title"} | {"currency", "country", "status", "price", "quantity"}
"""Properties that name things and never people."""


def is_instant(definition: Definition) -> bool:
    """Whether the value is a time."""
    return definition.kind in (FIRST, LAST) and not definition.path


def shown(definition: Definition, value: Any, *, personal: bool) -> str:
    """In words; masked for those without the right where it is text of a property that could name a person."""
    is_public = definition.kind in NUMBERS or is_instant(definition)
    is_public = is_public or definition.path.rpartition(".")[2] in NAMES_THINGS
    if value not in (None, [], "") and not (personal or is_public):
        return MASK
    return words(value, is_days=definition.kind == DAYS_SINCE)


def words(value: Any, *, is_days: bool = False) -> str:
    """For reading; "–" for nothing."""
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, dict):
        return " + ".join(money(amount, "" if name == "unknown" else name) for name, amount in value.items())
    if isinstance(value, list):
        return ", ".join(words(part) for part in value)
    if is_days:
        return f"{value:,} day{'' if value == 1 else 's'}"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)[:200]
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
