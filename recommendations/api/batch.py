"""POST /v1/recommendations/batch: one question for up to 500 people, for mails and exports; a server key asks."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cdp.lib.problems import Problem
from consent import services as consent
from experiments.queries.units import unit_of, units_of
from people.queries import callers
from people.queries.callers import NOBODY, Caller, Named
from recommendations import queries
from recommendations.api import asking, bodies
from recommendations.api.params import PERSON, Asked, Faults, fault, person_of, read_body
from recommendations.queries.answer_ids import new_id

MOST_PEOPLE = 500


def answer_batch(caller: Caller, body: object, now: datetime) -> dict[str, Any]:
    """{placement, results}: one answer a person, in their order. Raises Problem.

    People nobody knows and people who refuse get what nobody gets, as everywhere. Who the people are, on which side
    they stand and what they did is read for all at once.
    """
    if caller.kind != callers.SERVER:
        text = "A batch names people: send `Authorization: Bearer sk_…` with the scope recommendations:read."
        raise Problem("server_key_missing", "Only a server key asks for many", 403, text)
    asked, people = _read(body)
    spec = asking.placement_of(asked, caller)
    profile_ids = callers.everybody(people)
    held = spec is not None and spec.holdout > 0
    known = {one for one in profile_ids if one is not None}
    units, kin = units_of(known) if held else {}, callers.askable_of(known)
    plain = asking.request_of(asked, NOBODY, b"", now)
    requests = []
    for person, profile_id in zip(people, profile_ids, strict=True):
        unit = (units.get(profile_id, b"") if profile_id else _own_unit(person)) if held else b""
        person_ids = kin.get(profile_id, ()) if profile_id else None
        requests.append(replace(plain, profile_id=profile_id, person_ids=person_ids, unit=unit))
    answers = queries.answer_each(requests)
    if refusals := [one.refusal for one in answers if one.refusal is not None]:
        consent.note_refusals(refusals, now)
    results = [
        {
            "person": {person[0]: person[1]},
            "recommendation_id": new_id(found, request.unit, now, placement=asked.placement),
            **bodies.body_of(found, currency=asked.currency, spec=spec),
        }
        for person, request, found in zip(people, requests, answers, strict=True)
    ]
    return {"results": results}


def _own_unit(person: Named) -> bytes:
    """Of somebody never seen."""
    return b"" if person[0] == "profile_id" else unit_of(*person)


def _read(body: object) -> tuple[Asked, list[Named]]:
    """The question, and whom it is about; raises Problem 400 naming every fault of either."""
    faults: Faults = []
    people = _people(body, faults)
    named = [name for name in PERSON if isinstance(body, dict) and name in body]
    faults.extend(fault(name, "not_in_a_batch", "Name everybody in people.") for name in named)
    try:
        asked = read_body(body, also=("people",))
    except Problem as problem:
        faults.extend({key: str(value) for key, value in error.items()} for error in problem.errors)
        if not faults:
            raise
    if faults:
        raise Problem("invalid", "Some fields cannot be used", 400, "Mend the fields named in errors.", faults)
    return asked, people


def _people(body: object, faults: Faults) -> list[Named]:
    given = body.get("people") if isinstance(body, Mapping) else None
    if not isinstance(given, list) or not given:
        faults.append(fault("people", "missing", 'A list of {"user_id": …}, {"email": …}, … with one at least.'))
        return []
    if len(given) > MOST_PEOPLE:
        faults.append(fault("people", "too_many", f"At most {MOST_PEOPLE} people a call."))
        return []
    found = []
    for index, one in enumerate(given):
        where = f"people[{index}]"
        if not isinstance(one, dict) or set(one) - set(PERSON):
            faults.append(fault(where, "not_a_person", f"An object with one of {', '.join(PERSON)}."))
        elif (person := person_of(one, faults, f"{where}.")) is None:
            faults.append(fault(where, "not_a_person", f"Name one of {', '.join(PERSON)} as text."))
        else:
            found.append(person)
    return found
