"""Trying a place out: what somebody would be shown by what stands in the editor. Nothing is written.

Somebody is a visitor nobody knows, or the person with a user id or an e-mail address, asked for as by a server.
"""

import json
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from cdp.access.services import record_view
from cdp.admin_decision.editor_page import faults_json, read_json
from cdp.admin_decision.rights import LOOK, found, require
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from decisions.api.params import read_decide
from decisions.contracts import DecideRequest
from decisions.definition import DefinitionError, mentions_of, parse_definition
from decisions.models import DecisionPlacement
from decisions.queries.placements import LivePlacement
from decisions.services.deciding import body_of, encode, try_place
from decisions.services.situations import Situation
from people.queries.callers import NOBODY, SERVER, Caller, Named, whose

PERSON = "profiles.view_profile"
NAMES = ("user_id", "email", "anonymous_id")


@require_POST
def answer(request: HttpRequest, placement_id: int) -> HttpResponse:
    """{decision} for `draft`, `context`, `cart` (JSON), `who` (nobody, user_id, email or anonymous_id) and `value`."""
    require(request, LOOK)
    row = found(placement_id)
    try:
        definition = parse_definition(read_json(request.POST.get("draft", "")))
        said = {name: json.loads(request.POST.get(name) or "null") for name in ("context", "cart")}
        situated = read_decide({"placements": [row.key], **said}, is_server=True)
    except DefinitionError as error:
        return JsonResponse({"problem": "Mend what is marked first.", "faults": faults_json(error.faults)})
    except (ValueError, RecursionError) as error:
        return JsonResponse({"problem": f"This cannot be read: {error}.", "faults": []})
    except Problem as problem:
        words = " ".join(f"{one['field']}: {one['detail']}" for one in problem.errors)
        return JsonResponse({"problem": words or problem.detail, "faults": []})
    now = utc_now()
    person = _person(request)
    caller = Caller(SERVER)
    asked = whose(caller, person) if person else NOBODY
    if asked.profile_id is not None:
        record_view(actor(request), f"profile:{asked.profile_id}", "tried out a decided place", now=now)
    situation = Situation(
        DecideRequest(
            caller=caller,
            placements=(row.key,),
            person=person,
            found=asked,
            context=situated.context,
            cart=situated.cart,
        ),
        now,
        is_preview=True,
    )
    mentions = mentions_of(definition)
    attached = row.version.definition.get("attached", {}) if row.version else {}
    place = LivePlacement(
        id=row.pk,
        key=row.key,
        is_paused=False,
        version_id=row.version_id or 0,
        version=row.version.number if row.version else 0,
        definition=replace(definition, attached=attached),
        mentions=mentions,
        slugs=frozenset((*mentions.segments, *attached.values())),
    )
    body: dict[str, Any] = json.loads(encode(body_of(try_place(place, situation))))
    known = "somebody we know" if asked.profile_id else "a visitor nobody knows"
    unheld = definition.rules.keys() - attached.keys()
    note = "Rules on the person that were not published yet hold for nobody here. " if unheld else ""
    return JsonResponse(
        {"decision": body, "known": known, "note": note, "state": DecisionPlacement.State(row.state).label}
    )


def _person(request: HttpRequest) -> Named | None:
    """Who is named; looking at people is a right of its own."""
    who, value = request.POST.get("who", ""), request.POST.get("value", "").replace("\0", "").strip()
    if who not in NAMES or not value:
        return None
    require(request, PERSON)
    return who, value
