"""What decide, exposures and conversions are sent, read and judged as a whole: every fault is named at once. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec.structs

from cdp.lib.clock import from_us
from cdp.lib.open_doors import KEYS, Faults, fault
from cdp.lib.problems import Problem
from cdp.lib.values import instant_us, number
from offers.cart_reading import read_cart
from offers.contracts import Cart
from people.queries.callers import Named

PERSON = ("profile_id", "user_id", "email", "anonymous_id")
IN_DECIDE = (*PERSON, *KEYS, "placements", "context", "cart", "idempotency_key")
MOST_PLACEMENTS, MOST_CONTEXT, MOST_TOLD = 50, 50, 500
LONGEST, LONGEST_KEY, LONGEST_KIND = 512, 255, 64
AHEAD = timedelta(minutes=10)
ORDER = "order"
TOP = Decimal("999999999999.99")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedToDecide:
    """A request to decide. A profile_id in `person` is a well-formed UUID."""

    person: Named | None
    placements: tuple[str, ...]
    context: Mapping[str, Any] = field(default_factory=dict)
    cart: Cart | None = None
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Something told of a decision; `where` it stands in what was sent. `kind` is empty for an exposure."""

    where: str
    decision_id: UUID
    at: datetime
    kind: str = ""
    occasion: str = ""
    value: Decimal = Decimal(0)


def read_decide(body: Mapping[str, Any], header_key: str = "", *, is_server: bool = False) -> AskedToDecide:
    """What is asked; `is_server`: the shop itself asks. Raises Problem 400 naming each field that cannot be used."""
    faults: Faults = []
    for name in sorted(set(body) - set(IN_DECIDE))[:20]:
        faults.append(fault(name[:64], "unknown", f"There are: {', '.join(IN_DECIDE)}."))
    context = _context(body.get("context"), faults)
    asked = AskedToDecide(
        person=person_of(body, faults),
        placements=_placements(body.get("placements"), faults),
        context=context,
        cart=_cart(body.get("cart"), context, is_server, faults),
        idempotency_key=_text(body.get("idempotency_key") or header_key, "idempotency_key", LONGEST_KEY, faults),
    )
    if faults:
        raise Problem("invalid", "The request cannot be used", 400, "Mend the fields named in errors.", faults)
    return asked


def read_told(body: Mapping[str, Any], name: str, now: datetime, faults: Faults) -> list[Told]:
    """What `exposures` or `conversions` tell; what cannot be used is added to `faults`, the rest is taken."""
    given = body.get(name)
    if not isinstance(given, list) or not 0 < len(given) <= MOST_TOLD:
        faults.append(fault(name, "not_a_list", f"A list of 1 to {MOST_TOLD}."))
        return []
    return [
        found
        for i, one in enumerate(given)
        if (found := _told(one, f"{name}[{i}]", name == "conversions", now, faults)) is not None
    ]


def person_of(given: Mapping[str, Any], faults: Faults) -> Named | None:
    """Who is named, once."""
    named = [name for name in PERSON if given.get(name)]
    if len(named) > 1:
        faults.append(fault(named[1], "too_many", f"Name the person once: {named[0]} is there already."))
    if not named:
        return None
    value = given[named[0]]
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > LONGEST:
        faults.append(fault(named[0], "not_text", f"A text of at most {LONGEST} characters."))
        return None
    if named[0] == "profile_id" and _uuid(value) is None:
        faults.append(fault("profile_id", "not_a_uuid", "A profile id is a UUID."))
        return None
    return named[0], value


def plain(text: str) -> str:
    """Without what PostgreSQL keeps in no text."""
    return text.replace("\0", "")


def _placements(given: object, faults: Faults) -> tuple[str, ...]:
    found = given if isinstance(given, list) and len(given) <= MOST_PLACEMENTS else []
    if not found or not all(isinstance(one, str) and 0 < len(one) <= 100 for one in found):
        faults.append(fault("placements", "not_a_list", f"A list of 1 to {MOST_PLACEMENTS} keys of placements."))
        return ()
    return tuple(dict.fromkeys(found))


