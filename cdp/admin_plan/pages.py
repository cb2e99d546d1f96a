"""Lists of the tracking plan: declared events, what came undeclared, each source's mode, and the data dictionary."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from cdp.admin_plan.rights import ADD, CHANGE, HOLD, around, require
from cdp.lib.admin_parts import may
from cdp.lib.clock import utc_now
from events.models import Source
from events.queries import source_names
from plans import queries, services
from plans.contracts import BadPlan, DictionaryEntry
from plans.masking import personal_category
from plans.models import EventType, SourceMode
from plans.table import one_of, rows_of, snippet_at, type_words

MODES = {
    "off": ("Off", "Events are not checked."),
    "monitor": ("Monitor", "Events that break the plan are stored, flagged and counted."),
    "quarantine": ("Quarantine", "Events that break the plan wait in quarantine until they or the plan are mended."),
}
STATUS_TAGS = {"declared": "h-tag-ok", "deprecated": "h-tag-warn", "blocked": "h-tag-bad"}


@dataclass(frozen=True, slots=True)
class Line:
    """A declared event as the list shows it."""

    entry: DictionaryEntry
    url: str
    tag: str
    share: str
    is_bad: bool


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source with its mode."""

    source: Source
    mode: str
    only_declared: bool


def listing(request: HttpRequest) -> HttpResponse:
    """Every declared event, with filters."""
    require(request)
    today = utc_now().date()
    entries = queries.dictionary(today)
    came = queries.traffic(today)
    unknown = len(queries.undeclared({(one.kind, one.name) for one in entries}))
    lines = [_line(one, came.get((one.kind, one.name), queries.Traffic())) for one in entries]
    chosen = {key: request.GET.get(key, "") for key in ("q", "status", "show")}
    shown = _filtered(lines, **chosen)
    bad = sum(line.is_bad for line in lines)
    context = around(
        request, "Tracking plan", "plan", lines=shown, chosen=chosen, total=len(lines), unknown=unknown,
        headline=_headline(len(lines), bad), statuses=EventType.Status.values, is_filtered=any(chosen.values()),
    )  # fmt: skip
    return TemplateResponse(request, "admin/plan/list.html", context)


def seen(request: HttpRequest) -> HttpResponse:
    """What came and nobody declared; POST declares or ignores one of it."""
    require(request)
    if request.method == "POST":
        return _decided(request)
    with_ignored = request.GET.get("ignored") == "yes"
    found = queries.undeclared(queries.declared_names(), with_ignored=with_ignored)
    names = source_names()
    lines = [(one, source_words(one.source_ids, names), _seen_url(one.kind, one.name)) for one in found]
    context = around(request, "Seen but not declared", "plan-seen", lines=lines, with_ignored=with_ignored)
    return TemplateResponse(request, "admin/plan/seen.html", context)


def seen_one(request: HttpRequest) -> HttpResponse:
    """One undeclared name: its properties as they came."""
    require(request)
    kind, name = request.GET.get("kind", ""), request.GET.get("name", "")
    found = [
        one
        for one in queries.undeclared(queries.declared_names(), with_ignored=True)
        if (one.kind, one.name) == (kind, name)
    ]
    if not found:
        raise Http404("Nothing so named came undeclared.")
    properties = [(each, personal_category(each.path)) for each in queries.seen_properties(kind, name)]
    context = around(
        request, name, "plan-seen", one=found[0], properties=properties,
        sources=source_words(found[0].source_ids, source_names()),
        draft=json.dumps(services.seen_draft(kind, name).schema, indent=2, ensure_ascii=False),
    )  # fmt: skip
    return TemplateResponse(request, "admin/plan/seen_one.html", context)


def sources(request: HttpRequest) -> HttpResponse:
    """Each source's mode; POST sets one."""
    require(request)
    if request.method == "POST":
        return _mode_set(request)
    modes = {row.source_id: row for row in SourceMode.objects.all()}
    found = [(source, modes.get(source.pk) or SourceMode()) for source in Source.objects.order_by("name", "pk")]
    lines = [SourceLine(source, row.mode, row.only_declared) for source, row in found]
    context = around(
        request, "What sources are held to", "plan-sources", lines=lines, modes=MODES, may_hold=may(request, HOLD)
    )
    return TemplateResponse(request, "admin/plan/sources.html", context)


def dictionary(request: HttpRequest) -> HttpResponse:
    """Every event and property on one page."""
    require(request)
    entries = queries.dictionary(utc_now().date())
    lines = [(_line(one, None), _properties(one), one_of(one.schema)) for one in entries]
    personal = sum(1 for one in entries for row in one.properties if row.personal)
    context = around(request, "Data dictionary", "plan-dictionary", lines=lines, personal=personal)
    return TemplateResponse(request, "admin/plan/dictionary.html", context)


