"""Adding an event to the plan and publishing versions: a table beside the schema, with what would break shown first."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from cdp.admin_plan import typed
from cdp.admin_plan.event_page import event_type
from cdp.admin_plan.rights import ADD, CHANGE, around, require
from cdp.admin_plan.typed import Typed
from events.queries.latest import latest_events
from plans import services
from plans.checking import Checker, checked_schema
from plans.contracts import BadPlan, BadSchema, Draft
from plans.models import EventType, EventTypeVersion
from plans.table import differences, rows_of

PREVIEWED = 500
REASONS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Preview:
    """How the newest events would do under a draft."""

    headline: str
    is_bad: bool
    reasons: tuple[tuple[str, int], ...] = ()
    changes: tuple[str, ...] = ()


def add(request: HttpRequest) -> HttpResponse:
    """A new event."""
    require(request, ADD)
    if request.method != "POST":
        return _page(request, typed.new(), None, None)
    form = typed.of_post(request.POST)
    if request.POST.get("what") != "publish":
        return _previewed(request, form, None, None)
    try:
        made = services.declare(
            form.kind, form.name, form.draft(None), by=request.user, description=form.description, owner=form.owner  # type: ignore[arg-type]  # staff only
        )  # fmt: skip
    except BadPlan as error:
        form.errors[error.field] = str(error)
        return _page(request, form, None, None)
    messages.info(request, f"“{made.name}” is declared: events are checked from now on.")
    return HttpResponseRedirect(reverse("plan-event", args=[made.pk]))


def edit(request: HttpRequest, type_id: int) -> HttpResponse:
    """A new version of an event, or other words about it."""
    require(request, CHANGE)
    found = event_type(type_id)
    current = found.versions.get(is_current=True)
    if request.method != "POST":
        return _page(request, typed.of_version(found, current), found, current)
    form = typed.of_post(request.POST)
    form.kind, form.name = found.kind, found.name
    base = found.versions.filter(number=form.base).first() or current
    if request.POST.get("what") != "publish":
        return _previewed(request, form, found, base)
    return _published(request, form, found, base, current)


def _published(
    request: HttpRequest, form: Typed, found: EventType, base: EventTypeVersion, current: EventTypeVersion
) -> HttpResponse:
    if form.current != current.number:
        form.current = current.number
        form.errors["changelog"] = (
            f"Version {current.number} was published while you edited. What you typed is kept: publish again to put it "
            "in the place of that version."
        )
        return _page(request, form, found, current)
    try:
        draft = form.draft(base)
        if (dict(draft.schema), dict(draft.personal)) == (current.schema, current.personal):
            said = f"The words about “{found.name}” are saved; its version {current.number} stays."
            if (form.description.strip(), form.owner.strip()) == (found.description, found.owner):
                raise BadPlan("schema", f"Nothing differs from version {current.number}, which is current.")
        else:
            made = services.publish_version(found, draft, by=request.user)  # type: ignore[arg-type]  # staff only
            said = f"Version {made.number} of “{found.name}” is current: events are checked against it from now on."
        services.edit(found, description=form.description, owner=form.owner)
    except BadPlan as error:
        form.errors[error.field] = str(error)
        return _page(request, form, found, current)
    messages.info(request, said)
    return HttpResponseRedirect(reverse("plan-event", args=[found.pk]))


def _previewed(
    request: HttpRequest, form: Typed, found: EventType | None, base: EventTypeVersion | None
) -> HttpResponse:
    preview = _preview(form, base)
    if request.headers.get("X-Preview") == "yes":
        return TemplateResponse(request, "admin/plan/preview.html", {"preview": preview})
    return _page(request, form, found, base, preview)


def _preview(form: Typed, base: EventTypeVersion | None) -> Preview:
    try:
        draft = form.draft(base)
        checker = Checker(checked_schema(draft.schema))
    except (BadPlan, BadSchema) as error:
        return Preview(str(error), is_bad=True)
    changes = tuple(_changes(draft, base))
    name = form.name.strip() if form.kind == EventType.Kind.TRACK else form.kind
    events = latest_events(form.kind, name, PREVIEWED)
    if not events:
        return Preview("No such event came lately: nothing to try this version on.", is_bad=False, changes=changes)
    reasons: dict[str, int] = {}
    broken = 0
    for event in events:
        found = checker.violations(event.properties)
        broken += bool(found)
        for sentence in {one.sentence for one in found}:
            reasons[sentence] = reasons.get(sentence, 0) + 1
    ordered = tuple(sorted(reasons.items(), key=lambda each: (-each[1], each[0]))[:REASONS_SHOWN])
    return Preview(_headline(len(events), broken), bool(broken), ordered, changes)


def _headline(total: int, broken: int) -> str:
    of = f"Of the last {total:,} such events" if total > 1 else "Of the one such event that came lately"
    return f"{of}, {broken:,} would break this version." if broken else f"{of}, none would break this version."


def _changes(draft: Draft, base: EventTypeVersion | None) -> list[str]:
    if base is None:
        return []
    new = rows_of(draft.schema, draft.personal)
    found = differences(rows_of(base.schema, base.personal), new)
    if found or dict(draft.schema) != base.schema:
        return found or ["The schema changes in what the table does not show."]
    return [f"Nothing differs from version {base.number}."]


def _page(
    request: HttpRequest,
    form: Typed,
    found: EventType | None,
    base: EventTypeVersion | None,
    preview: Preview | None = None,
) -> HttpResponse:
    title = f"New version of “{found.name}”" if found else "Declare an event"
    back = reverse("plan-event", args=[found.pk]) if found else reverse("plan")
    number = found.versions.order_by("-number").values_list("number", flat=True)[0] + 1 if found else 1
    context = around(
        request, title, "plan", form=form, event=found, base=base, preview=preview, back=back, number=number,
        **typed.choices(form.rows),
    )  # fmt: skip
    return TemplateResponse(request, "admin/plan/edit.html", context)
