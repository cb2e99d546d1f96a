"""POST /v1/offers/evaluate: the promotions of one cart, or of up to a hundred at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from cdp.lib.clock import from_us, utc_now
from cdp.lib.values import instant_us
from consent import services as consent
from offers.api import evaluate_schema as schema
from offers.api.doors import KEYS, PERSON, PRIVATE, Faults, OpenView, fault, keys_of, person_of, read_object, refuse
from offers.cart_reading import read_cart
from offers.contracts import Cart, PersonStanding
from offers.queries.evaluating import Question, evaluate_each, standing_of
from people.queries import callers
from people.queries.callers import BROWSER, SERVER, Caller, Named, Whose
from segments.queries.standing import known_of

SCOPE = "offers:read"
MOST_CARTS, MOST_CODES, LONGEST_CODE = 100, 10, 100
ONE = (*PERSON, "person", "cart", "codes")
FIELDS = (*ONE, *KEYS, "at")
_encode = msgspec.json.Encoder().encode
"""Money as text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One cart as it was sent."""

    cart: Cart
    person: Named | None
    codes: tuple[str, ...]


class EvaluateView(OpenView):
    """Promotions of carts."""

    @schema.post
    def post(self, request: HttpRequest) -> HttpResponse:
        """Evaluate a cart, or several."""
        body = read_object(request)
        found = evaluated(request.META, keys_of(request, body), body)
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
    people = _standings(meta, caller, [one.person for one in asked], now)
    questions = [Question(one.cart, person, one.codes, is_trusted) for one, person in zip(asked, people, strict=True)]
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
    return Asked(cart, person, _codes(given.get("codes"), before, faults))


def _codes(value: object, before: str, faults: Faults) -> tuple[str, ...]:
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    if len(listed) > MOST_CODES:
        faults.append(fault(f"{before}codes", "too_many", f"At most {MOST_CODES} codes."))
        return ()
    found = []
    for index, code in enumerate(listed):
        if isinstance(code, str) and 0 < len(code.strip()) <= LONGEST_CODE:
            found.append(code.strip())
        else:
            text = f"A text of 1 to {LONGEST_CODE} characters, as the customer typed it."
            faults.append(fault(f"{before}codes[{index}]", "not_text", text))
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
    meta: Mapping[str, Any], caller: Caller, people: list[Named | None], now: datetime
) -> list[PersonStanding]:
    """What may be known of each; somebody who is named for several carts is looked up once."""
    kept: dict[Named | None, PersonStanding] = {}
    for person in people:
        if person not in kept:
            found = callers.whose(caller, person)
            kept[person] = _standing(meta, caller, found, now)
    return [kept[person] for person in people]


def _standing(meta: Mapping[str, Any], caller: Caller, found: Whose, now: datetime) -> PersonStanding:
    if found.speaks_for:  # a server's own head says nothing of its customer
        consent.note_gpc(meta, now=now, identifier_id=found.speaks_for)
    known = known_of(found, now, is_browser=caller.kind == BROWSER, use="offer")
    if known.refusal is not None:
        consent.note_refusals([known.refusal], now)
    return standing_of(known, now)


def _unknown(given: Mapping[str, Any], known: tuple[str, ...], before: str, faults: Faults) -> None:
    names = sorted(given.keys() - set(known))[:20]
    faults.extend(fault(f"{before}{name[:80]}", "unknown_field", f"There are {', '.join(known)}.") for name in names)
