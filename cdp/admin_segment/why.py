"""Why somebody is in a segment, or why not: searched from the segment's page, told clause by clause and audited."""

from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cdp.access.services import record_view
from cdp.admin_segment.clauses import Sight, clauses
from cdp.admin_segment.frame import OPEN, find, page, reader_of
from cdp.admin_segment.people import people_rows
from cdp.identity_desk.searching import people_by
from cdp.lib.clock import utc_now
from profiles import queries as profiles
from segments import queries
from segments.contracts import Why
from segments.models import DueAnswer, Segment
from segments.queries.history import Interval, intervals_of
from segments.queries.member_pages import member_page, open_members

LONGEST = 200
LEFT_WORDS = {
    "rule": "the rule stopped holding",
    "edited": "the rule was changed",
    "archived": "the segment was archived",
    "merged": "they were merged into another profile",
    "split": "they were split from another profile",
    "erased": "they were erased",
}
NEWEST = 5


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Find the person: by POST, so that what is typed stays out of addresses and logs."""
    segment = find(request, segment_id, OPEN)
    reader = reader_of(request)
    asked = request.POST.get("q", "").strip()[:LONGEST].replace("\0", "")
    hits = people_by(asked, personal=reader.personal) if asked else []
    if len(hits) == 1:
        return HttpResponseRedirect(reverse("segment-desk-why-person", args=[segment_id, hits[0].person.profile_id]))
    inside = open_members(segment_id, [hit.person.profile_id for hit in hits])
    newest = member_page(segment_id, limit=NEWEST).members if reader.members and not asked else ()
    people = people_rows([member.profile_id for member in newest], reader, segment_id)
    context = {
        "asked": asked,
        "hits": [(hit, hit.person.profile_id in inside) for hit in hits],
        "newest": [people[member.profile_id] for member in newest],
        "personal": reader.personal,
    }
    return page(request, "segments/why_search.html", segment, "why", context)


@require_safe
def person(request: HttpRequest, segment_id: int, profile_id: UUID) -> HttpResponse:
    """One person's answer."""
    segment = find(request, segment_id, OPEN)
    reader, now = reader_of(request), utc_now()
    present = profiles.resolve(profile_id)
    if present is None:
        raise Http404("There is no such person.")
    if present != profile_id:
        return HttpResponseRedirect(reverse("segment-desk-why-person", args=[segment_id, present]))
    actor = request.user if request.user.is_authenticated else None
    record_view(actor, f"profile:{profile_id}", f"why in segment {segment.slug}", now=now)
    found = next(iter(queries.why(profile_id, segment_id, now)), None)
    sight = Sight(reader.personal, request.user.has_perm("events.view_event"))
    who = people_rows([profile_id], reader, segment_id)[profile_id]
    context = {
        "who": who,
        "why": found,
        "headline": _headline(who.name, segment, found),
        "clause": clauses([found.explanation], sight)[0] if found else None,
        "due_at": _due(segment_id, profile_id),
        "stays": [(one, _left(one)) for one in intervals_of(profile_id, segment_id)],
        "personal": reader.personal,
        "person_url": reverse("admin:profiles_profile_change", args=[profile_id]) + "?tab=segments",
    }
    return page(request, "segments/why.html", segment, "why", context)


def _headline(name: str, segment: Segment, found: Why | None) -> str:
    if found is None:
        return f"{name} is not in it: nobody is, since it is {segment.get_state_display().lower()}."
    if found.is_shared:
        return f"{name} is in no segment: this is an identifier of too many people."
    if found.is_member:
        return f"{name} is in it." if found.since else f"{name} enters it within seconds."
    return f"{name} leaves it within seconds." if found.since else f"{name} is not in it."


def _due(segment_id: int, profile_id: UUID) -> datetime | None:
    due = DueAnswer.objects.filter(segment_id=segment_id, profile_id=profile_id)
    return due.values_list("due_at", flat=True).first()


def _left(one: Interval) -> str:
    return LEFT_WORDS.get(one.left_reason, one.left_reason) if one.left_at else ""
