"""The versions of a segment's rule: what each changed, how two compare now, and an earlier one saved again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cdp.access.services import record_audit
from cdp.admin_home.charts import spoken
from cdp.admin_segment.frame import CHANGE, find, must, page, reader_of, sentence
from cdp.admin_segment.people import PersonRow, people_rows
from cdp.lib.clock import utc_now
from lake.contracts import QueryError
from segments import queries, services
from segments.comparing import RuleChange, rule_changes
from segments.models import Segment, SegmentVersion
from segments.queries.comparing_rules import TwoRules, two_rules
from segments.rules import Node, RuleError, parse_rule

MOST = 50


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version: since when, by whom, its sentence, and what it changed from the one before."""

    version: int
    made_at: datetime
    made_by: str
    sentence: str
    changes: tuple[RuleChange, ...]
    is_first: bool
    is_present: bool
    compare_url: str
    restore_url: str


@require_safe
def versions(request: HttpRequest, segment_id: int) -> HttpResponse:
    """The list, newest first."""
    segment = find(request, segment_id)
    rows = list(segment.versions.select_related("created_by").order_by("-version")[: MOST + 1])
    before = {rows[index].version: rows[index + 1].definition for index in range(len(rows) - 1)}
    may = reader_of(request).changes and segment.kind == Segment.Kind.RULE
    context = {
        "rows": [_row(segment, row, before.get(row.version), may=may) for row in rows[:MOST]],
        "more": len(rows) > MOST,
    }
    return page(request, "segments/versions.html", segment, "versions", context)


@require_safe
def compared(request: HttpRequest, segment_id: int, version: int) -> HttpResponse:
    """An earlier version against another (`with`) or the present one: in words, and whom each takes in now."""
    segment = find(request, segment_id)
    one, other = _version(segment, version), _version(segment, _with(request, segment))
    old, new = sorted((one, other), key=lambda row: row.version)
    context: dict[str, Any] = {
        "old": old,
        "new": new,
        "old_sentence": sentence(old.definition),
        "new_sentence": sentence(new.definition),
        "changes": _changes(old.definition, new.definition),
        "others": [
            row for row in segment.versions.order_by("-version").values_list("version", flat=True) if row != version
        ],
        "asked": version,
        "may_restore": reader_of(request).changes and segment.kind == Segment.Kind.RULE,
        **_whom(request, segment, old, new),
    }
    return page(request, "segments/version.html", segment, "versions", context)


@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, segment_id: int, version: int) -> HttpResponse:
    """An earlier rule saved as a new version: first whom that would change, then the button."""
    segment = find(request, segment_id)
    must(request, CHANGE)
    row = _version(segment, version)
    back = reverse("segment-desk-versions", args=[segment_id])
    if segment.definition == row.definition or segment.kind != Segment.Kind.RULE:
        messages.info(request, f"Version {version} is the rule as it is now: nothing to restore.")
        return HttpResponseRedirect(back)
    if request.method == "POST":
        return _restored(request, segment, row, back)
    context = {
        "row": row,
        "row_sentence": sentence(row.definition),
        "changes": _changes(segment.definition, row.definition),
        "back": back,
        **_effect(segment, row),
    }
    return page(request, "segments/restore.html", segment, "versions", context)


def tell_of(request: HttpRequest, segment_id: int, job_id: UUID | None) -> None:
    """Ask everybody at once where that takes seconds, and say the count; else say where the work is seen."""
    if job_id is None:
        return
    written = services.recompute_if_small(job_id)
    if written is None:
        messages.info(request, "Everybody is being asked now; the numbers follow within minutes.")
    else:
        count = queries.size(segment_id)
        people = "1 person is" if count == 1 else f"{spoken(count)} people are"
        text = f"{people} in it now: {spoken(written.entered)} entered, {spoken(written.left)} left."
        messages.info(request, text)


def _restored(request: HttpRequest, segment: Segment, row: SegmentVersion, back: str) -> HttpResponse:
    if request.POST.get("present") != str(segment.version):
        messages.error(request, "Somebody saved another version meanwhile. This is what it would do now: look again.")
        return HttpResponseRedirect(reverse("segment-desk-restore", args=[segment.pk, row.version]))
    user = request.user if isinstance(request.user, AbstractBaseUser) else None
    try:
        saved = services.restore(segment.pk, row.version, by=user)
    except ValueError as error:
        messages.error(request, f"It was not restored: {error}")
        return HttpResponseRedirect(back)
    told = f"version {row.version} saved again as version {saved.version}"
    record_audit(user, "restored a rule", f"segment:{segment.pk}", told)
    tell_of(request, segment.pk, saved.job_id)
    return HttpResponseRedirect(back)


def _row(segment: Segment, row: SegmentVersion, before: Any, *, may: bool) -> VersionRow:
    is_present = row.version == segment.version
    can = may and not is_present
    return VersionRow(
        row.version,
        row.created_at,
        str(row.created_by or "the service"),
        sentence(row.definition),
        tuple(_changes(before, row.definition)) if before is not None else (),
        row.version == 1,
        is_present,
        "" if is_present else reverse("segment-desk-version", args=[segment.pk, row.version]),
        reverse("segment-desk-restore", args=[segment.pk, row.version]) if can else "",
    )


def _version(segment: Segment, version: int) -> SegmentVersion:
    found = segment.versions.select_related("created_by").filter(version=version).first()
    if found is None:
        raise Http404("There is no such version.")
    return found


def _with(request: HttpRequest, segment: Segment) -> int:
    asked = request.GET.get("with", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else segment.version


def _changes(before: Any, after: Any) -> list[RuleChange]:
    old, new = _read(before), _read(after)
    return rule_changes(old, new) if old is not None and new is not None else []


def _read(definition: Any) -> Node | None:
    try:
        return parse_rule(definition)
    except RuleError:
        return None


def _whom(request: HttpRequest, segment: Segment, old: SegmentVersion, new: SegmentVersion) -> dict[str, Any]:
    """Whom the two rules take in now, with a few of those by whom they differ."""
    rules = _read(old.definition), _read(new.definition)
    if rules[0] is None or rules[1] is None:
        return {"trouble": "One of the two rules cannot be read any more."}
    try:
        found = two_rules(rules[0], rules[1], utc_now())
    except queries.PreviewBusyError:
        return {"trouble": "Another preview is being computed: load the page again in a second."}
    except QueryError as error:
        return {"trouble": str(error)}
    return {"found": found, "samples": _samples(request, segment, found)}


def _samples(request: HttpRequest, segment: Segment, found: TwoRules) -> list[tuple[str, int, list[PersonRow]]]:
    reader = reader_of(request)
    parts = (
        ("Only by the later rule", found.only_new, found.new_sample),
        ("Only by the earlier rule", found.only_old, found.old_sample),
    )
    ids = [one for _, _, sample in parts for one in sample] if reader.members else []
    rows = people_rows(ids, reader, segment.pk)
    return [(title, count, [rows[one] for one in sample if one in rows]) for title, count, sample in parts]


def _effect(segment: Segment, row: SegmentVersion) -> dict[str, Any]:
    """How many would enter and leave."""
    rule = _read(row.definition)
    if rule is None:
        return {"trouble": "This rule cannot be read any more, so it cannot be saved again.", "is_unreadable": True}
    try:
        found = queries.preview(rule, segment_id=segment.pk, now=utc_now())
    except queries.PreviewBusyError:
        return {"trouble": "Another preview is being computed: load the page again in a second to see the numbers."}
    except QueryError as error:
        return {"trouble": str(error)}
    return {"effect": found}
