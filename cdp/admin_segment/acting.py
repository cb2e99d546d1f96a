"""Where a segment is used, its notes and owner, and what is done with it as a whole. Each is told in the audit log."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from cdp.access.services import record_audit
from cdp.admin_segment.frame import ADD, CHANGE, find, must, page, reader_of
from cdp.admin_segment.uses import preventing, uses_of
from cdp.admin_segment.versions import tell_of
from cdp.lib.clock import utc_now
from segments import services
from segments.models import Segment
from segments.queries.moves import MOST, moves_since

LONGEST = 5_000
ARCHIVED, LIVE, DRAFT = (
    str(state.value) for state in (Segment.State.ARCHIVED, Segment.State.LIVE, Segment.State.DRAFT)
)
STATES = {
    ARCHIVED: ("Archive", "archived"),
    LIVE: ("Put in force", "put in force"),
    DRAFT: ("Make it a draft", "made a draft"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def uses(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Uses, notes and owner; a POST saves the latter two."""
    segment = find(request, segment_id)
    reader = reader_of(request)
    if request.method == "POST":
        must(request, CHANGE)
        return _described(request, segment)
    found = uses_of(segment)
    staff = get_user_model()._default_manager.filter(is_active=True, is_staff=True).order_by("username")
    context = {
        "uses": found,
        "prevents": preventing(found),
        "owners": list(staff) if reader.changes else (),
        "is_rule": segment.kind == Segment.Kind.RULE,
        "states": [
            (words, reverse("segment-desk-state", args=[segment.pk, state]))
            for state, (words, _) in STATES.items()
            if state != segment.state and not (state == DRAFT and segment.state == ARCHIVED)
        ],
    }
    return page(request, "segments/uses.html", segment, "uses", context)


@require_http_methods(["GET", "HEAD", "POST"])
def become(request: HttpRequest, segment_id: int, state: str) -> HttpResponse:
    """Archive it, bring it back or make it a draft: the consequence first, then the button."""
    segment = find(request, segment_id)
    must(request, CHANGE)
    if state not in STATES or state == segment.state:
        raise Http404("It is that already, or there is no such state.")
    back = reverse("segment-desk-uses", args=[segment_id])
    prevents = preventing(uses_of(segment)) if state != LIVE else []
    if request.method == "POST" and not prevents:
        return _become(request, segment, state, back)
    context = {
        "button": STATES[state][0],
        "state": state,
        "size": _size(segment),
        "prevents": prevents,
        "back": back,
    }
    return page(request, "segments/become.html", segment, "uses", context)


@require_POST
def duplicate(request: HttpRequest, segment_id: int) -> HttpResponse:
    """A draft with the same rule, opened to be changed."""
    segment = find(request, segment_id)
    must(request, ADD)
    user = request.user if isinstance(request.user, AbstractBaseUser) else None
    try:
        copy = services.duplicate(segment.pk, by=user)
    except ValueError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("segment-desk-uses", args=[segment_id]))
    record_audit(user, "duplicated a segment", f"segment:{copy}", f"from segment:{segment.pk}")
    messages.info(request, f"This is a draft with the rule of {segment.name}. Nobody is in it until it is live.")
    return HttpResponseRedirect(reverse("admin:segments_segment_change", args=[copy]))


def _described(request: HttpRequest, segment: Segment) -> HttpResponse:
    notes = request.POST.get("notes", "").strip()[:LONGEST].replace("\0", "")
    owner = request.POST.get("owner", "")
    staff = get_user_model()._default_manager.filter(is_active=True, is_staff=True)
    chosen = staff.filter(pk=int(owner)).first() if owner.isascii() and owner.isdigit() and len(owner) < 10 else None
    services.describe(segment.pk, notes=notes, owner_id=chosen.pk if chosen else None)
    user = request.user if isinstance(request.user, AbstractBaseUser) else None
    record_audit(user, "described a segment", f"segment:{segment.pk}", f"owner {chosen or 'nobody'}")
    messages.info(request, "Notes and owner are saved.")
    return HttpResponseRedirect(reverse("segment-desk-uses", args=[segment.pk]))


def _become(request: HttpRequest, segment: Segment, state: str, back: str) -> HttpResponse:
    user = request.user if isinstance(request.user, AbstractBaseUser) else None
    try:
        saved = services.change_state(segment.pk, state, by=user)
    except ValueError as error:
        messages.error(request, f"It stays as it was: {error}")
        return HttpResponseRedirect(back)
    record_audit(user, f"{STATES[state][1]} a segment", f"segment:{segment.pk}")
    messages.info(request, f"{segment.name} was {STATES[state][1]}.")
    tell_of(request, segment.pk, saved.job_id)
    return HttpResponseRedirect(back)


def _size(segment: Segment) -> str:
    found = moves_since([segment.pk], utc_now())[segment.pk]
    if found is None:
        return f"more than {MOST:,} people"
    return "1 person" if found.size == 1 else f"{found.size:,} people"
