"""What each step of a request does: f(request, step, now) → its evidence. Each may be run again at any time.

Evidence is counts, codes and instants: nothing in it names anybody.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from cdp.lib.clock import utc_now
from cdp.lib.rights import Person
from privacy import steps
from privacy.contracts import LETTER_DONE, LETTER_READY
from privacy.models import Request, Step
from privacy.services import exporting, rectifying, stating, telling
from privacy.services.erasing import ErasureIncomplete, erase_person, remains
from privacy.services.finding import find_person, from_json, to_json
from privacy.services.requests import answer
from privacy.services.waiting import NotYet
from profiles.identifiers import EMAIL

Evidence = Mapping[str, Any]
__all__ = ["DOING", "NotYet"]


def person_of(request: Request) -> Person:
    """As found by the step `find`."""
    return from_json(request.person or {"identifiers": [], "profile_ids": [], "shared": []})


def find(request: Request, step: Step, now: datetime) -> Evidence:
    """Whom the address stands for, kept with the request: erasing takes away the rows it was found in."""
    person = find_person(EMAIL, request.address) or Person(())
    request.person = to_json(person)
    request.save(update_fields=["person"])
    kinds = Counter(held.kind for held in person.identifiers)
    found: dict[str, Any] = {"identifiers": dict(sorted(kinds.items()))}
    if person.shared:
        found["left out: seen with other people too"] = len(person.shared)
    return found


def export(request: Request, step: Step, now: datetime) -> Evidence:
    """The ZIP."""
    made = exporting.make(request, person_of(request), now)
    return {"records": made.records, "bytes": made.bytes, "sha256": bytes(made.sha256).hex()}


def rectify(request: Request, step: Step, now: datetime) -> Evidence:
    """One identify event of our own, which counts from now on."""
    return rectifying.rectify(request, person_of(request), now)


def applied(request: Request, step: Step, now: datetime) -> Evidence:
    """Whether the profile says what was asked for. Raises NotYet while the event is on its way."""
    return rectifying.applied(request, person_of(request))


def ledger(request: Request, step: Step, now: datetime) -> Evidence:
    """What the person said, as entries of the ledger."""
    return stating.state(request, person_of(request), now)


def recipients(request: Request, step: Step, now: datetime) -> Evidence:
    """Everybody who got something of the person is told what became of it."""
    return telling.tell_recipients(request, person_of(request), now)


def erase(request: Request, step: Step, now: datetime) -> Evidence:
    """All stores, each noted as its step as soon as it is done; run again from the first after a failure."""
    found_at = request.steps.get(name=steps.FIND).ended_at or now
    own: dict[str, Any] = {}
    for store, erased in erase_person(person_of(request), found_at):
        evidence: dict[str, Any] = {**erased.counts}
        if erased.later:
            evidence["later"] = list(erased.later)
        if (name := f"{steps.ERASE_PREFIX}{store.name}") == step.name:
            own = evidence
        else:
            _note_store(request, name, store.title, evidence)
    return own


def check(request: Request, step: Step, now: datetime) -> Evidence:
    """Nothing of the person is left in any store. Raises ErasureIncomplete, and all stores are walked again."""
    left = remains(person_of(request))
    if left:
        request.steps.filter(name__startswith=steps.ERASE_PREFIX).update(state=Step.State.WAITING)
        raise ErasureIncomplete(left)
    return {"records left": 0}


def tell(request: Request, step: Step, now: datetime) -> Evidence:
    """The answer, queued as a letter in one transaction with nothing else: once a request."""
    kind = LETTER_READY if request.kind == Request.Kind.ACCESS else LETTER_DONE
    letter = answer(request, kind, now)
    return {"letter": kind} if letter is not None else {"letter": "none: there is no address"}


@transaction.atomic
def empty(request: Request, step: Step, now: datetime) -> Evidence:
    """The request keeps what was asked and done, and nobody's data."""
    request.address, request.address_hash, request.person, request.wishes = "", None, None, {}
    request.save(update_fields=["address", "address_hash", "person", "wishes"])
    request.links.all().delete()
    return {"emptied": "address, person and wishes"}


def _note_store(request: Request, name: str, title: str, evidence: Mapping[str, Any]) -> None:
    """A store's step is done; one that came with a new version of the house is added. Counts of repeats add up."""
    known = request.steps.filter(name=name).first()
    if known is None:
        place = request.steps.filter(name__startswith=steps.ERASE_PREFIX).count()
        planned = steps.store_step(place, name, title)
        known = Step(request=request, position=planned.position, name=name, title=planned.title)
    for what, value in evidence.items():
        before = known.evidence.get(what, 0)
        both = isinstance(value, int) and isinstance(before, int)
        known.evidence[what] = before + value if both else value
    known.state, known.error = Step.State.DONE, ""
    known.attempts += 1
    known.ended_at = utc_now()
    known.started_at = known.started_at or known.ended_at
    known.save()


DOING: Mapping[str, Callable[[Request, Step, datetime], Evidence]] = {
    steps.FIND: find,
    steps.EXPORT: export,
    steps.RECTIFY: rectify,
    steps.APPLIED: applied,
    steps.LEDGER: ledger,
    steps.RECIPIENTS: recipients,
    steps.ERASE: erase,
    steps.CHECK: check,
    steps.TELL: tell,
    steps.EMPTY: empty,
}
