"""POST /v1/recommendations/feedback: what became of answers. Any content type is read as JSON, as beacons send text."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

import profiles.queries
from cdp.lib.problems import Problem
from consent import services as consent
from consent.services.gpc import says_gpc
from events.rate_limit import Buckets
from people.queries import callers
from people.queries.callers import BROWSER, Caller, Whose
from recommendations import feedback
from recommendations.api.params import PERSON, Faults, person_of
from recommendations.services.feedback import take

MOST_ERRORS = 100
buckets = Buckets()


def take_feedback(
    meta: Mapping[str, Any], caller: Caller, query: Mapping[str, str], body: object, now: datetime
) -> dict[str, Any]:
    """{taken, repeated, errors}. What is faulty is named in errors and the rest is taken; raises Problem 400 where
    nothing can be, 403, or 429 with Retry-After."""
    wrong: Faults = []
    person = person_of({name: query[name] for name in PERSON if name in query}, wrong)
    if wrong:
        raise Problem("invalid", "Some parameters cannot be used", 400, "Mend the parameters named in errors.", wrong)
    found = callers.whose(caller, person)
    faults: list[feedback.Fault] = []
    sent = feedback.read(body, faults, now)
    _check_rate(caller, sum(len(one.product_ids) or 1 for one in sent))
    if found.speaks_for:
        consent.note_gpc(meta, now=now, identifier_id=found.speaks_for)
    is_refusing = says_gpc(meta) and caller.kind != callers.SERVER
    taken = take(sent, identifier_id=_identifier(found), says_gpc=is_refusing, now=now)
    errors = _errors((*faults, *taken.faults))
    if errors and not taken.taken and not taken.repeated:
        text = "Nothing of this was taken: mend what errors names and send it again."
        raise Problem("invalid", "The feedback cannot be used", 400, text, errors)
    return {"taken": taken.taken, "repeated": taken.repeated, "errors": errors}


def _errors(faults: Sequence[feedback.Fault]) -> list[dict[str, str]]:
    """The first faults, and how many more there are: an answer is not many times what was sent."""
    told = [{"field": one.field, "reason": one.reason, "detail": one.detail} for one in faults[:MOST_ERRORS]]
    if more := len(faults) - len(told):
        told.append({"field": "", "reason": "and_more", "detail": f"{more} more faults are not listed."})
    return told


def _identifier(found: Whose) -> int:
    """Under which identifier it would be kept; 0 for nobody known."""
    if found.speaks_for or found.profile_id is None:
        return found.speaks_for
    return next(iter(profiles.queries.askable(profile_id=found.profile_id)), 0)


def _check_rate(caller: Caller, count: int) -> None:
    """A public key sends as many things a second as events, at most."""
    most = settings.INGEST_MAX_EVENTS_PER_SECOND
    if caller.kind != BROWSER or not most:
        return
    if wait_s := buckets.take(caller.source_id, count, per_second=most, now_s=time.monotonic()):
        text = f"Send at most {most} things a second, and these again after Retry-After seconds."
        raise Problem(
            "rate_limited", "The source sends too much feedback", 429, text, headers={"Retry-After": str(wait_s)}
        )
