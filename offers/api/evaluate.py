"""POST /v1/offers/evaluate: the promotions of one cart, or of up to a hundred at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from cdp.lib.clock import from_us, utc_now
from cdp.lib.open_doors import KEYS, PRIVATE, Faults, OpenView, body_of, fault, keys_of, refuse, texts_of
from cdp.lib.values import instant_us
from consent import services as consent
from offers.api import evaluate_schema as schema
from offers.api.doors import PERSON, person_of
from offers.cart_reading import read_cart
from offers.contracts import Cart, PersonStanding
from offers.queries.evaluating import Question, evaluate_each, standing_of
from offers.queries.held import Held, held_by
from people.queries import callers
from people.queries.callers import BROWSER, SERVER, Caller, Named, Whose
from segments.queries.standing import known_of

SCOPE = "offers:read"
MOST_CARTS, MOST_CODES, LONGEST_CODE = 100, 10, 100
MOST_HELD, LONGEST_KEY = 20, 200
ONE = (*PERSON, "person", "cart", "codes", "reservations")
FIELDS = (*ONE, *KEYS, "at")
_encode = msgspec.json.Encoder().encode
"""Money as text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One cart as it was sent."""

    cart: Cart
    person: Named | None
    codes: tuple[str, ...]
    reservations: tuple[str, ...] = ()


class EvaluateView(OpenView):
    """Promotions of carts."""

    @schema.post
    def post(self, request: HttpRequest) -> HttpResponse:
        """Evaluate a cart, or several."""
        body = body_of(request)
        found = evaluated(request.META, keys_of(texts_of(request.GET), body), body)
        return HttpResponse(found, "application/json", headers=PRIVATE)


def evaluated(meta: Mapping[str, Any], keys: Mapping[str, str], body: Mapping[str, Any]) -> bytes:
    """The answer's body; raises Problem. Also what the fast lane calls."""
    caller = callers.caller_of(meta, keys, scope=SCOPE)
    faults: Faults = []
    now = _now(body, caller, faults)
    is_batch = "carts" in body
    asked = _carts(body, caller, faults) if is_batch else [_one(body, "", caller, faults, FIELDS)]
    refuse(faults)
    is_trusted = caller.kind == SERVER
    names = {name for one in asked for name in one.reservations}
    known = held_by(names) if names else []
    held = [tuple([it for it in known if {it.id, it.key} & {*one.reservations}]) for one in asked]
    people = _standings(meta, caller, [(one.person, mine) for one, mine in zip(asked, held, strict=True)], now)
    questions = [
        Question(one.cart, person, one.codes, is_trusted, mine)
        for one, person, mine in zip(asked, people, held, strict=True)
    ]
    found = evaluate_each(questions, now)
    return _encode({"results": found} if is_batch else found[0])


def _carts(body: Mapping[str, Any], caller: Caller, faults: Faults) -> list[Asked]:
    given = body["carts"]
    _unknown(body, ("carts", *KEYS, "at"), "", faults)
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_CARTS:
        faults.append(fault("carts", "not_carts", f'1 to {MOST_CARTS} of {{"cart": …, "user_id": …, "codes": …}}.'))
        return []
    found = []
    for index, one in enumerate(given):
        if isinstance(one, dict):
            found.append(_one(one, f"carts[{index}].", caller, faults, ONE))
        else:
            faults.append(fault(f"carts[{index}]", "not_an_object", f"An object with {', '.join(ONE)}."))
    return found


def _one(given: Mapping[str, Any], before: str, caller: Caller, faults: Faults, known: tuple[str, ...]) -> Asked:
    _unknown(given, known, before, faults)
    wrong: Faults = []
    person = person_of(given, wrong)
    faults += [{**one, "field": before + one["field"]} for one in wrong]
    cart = read_cart(given.get("cart"), f"{before}cart", faults, may_tell_costs=caller.kind == SERVER)
    reservations = _texts(given, "reservations", before, faults, MOST_HELD, LONGEST_KEY)
    if reservations and caller.kind != SERVER:
        faults.append(fault(f"{before}reservations", "server_only", "Only a server key names reservations."))
    return Asked(cart, person, _texts(given, "codes", before, faults, MOST_CODES, LONGEST_CODE), reservations)


def _texts(
    given: Mapping[str, Any], name: str, before: str, faults: Faults, most: int, longest: int
) -> tuple[str, ...]:
    """A list of texts, or one of them."""
    value = given.get(name)
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    if len(listed) > most:
        faults.append(fault(f"{before}{name}", "too_many", f"At most {most} {name}."))
        return ()
    found = []
    for index, one in enumerate(listed):
        if isinstance(one, str) and 0 < len(one.strip()) <= longest:
            found.append(one.strip())
        else:
            what = "as the customer typed it" if name == "codes" else "the id or key of a reservation"
            faults.append(
                fault(f"{before}{name}[{index}]", "not_text", f"A text of 1 to {longest} characters, {what}.")
            )
    return tuple(found)


def _now(body: Mapping[str, Any], caller: Caller, faults: Faults) -> datetime:
    """Now, or the instant at which a server wants to know what would hold."""
    if body.get("at") is None:
        return utc_now()
    if caller.kind != SERVER:
        faults.append(fault("at", "server_only", "Only a server key asks about another time."))
        return utc_now()
    at_us = instant_us(body["at"])
    if at_us is None:
        faults.append(fault("at", "not_a_time", "A time with its zone, such as 2026-11-27T00:00:00+01:00."))
        return utc_now()
    return from_us(at_us)


def _standings(
    meta: Mapping[str, Any], caller: Caller, people: Sequence[tuple[Named | None, tuple[Held, ...]]], now: datetime
) -> list[PersonStanding]:
    """What may be known of each; somebody who is named for several carts is looked up once."""
    kept: dict[tuple[Named | None, tuple[Held, ...]], PersonStanding] = {}
    for one in people:
        if one not in kept:
            kept[one] = _standing(meta, caller, callers.whose(caller, one[0]), now, one[1])
    return [kept[one] for one in people]


def _standing(
    meta: Mapping[str, Any], caller: Caller, found: Whose, now: datetime, held: tuple[Held, ...]
) -> PersonStanding:
    if found.speaks_for:  # a server's own head says nothing of its customer
        consent.note_gpc(meta, now=now, identifier_id=found.speaks_for)
    known = known_of(found, now, is_browser=caller.kind == BROWSER, use="offer")
    if known.refusal is not None:
        consent.note_refusals([known.refusal], now)
    return standing_of(known, now, held)


def _unknown(given: Mapping[str, Any], known: tuple[str, ...], before: str, faults: Faults) -> None:
    names = sorted(given.keys() - set(known))[:20]
    faults.extend(fault(f"{before}{name[:80]}", "unknown_field", f"There are {', '.join(known)}.") for name in names)
