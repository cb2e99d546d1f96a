"""Staff say what a person allowed or refused, with a reason: /admin/consent/say/<profile>/. Told in the audit log.

A yes needs what shows it (a signed form, a recorded call); a no needs a reason only. It counts for every address of the
person that the purpose is stated for, else for their strongest identifier, and goes through the door of all choices.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from cdp.access.services import record_audit
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from consent import services as consent
from consent.choices import Choice
from consent.contracts import DENIED, GRANTED, WITHDRAWN, PurposeFacts
from consent.purposes_in_force import purposes_now
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts
from profiles.identifiers import rank

RIGHT = "consent.add_suppression"
SAYABLE = {WITHDRAWN: "no longer allows it", DENIED: "refused it", GRANTED: "allowed it"}
KIND_OF_CHANNEL = {"email": "email", "sms": "phone"}
LONGEST = 2_000


def may_say(request: HttpRequest) -> bool:
    """Whether this member of staff may record what people said."""
    return bool(getattr(request.user, "has_perm", lambda _: False)(RIGHT))


def say(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """GET shows the form, POST records it and goes back to the person."""
    if not may_say(request):
        raise PermissionDenied
    identifiers = [one for one in profiles.identifiers_of([profile_id]).get(profile_id, []) if not one.is_shared]
    if not identifiers:
        raise Http404
    back = f"{reverse('admin:profiles_profile_change', args=[profile_id])}?tab=consent"
    fault = ""
    if request.method == "POST":
        try:
            count = _record(request, profile_id, identifiers, now=utc_now())
        except Problem as problem:
            fault = problem.detail
        else:
            messages.success(request, f"Recorded in the ledger: {count} line{'' if count == 1 else 's'}.")
            return redirect(back)
    context = {
        **admin.site.each_context(request),
        "title": "Say what this person allowed or refused",
        "purposes": [one for one in purposes_now().all if one.shown],
        "states": SAYABLE.items(),
        "given": request.POST,
        "fault": fault,
        "back": back,
    }
    return render(request, "admin/person/say.html", context, status=422 if fault else 200)


def _record(request: HttpRequest, profile_id: UUID, identifiers: Sequence[IdentifierFacts], *, now: datetime) -> int:
    """How many lines are new. Raises Problem."""
    reason, proof = (request.POST.get(name, "").strip()[:LONGEST].replace("\0", "") for name in ("reason", "proof"))
    state, purpose = request.POST.get("state", ""), purposes_now().get(request.POST.get("purpose", ""))
    if purpose is None or not purpose.shown or state not in SAYABLE:
        raise _refused("Choose a purpose, and what the person said.")
    if not reason:
        raise _refused("Say why: the ledger keeps the reason.")
    if state == GRANTED and not proof:
        raise _refused("A yes needs what shows it: where the signed form is, or when and by whom the call was taken.")
    subjects = _subjects(purpose, identifiers)
    if not subjects:
        raise _refused(f"The person has no {KIND_OF_CHANNEL[purpose.channel]} for which {purpose.label} could be said.")
    user = request.user if isinstance(request.user, AbstractBaseUser) else None
    found = consent.choose_each(
        [
            Choice(
                purpose=purpose.code,
                state=state,
                method="staff",
                identifier=(one.kind, one.value) if purpose.channel else None,
                identifier_id=None if purpose.channel else one.id,
                occurred_at=now,
                actor=f"staff:{request.user.pk}",
                proof={"says": proof} if proof else {},
                proof_kind="staff",
                is_verified=True,
                reason=reason,
            )
            for one in subjects
        ],
        now=now,
    )
    record_audit(user, f"said consent {state}: {purpose.code}", f"profile:{profile_id}", reason)
    return sum(not isinstance(one, Problem) and one.recorded for one in found)


def _subjects(purpose: PurposeFacts, identifiers: Sequence[IdentifierFacts]) -> list[IdentifierFacts]:
    if not purpose.channel:
        return [min(identifiers, key=lambda one: (rank(one.kind), one.first_seen_at, one.id))]
    return [one for one in identifiers if one.kind == KIND_OF_CHANNEL[purpose.channel]]


def _refused(detail: str) -> Problem:
    return Problem("invalid_consent", "This cannot be recorded", 422, detail)
