"""One declared event: what came of it, what broke its plan, its properties, its versions and what each changed."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from cdp.admin_plan.pages import STATUS_TAGS, properties_of, share_text, source_words
from cdp.admin_plan.rights import CHANGE, around, require
from cdp.lib.admin_parts import confirmed, may, pretty_json
from cdp.lib.clock import utc_now
from events.queries import source_names
from plans import queries, services
from plans.models import EventType, EventTypeVersion
from plans.table import differences, one_of, rows_of, schema_diff

VERSIONS_SHOWN = 20
# status → (title, consequence, button)
BECOMING = {
    "declared": ("Declare again", "It is checked and stored like every declared event.", "Declare again"),
    "deprecated": (
        "Deprecate",
        "It is still checked and stored. The plan and the data dictionary tell everybody not to send it any more.",
        "Deprecate",
    ),
    "blocked": (
        "Block",
        "Sources in quarantine mode have it refused from now on: it waits in quarantine. Monitored sources have it "
        "stored with the flag plan_violation. Nothing that is stored already changes.",
        "Block",
    ),
}


@dataclass(frozen=True, slots=True)
class VersionShown:
    """A version, and what it changed of the one before."""

    version: EventTypeVersion
    by: str
    changes: list[str]
    diff: str


def event_type(type_id: int) -> EventType:
    """By id. Raises Http404."""
    found = EventType.objects.filter(pk=type_id).first()
    if found is None:
        raise Http404("There is no such event in the plan.")
    return found


def shown(request: HttpRequest, type_id: int) -> HttpResponse:
    """The page."""
    require(request)
    found = event_type(type_id)
    today = utc_now().date()
    came = queries.traffic(today).get((found.kind, found.name), queries.Traffic())
    versions = found.versions.select_related("created_by").order_by("-number")
    current = versions.get(is_current=True)
    properties = properties_of(current)
    declared = {row.path for row, _ in properties}
    learned = {one.path: one for one in queries.seen_properties(found.kind, found.name)}
    context = around(
        request, found.name, "plan",
        event=found, current=current, came=came, tag=STATUS_TAGS[found.status],
        share=share_text(came), headline=_headline(came),
        sources=source_words(came.source_ids, source_names()),
        properties=[(row, words, learned.get(row.path)) for row, words in properties],
        strangers=[one for path, one in learned.items() if path not in declared and not _is_inside(path, declared)],
        broken=queries.broken_rules(found.kind, found.name, today),
        versions=_versions(versions), schema_text=pretty_json(current.schema), alternatives=one_of(current.schema),
        may_inbox=may(request, "events.view_inbox"),
        become=[(status, BECOMING[status][2]) for status in BECOMING if status != found.status],
    )  # fmt: skip
    return TemplateResponse(request, "admin/plan/event.html", context)


def become(request: HttpRequest, type_id: int, status: str) -> HttpResponse:
    """Deprecate, block or declare again, once it was confirmed."""
    require(request, CHANGE)
    found = event_type(type_id)
    if status not in BECOMING:
        raise Http404("An event is declared, deprecated or blocked.")
    title, consequence, button = BECOMING[status]
    back = reverse("plan-event", args=[found.pk])
    asked = confirmed(request, title=f"{title} “{found.name}”", consequence=consequence, button=button, back=back)
    if asked is not None:
        return asked
    services.set_status(found, status)
    messages.info(request, f"“{found.name}” is {status} now.")
    return HttpResponseRedirect(back)


def _headline(came: queries.Traffic) -> str:
    if not came.volume and not came.refused:
        return "Nothing of it came in the last 30 days."
    times = "once" if came.volume == 1 else f"{came.volume:,} times"
    broke = "all as declared" if not came.violations else f"{came.violations:,} against the plan ({share_text(came)})"
    refused = f", {came.refused:,} of these in quarantine" if came.refused else ""
    return f"It came {times} in the last 30 days: {broke}{refused}."


def _is_inside(path: str, declared: set[str]) -> bool:
    """Below a property that is declared without naming what is in it: the plan says nothing about it."""
    parts = path.split(".")
    below = [".".join(parts[:place]).removesuffix("[]") for place in range(1, len(parts))]
    return any(
        each in declared and not any(other.startswith((f"{each}.", f"{each}[].")) for other in declared)
        for each in below
    )


def _versions(versions: "QuerySet[EventTypeVersion]") -> list[VersionShown]:
    rows = list(versions[: VERSIONS_SHOWN + 1])
    before: list[Any] = [*rows[1:], None]
    return [_version(row, old) for row, old in zip(rows, before, strict=True)][:VERSIONS_SHOWN]


def _version(row: EventTypeVersion, old: EventTypeVersion | None) -> VersionShown:
    by = str(row.created_by) if row.created_by else "the service"
    if old is None:
        return VersionShown(row, by, [], "")
    changes = differences(rows_of(old.schema, old.personal), rows_of(row.schema, row.personal))
    return VersionShown(row, by, changes, schema_diff(old.schema, row.schema))