def export(request: HttpRequest, form: str) -> HttpResponse:
    """The dictionary as a file: markdown or json."""
    require(request)
    today = utc_now().date()
    entries = queries.dictionary(today)
    if form == "json":
        body = json.dumps(queries.as_document(entries, today=today), indent=2, ensure_ascii=False)
        answer = HttpResponse(body, content_type="application/json")
    elif form == "markdown":
        text = queries.as_markdown(entries, company=settings.COMPANY_NAME, today=today)
        answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    else:
        raise Http404("The dictionary is exported as markdown or json.")
    ending = "md" if form == "markdown" else form
    answer["Content-Disposition"] = f'attachment; filename="data-dictionary-{today.isoformat()}.{ending}"'
    return answer


def share_text(came: queries.Traffic) -> str:
    """The share of events against the plan: 3.2 %, or nothing where nothing came."""
    share = came.violating_share
    if share is None:
        return ""
    return "none" if not came.violations else f"{100 * share:.1f} %" if share >= 0.001 else "under 0.1 %"


def _line(one: DictionaryEntry, came: queries.Traffic | None) -> Line:
    return Line(
        one,
        reverse("plan-event", args=[one.id]),
        STATUS_TAGS[one.status],
        share_text(came) if came else "",
        bool(came and came.violations),
    )


def _headline(total: int, bad: int) -> str:
    if not total:
        return "Nothing is declared yet."
    events = "1 event is" if total == 1 else f"{total:,} events are"
    broken = f"{bad:,} of them broke" if bad != 1 else "1 of them broke"
    return f"{events} declared; {broken if bad else 'none of them broke'} the plan in the last 30 days."


def _filtered(lines: Iterable[Line], *, q: str, status: str, show: str) -> list[Line]:
    found = [line for line in lines if q.strip().lower() in f"{line.entry.name} {line.entry.owner}".lower()]
    if status in EventType.Status.values:
        found = [line for line in found if line.entry.status == status]
    if show == "broken":
        found = [line for line in found if line.is_bad]
    elif show in ("came", "silent"):
        found = [line for line in found if bool(line.entry.volume) == (show == "came")]
    return sorted(found, key=lambda line: (-line.entry.volume, line.entry.name))


def _properties(one: DictionaryEntry) -> list[tuple[Any, str]]:
    return [(row, type_words(snippet_at(one.schema, row.path))) for row in one.properties]


def source_words(ids: Iterable[int], names: Mapping[int, str]) -> str:
    """These sources by name, those that are gone by their number: Shop, #7."""
    return ", ".join(names.get(each, f"#{each}") for each in ids)


def _seen_url(kind: str, name: str) -> str:
    return f"{reverse('plan-seen-one')}?{urlencode({'kind': kind, 'name': name})}"


def _decided(request: HttpRequest) -> HttpResponse:
    kind, name, what = (request.POST.get(key, "") for key in ("kind", "name", "what"))
    back = HttpResponseRedirect(reverse("plan-seen"))
    if what == "declare":
        require(request, ADD)
        try:
            made = services.declare_learned(kind, name, by=request.user)  # type: ignore[arg-type]  # staff only
        except BadPlan as error:
            messages.error(request, str(error))
            return back
        messages.success(request, f"“{name}” is declared as it came. Say what it means, and correct what is wrong.")
        return HttpResponseRedirect(reverse("plan-edit", args=[made.pk]))
    require(request, CHANGE)
    ids = [
        pk
        for one in queries.undeclared(queries.declared_names(), with_ignored=True)
        if (one.kind, one.name) == (kind, name)
        for pk in one.learned_ids
    ]
    services.ignore(ids, again=what == "show")
    messages.info(request, f"“{name}” is {'listed again' if what == 'show' else 'no longer listed here'}.")
    return back


def _mode_set(request: HttpRequest) -> HttpResponse:
    require(request, HOLD)
    back = HttpResponseRedirect(reverse("plan-sources"))
    given = request.POST.get("source", "")
    source = Source.objects.filter(pk=int(given)).first() if given.isascii() and given.isdecimal() else None
    if source is None:
        raise Http404("There is no such source.")
    mode = request.POST.get("mode", "")
    try:
        services.set_mode(source.pk, mode, only_declared=request.POST.get("only_declared") == "yes")
    except BadPlan as error:
        messages.error(request, str(error))
        return back
    messages.info(
        request, f"{source.name}: {MODES[mode][0].lower()}, from now on (other processes within three seconds)."
    )
    return back


def properties_of(version: Any) -> list[tuple[Any, str]]:
    """A version's properties with their types in words."""
    return [
        (row, type_words(snippet_at(version.schema, row.path))) for row in rows_of(version.schema, version.personal)
    ]
