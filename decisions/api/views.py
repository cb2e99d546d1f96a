"""The doors of decisions: parse, one call, shape the answer."""

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cdp.lib.clock import utc_now
from cdp.lib.open_doors import PRIVATE, Faults, OpenView, body_of, encode, fault, keys_of, read_object, texts_of
from cdp.lib.problems import Problem
from consent import services as consent
from consent.services.gpc import says_gpc
from decisions.api import params, schema
from decisions.contracts import Browser, DecideRequest, Seen, Taken
from decisions.services.converting import NewConversion, take_conversions
from decisions.services.deciding import decide
from decisions.services.exposing import take_exposures
from events.rate_limit import Buckets
from experiments.queries import unit_hash
from experiments.queries.units import unit_of
from people.queries import callers
from people.queries.callers import BROWSER, SERVER, Caller

READ, WRITE = "decisions:read", "decisions:write"
MOST_ERRORS = 100
buckets = Buckets()


class DecideView(OpenView):
    """What to show in several places."""

    @schema.decide
    def post(self, request: HttpRequest) -> HttpResponse:
        """Decide up to 50 places."""
        found = answer(request.META, texts_of(request.GET), body_of(request))
        return HttpResponse(found, "application/json", headers=PRIVATE)


class ExposuresView(OpenView):
    """What was seen."""

    @schema.exposures
    def post(self, request: HttpRequest) -> HttpResponse:
        """Tell which decisions were seen."""
        return _told(request, "exposures")


class ConversionsView(OpenView):
    """What came of it."""

    @schema.conversions
    def post(self, request: HttpRequest) -> HttpResponse:
        """Tell of clicks and whatever else came of decisions."""
        return _told(request, "conversions")


def answer_raw(meta: Mapping[str, Any], query: Mapping[str, str], raw: bytes) -> bytes:
    """The body of an answer to a body; raises Problem. What the fast lane calls."""
    return answer(meta, query, read_object(raw))


def answer(meta: Mapping[str, Any], query: Mapping[str, str], body: dict[str, Any]) -> bytes:
    """{"decisions": […]} as JSON; raises Problem."""
    caller = callers.caller_of(meta, keys_of(query, body), scope=READ)
    key = str(meta.get("HTTP_IDEMPOTENCY_KEY", ""))[: params.LONGEST_KEY]
    asked = params.read_decide(body, key, is_server=caller.kind == SERVER)
    found = callers.whose(caller, asked.person)
    now = utc_now()
    if found.speaks_for:  # a server's own head says nothing of its customer
        consent.note_gpc(meta, now=now, identifier_id=found.speaks_for)
    request = DecideRequest(
        caller=caller,
        person=asked.person,
        found=found,
        placements=asked.placements,
        context=asked.context,
        cart=asked.cart,
        idempotency_key=asked.idempotency_key,
        is_refusing=caller.kind != SERVER and not found.speaks_for and says_gpc(meta),
    )
    return b'{"decisions":[' + b",".join(decide(request, now)) + b"]}"


def _told(request: HttpRequest, name: str) -> HttpResponse:
    """{taken, repeated, errors}: what is faulty is named and the rest is taken; Problem 400 where nothing can be."""
    body, now = body_of(request), utc_now()
    caller = callers.caller_of(request.META, keys_of(texts_of(request.GET), body), scope=WRITE)
    faults: Faults = []
    told = params.read_told(body, name, now, faults)
    _check_rate(caller, max(len(told), 1))
    by = _browser(caller, body, faults)
    if name == "exposures":
        taken = take_exposures([Seen(one.decision_id, one.at) for one in told], now, by=by)
    else:
        conversions = [NewConversion(one.decision_id, one.kind, one.at, one.occasion, one.value) for one in told]
        taken = take_conversions(conversions, now, by=by)
    faults += params.unknown_faults(told, taken.unknown)
    return HttpResponse(encode(_body(taken, faults)), "application/json", 202, headers=PRIVATE)


def _browser(caller: Caller, body: Mapping[str, Any], faults: Faults) -> Browser | None:
    """The browser whose own device tells, where it names itself and is known."""
    person = params.person_of(body, faults) if caller.kind == BROWSER else None
    found = callers.whose(caller, person) if person is not None and person[0] == "anonymous_id" else callers.NOBODY
    if person is None or not found.person_ids:
        return None
    return Browser(unit_hash(unit_of(*person)), found.speaks_for)


def _body(taken: Taken, faults: Faults) -> dict[str, Any]:
    """Raises Problem 400 where everything was faulty."""
    more = len(faults) - MOST_ERRORS
    errors = faults[:MOST_ERRORS]
    if more > 0:
        errors.append(fault("", "and_more", f"{more} more faults are not listed."))
    if errors and not taken.taken and not taken.repeated:
        raise Problem("invalid", "Nothing of this was taken", 400, "Mend what errors names and send it again.", errors)
    return {"taken": taken.taken, "repeated": taken.repeated, "errors": errors}


def _check_rate(caller: Caller, count: int) -> None:
    """A public key sends as many things a second as events, at most."""
    most = settings.INGEST_MAX_EVENTS_PER_SECOND
    if caller.kind != BROWSER or not most:
        return
    if wait_s := buckets.take(caller.source_id, count, per_second=most, now_s=time.monotonic()):
        text = f"Send at most {most} things a second, and these again after Retry-After seconds."
        raise Problem("rate_limited", "The source sends too much", 429, text, headers={"Retry-After": str(wait_s)})
