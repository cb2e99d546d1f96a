"""A segment's tab for taking its members along: files under a right of their own, and snapshots as lists."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from cdp.admin_segment.frame import ADD, PERSONAL, SEE, find, must, page
from cdp.admin_segment.lists_page import LONGEST_NAME, free_slug, purpose_choices
from cdp.jobs import queries as jobs
from cdp.lib.admin_parts import may
from cdp.lib.clock import utc_now
from consent.reasons import reason_words
from profiles.queries import identifier_kinds
from segments import services
from segments.members_csv import COMPUTED, IDENTIFIER, SINCE, TRAIT, is_personal
from segments.models import MemberExport, Segment
from segments.services import BadExport, ListDraft, files

EXPORT = "segments.export_members"
KINDS = ("email", "user_id", "phone")
SHOWN = 20
State = MemberExport.State


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest, segment_id: int) -> HttpResponse:
    """What to take along, and the files made so far; POST begins one."""
    segment = find(request, segment_id)
    may_export = may(request, EXPORT)
    if request.method == "POST":
        must(request, EXPORT)
        return _begun(request, segment)
    rows = MemberExport.objects.filter(segment=segment).select_related("created_by").order_by("-created_at")
    labels = dict(purpose_choices())
    context = {
        "may_export": may_export,
        "may_see_people": may(request, PERSONAL),
        "may_freeze": may(request, ADD),
        "kinds": list(dict.fromkeys([*KINDS, *(kind for kind in identifier_kinds() if kind != "nobody")])),
        "usual": KINDS,
        "purposes": purpose_choices(),
        "exports": [_line(one, labels) for one in rows[:SHOWN]] if may_export else (),
        "now": timezone.localtime(),
    }
    return page(request, "segments/lists/export.html", segment, "export", context)


@require_POST
def freeze(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Keep who is in it, or was on an instant, as a list."""
    segment = find(request, segment_id, ADD)
    back = reverse("segment-export-page", args=[segment_id])
    name = request.POST.get("name", "").replace("\x00", "").strip()[:LONGEST_NAME]
    now = utc_now()
    at = _instant(request.POST.get("at", "")) or now
    if not name or at > now:
        messages.error(request, "Give the list a name." if not name else "That instant lies in the future.")
        return HttpResponseRedirect(back)
    draft = ListDraft(free_slug(name), name, segment.purpose_id or "", f"Who was in “{segment.name}” on {at:%Y-%m-%d}.")
    made = services.make_list(draft, by=_user(request))
    services.fill_from_segment(made, segment.pk, at=at, name=segment.name, by=_user(request))
    return HttpResponseRedirect(reverse("segment-list", args=[made]))


def progress(request: HttpRequest, export_id: UUID) -> JsonResponse:
    """How far a file is, for the page's script."""
    found = _export(request, export_id)
    job = jobs.find(found.job_id) if found.job_id else None
    share = jobs.share_done(job) if job else None
    text = f"{job.done:,} of {job.total:,}: {job.note}" if job and job.total else "waits for a worker"
    return JsonResponse({"state": found.state, "share": share or 0.0, "text": text})


def download(request: HttpRequest, export_id: UUID) -> FileResponse:
    """The file, while it is there; who takes it stands in the audit log."""
    found = _export(request, export_id)
    if any(is_personal(column) for column in found.columns):
        must(request, PERSONAL)
    if found.state != State.DONE or not files.absolute(found.path).is_file():
        raise Http404("The file was deleted. Export again.")
    services.note_download(found, by=_user(request))
    name = f"{found.segment.slug}-members.csv"
    answer = FileResponse(files.absolute(found.path).open("rb"), as_attachment=True, filename=name)
    answer["Content-Type"] = "text/csv; charset=utf-8"
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
def stop(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Give up a file that is being written."""
    found = _export(request, export_id)
    if services.cancel_export(found):
        messages.info(request, "Stopped: nothing of the file is kept.")
    return HttpResponseRedirect(reverse("segment-export-page", args=[found.segment_id]))


def _begun(request: HttpRequest, segment: Segment) -> HttpResponse:
    asked = request.POST
    columns = [IDENTIFIER + kind for kind in asked.getlist("kinds")]
    columns += [TRAIT + name for name in _names(asked.get("traits", ""))]
    if columns:
        must(request, PERSONAL)
    columns += [COMPUTED + name for name in _names(asked.get("computed", ""))]
    if "since" in asked:
        columns.insert(0, SINCE)
    try:
        services.start_export(segment, columns, purpose=asked.get("purpose", ""), by=_user(request))
    except BadExport as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("segment-export-page", args=[segment.pk]))


def _line(one: MemberExport, labels: dict[str, str]) -> dict[str, Any]:
    out = sum(one.left_out.values())
    reasons = [f"{count:,}: {reason_words(code)}" for code, count in sorted(one.left_out.items(), key=lambda x: -x[1])]
    return {"export": one, "purpose": labels.get(one.purpose, one.purpose), "left_out": out, "reasons": reasons}


def _export(request: HttpRequest, export_id: UUID) -> MemberExport:
    must(request, SEE, EXPORT)
    found = MemberExport.objects.select_related("segment").filter(pk=export_id).first()
    if found is None:
        raise Http404("There is no such file.")
    return found


def _names(text: str) -> list[str]:
    return [name for name in (part.strip() for part in text.split(",")) if name]


def _instant(text: str) -> datetime | None:
    """What a field of date and time says, in the reader's zone; None for none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return timezone.make_aware(found) if found.tzinfo is None else found


def _user(request: HttpRequest) -> Any:
    return request.user