def _context(given: object, faults: Faults) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > MOST_CONTEXT:
        text = f'An object of at most {MOST_CONTEXT} texts, numbers and truth values, like {{"country": "DE"}}.'
        faults.append(fault("context", "not_an_object", text))
        return {}
    found = {}
    for name, value in given.items():
        if value is None:
            continue
        is_value = isinstance(value, str | int | float | bool | Decimal)
        if not is_value or (isinstance(value, str) and len(value) > LONGEST):
            where, text = f"context.{name[:64]}", f"A text of at most {LONGEST} characters, a number, true or false."
            faults.append(fault(where, "not_a_value", text))
            continue
        found[plain(name)] = plain(value) if isinstance(value, str) else value
    return found


def _cart(given: object, context: Mapping[str, Any], may_tell_costs: bool, faults: Faults) -> Cart | None:
    """As in POST /v1/offers/evaluate; what it leaves out of where it stands the context says."""
    if given is None:
        return None
    cart = read_cart(given, "cart", faults, may_tell_costs=may_tell_costs)
    said = {name: value for name, value in context.items() if isinstance(value, str)}
    return msgspec.structs.replace(
        cart,
        channel=cart.channel or said.get("channel", ""),
        country=cart.country or said.get("country", ""),
        locale=cart.locale or said.get("locale", ""),
    )


def _text(value: object, name: str, most: int, faults: Faults) -> str:
    if isinstance(value, str) and len(value) <= most:
        return plain(value)
    faults.append(fault(name, "not_text", f"A text of at most {most} characters."))
    return ""


def _told(given: object, where: str, is_conversion: bool, now: datetime, faults: Faults) -> Told | None:
    if isinstance(given, str):
        given = {"decision_id": given}
    if not isinstance(given, dict):
        faults.append(fault(where, "not_an_object", 'Each is an object like {"decision_id": "0193…"}.'))
        return None
    pk = _uuid(given.get("decision_id"))
    if pk is None:
        text = "The decision_id of an answer of POST /v1/decide."
        faults.append(fault(f"{where}.decision_id", "not_a_decision", text))
        return None
    at = _at(given.get("at"), now)
    if at is None:
        text = "When it happened, e.g. 2026-03-01T12:00:00Z, not in the future; or leave it out for now."
        faults.append(fault(f"{where}.at", "not_an_instant", text))
        return None
    return _conversion(given, where, pk, at, faults) if is_conversion else Told(where, pk, at)


def _conversion(given: Mapping[str, Any], where: str, pk: UUID, at: datetime, faults: Faults) -> Told | None:
    kind, occasion = given.get("kind"), given.get("occasion") or ""
    if not isinstance(kind, str) or not 0 < len(plain(kind)) <= LONGEST_KIND:
        text = f"What happened, e.g. click: at most {LONGEST_KIND} characters."
        faults.append(fault(f"{where}.kind", "not_text", text))
        return None
    if plain(kind) == ORDER:
        text = "Orders count by themselves, from the order's own events: leave them out."
        faults.append(fault(f"{where}.kind", "order_counts_itself", text))
        return None
    if not isinstance(occasion, str) or len(occasion) > LONGEST:
        faults.append(fault(f"{where}.occasion", "not_text", f"A text of at most {LONGEST} characters."))
        return None
    value = number(given.get("value")) if given.get("value") not in (None, "") else Decimal(0)
    if value is None or not 0 <= value <= TOP:
        faults.append(fault(f"{where}.value", "not_a_number", "What it was worth: a number from 0 on, e.g. 19.90."))
        return None
    return Told(where, pk, at, plain(kind), plain(occasion), value)


def _at(given: object, now: datetime) -> datetime | None:
    if given in (None, ""):
        return now
    instant = instant_us(given) if isinstance(given, str) else None
    at = None if instant is None else from_us(instant)
    return None if at is None or at > now + AHEAD else min(at, now)


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) <= 36 else None
    except ValueError:
        return None


def unknown_faults(told: Sequence[Told], unknown: frozenset[UUID]) -> Faults:
    """What tells of decisions that are none of ours."""
    text = "No decision has this id: it was made up, or is older than 90 days. Send the id that /v1/decide answered."
    return [fault(f"{one.where}.decision_id", "unknown_decision", text) for one in told if one.decision_id in unknown]
