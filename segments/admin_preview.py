"""Who a rule takes in while it is edited: asked by the builder, answered in words and by the path of each clause."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.urls import reverse

from cdp.lib.clock import utc_now
from lake.contracts import QueryError, QueryStoppedError
from segments import queries
from segments.drafting import Draft, Trouble, read_draft
from segments.forms import read_json
from segments.models import Segment
from segments.queries.labels import person_labels
from segments.queries.previewing_drafts import DraftPreview, Overlap, most_compared, preview_draft
from segments.queries.turns import Asker
from segments.queries.using import check_uses
from segments.rules import RuleError

LONGEST_RULE, LONGEST_PAGE = 200_000, 64
NUMBER = re.compile(r"[0-9]{1,15}")
BUSY = "Another preview is being computed. Trying again…"
UNCOUNTED = "This rule takes long to count: how many each clause takes in by itself is not told."


def answer(request: HttpRequest) -> JsonResponse:
    """POST `definition` (the rule as it stands), `segment` (an id or nothing), `compared` (slugs), `page` and `asked`.

    `page` is any text that tells one open page of a user from the others: its newer question, by the number `asked`,
    ends the older one, which then is answered `stopped`. A half-written rule is what this is for: `troubles` says what
    is wrong where, and the rest is counted. `error` says what is wrong with all of it; `busy` that nothing is, and to
    ask again.
    """
    try:
        raw = _json(request.POST.get("definition", ""))
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)})
    draft, segment_id, now = read_draft(raw), segment_asked(request.POST.get("segment", "")), utc_now()
    compared = request.POST.getlist("compared") or ([] if request.POST.get("compare") else most_compared(segment_id))
    try:
        found = preview_draft(draft, segment_id=segment_id, compared=compared, now=now, asker=_asker(request))
    except queries.PreviewBusyError:
        return JsonResponse({"busy": BUSY})
    except QueryStoppedError:
        return JsonResponse({"stopped": True})
    except QueryError as error:
        return JsonResponse({"error": str(error)}, status=503)
    told = (*draft.troubles, *_uses(draft, raw, segment_id))
    troubles = [{"path": each.path, "message": each.message} for each in told]
    if found is None or draft.rule is None:
        return JsonResponse({"headline": "Nothing to count yet.", "troubles": troubles, "people": [], "overlap": []})
    return JsonResponse(_told(found, draft, request) | {"troubles": troubles})


def segment_asked(text: str) -> int | None:
    """The id of a segment as a page sends it; None for a new one."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _asker(request: HttpRequest) -> Asker | None:
    """One open page of one user: nobody stops what another asks."""
    page, number = request.POST.get("page", "")[:LONGEST_PAGE], request.POST.get("asked", "")
    return Asker(f"{request.user.pk} {page}", int(number) if NUMBER.fullmatch(number) else 0) if page else None


def _json(text: str) -> Any:
    if len(text) > LONGEST_RULE:
        raise ValidationError(f"A rule has at most {LONGEST_RULE:,} characters.")
    return read_json(text)


def _uses(draft: Draft, raw: Any, segment_id: int | None) -> Iterator[Trouble]:
    """What saving would refuse for the sake of other segments: unknown ones, circles."""
    if draft.troubles:
        return
    own = Segment.objects.filter(pk=segment_id) if segment_id is not None else Segment.objects.none()
    try:
        check_uses(own.values_list("slug", flat=True).first() or "", raw, Segment.State.LIVE, segment_id=None)
    except RuleError as error:
        yield Trouble(error.path, error.message)


def _told(found: DraftPreview, draft: Draft, request: HttpRequest) -> dict[str, Any]:
    left_out = len(draft.troubles)
    return {
        "headline": _headline(found),
        "left_out": _left_out(left_out) if left_out else "",
        "uncounted": UNCOUNTED if found.clauses is None else "",
        "change": _change(found),
        "sentence": draft.rule.sentence() if draft.rule else "",
        "as_of": "as of now" if found.as_of is None else f"as of {found.as_of:%Y-%m-%d %H:%M} UTC",
        "count": found.count,
        "present": found.present,
        "entering": found.entering,
        "leaving": found.leaving,
        "clauses": [{"path": path, "count": count} for path, count in (found.clauses or {}).items()],
        "people": _people(request, found.sample),
        "more": max(0, found.count - len(found.sample)),
        "overlap": [_overlap(one, found.count) for one in found.overlap],
    }


def _headline(found: DraftPreview) -> str:
    who = "1 person matches" if found.count == 1 else f"{found.count:,} people match"
    if not found.people:
        return "Nobody is known yet: send events first."
    if found.count == found.people:
        return f"{who} now: everybody."
    return f"{who} now, {_share(found.count, found.people)} of {found.people:,}."


def _share(part: int, whole: int) -> str:
    if not whole:
        return ""
    share = 100 * part / whole
    return f"{share:.1f} %" if share >= 0.1 or not part else "under 0.1 %"


def _left_out(clauses: int) -> str:
    one = "1 clause that is not complete" if clauses == 1 else f"{clauses} clauses that are not complete"
    return f"Counted without {one}."


def _change(found: DraftPreview) -> str:
    if found.entering is None or found.leaving is None:
        return ""
    if not found.entering and not found.leaving:
        return "Saving it would change nothing for anybody."
    return f"{found.entering:,} would enter, {found.leaving:,} would leave."


def _overlap(one: Overlap, count: int) -> dict[str, Any]:
    share = "" if one.both is None else _share(one.both, count)
    return {"name": one.name, "both": one.both, "share": share}


def _people(request: HttpRequest, sample: tuple[UUID, ...]) -> list[dict[str, Any]]:
    user: Any = request.user
    labels = person_labels(sample, unmasked=user.has_perm("profiles.view_personal"))
    links = user.has_perm("profiles.view_profile")
    return [
        {
            "label": labels[profile_id],
            "url": reverse("admin:profiles_profile_change", args=[profile_id]) if links else "",
        }
        for profile_id in sample
    ]
