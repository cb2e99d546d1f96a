"""The quarantine in the admin: what could not be stored and why; mended, checked, sent again or dismissed."""

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import display

from cdp.access.services import record_audit
from cdp.jobs import services as jobs
from events import services
from events.admin.inbox import PersonalBytesAdmin
from events.admin_parts import editable, id_in, may_see_personal
from events.models import RejectedEvent, Source
from events.queries import source_names
from events.queries.counters import names_of
from events.queries.quarantine import Group, QuarantineFilter, chain, groups, quarantined
from events.rejects import STAGES, mending
from events.services.replaying_many import for_job

LIST = "admin:events_rejectedevent_changelist"
RIGHT = "events.change_rejectedevent"


@dataclass(frozen=True, slots=True)
class GroupShown:
    """A group of open items in words, the list of them and the pages that replay or dismiss them."""

    count: str
    words: str
    why: str
    how: str
    list_url: str
    replay_url: str
    dismiss_url: str


class StateFilter(admin.SimpleListFilter):
    """Open, replayed or dismissed; open ones unless asked otherwise."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states by name."""
        return [("open", "Open"), ("replayed", "Replayed"), ("dismissed", "Dismissed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[RejectedEvent]) -> QuerySet[RejectedEvent]:
        """The items in the chosen state."""
        chosen = self.value()
        if chosen == "open":
            return queryset.filter(resolved_at=None)
        return queryset.filter(resolution=chosen) if chosen else queryset


class SourceFilter(admin.SimpleListFilter):
    """By source, in names."""

    title = "source"
    parameter_name = "source_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every source."""
        return [(str(pk), name) for pk, name in source_names().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[RejectedEvent]) -> QuerySet[RejectedEvent]:
        """The items of the chosen source."""
        chosen = id_in(self.value())
        return queryset if chosen is None else queryset.filter(source_id=chosen)


@admin.register(RejectedEvent)
class RejectedEventAdmin(PersonalBytesAdmin):
    """The quarantine: its largest groups on top, the items below, each with an editor on its page."""

    bytes_field = "raw"
    list_display = ("id", "shown_stage", "reason", "name", "source", "received_at", "shown_state")
    list_filter = (StateFilter, "stage", "reason", SourceFilter, ("received_at", admin.DateFieldListFilter))
    search_fields = ("detail", "reason", "name")
    search_help_text = "Words of the detail, the reason or the event's name."
    ordering = ("-id",)
    fields = ("stage", "reason", "detail", "source", "inbox_id", "index", "received_at", "rejected_at", "as_received")
    readonly_fields = fields
    actions = ("replay",)
    list_before_template = "admin/quarantine_groups.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RejectedEvent]:
        """Lists never read the bytes."""
        found: QuerySet[RejectedEvent] = super().get_queryset(request)
        name = Source.objects.filter(pk=OuterRef("source_id")).values("name")[:1]
        return found.defer("raw", "edited").annotate(source_name=Subquery(name))

    def get_urls(self) -> list[URLPattern]:
        """The page that replays or dismisses many, before the items' own pages."""
        view = self.admin_site.admin_view(self.many)
        many = path("many/<str:what>/", view, name="events_rejectedevent_many")
        return [many, *super().get_urls()]

    @admin.display(description="source")
    def source(self, row: Any) -> str:
        """By name; sources may be gone."""
        return str(getattr(row, "source_name", None) or f"#{row.source_id}")

    @admin.display(description="stage", ordering="stage")
    def shown_stage(self, row: RejectedEvent) -> str:
        """Which stage refused it."""
        return STAGES.get(row.stage, row.stage)

    @display(  # type: ignore[untyped-decorator]
        description="state", label={"open": "danger", "replayed": "success", "dismissed": "info"}
    )
    def shown_state(self, row: RejectedEvent) -> str:
        """Open, replayed or dismissed."""
        return row.resolution or "open"

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Replaying changes what is stored, so it needs the right to change."""
        return bool(getattr(request.user, "has_perm", lambda _: False)(RIGHT))

    @admin.action(description="Replay: send through the inbox again", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[RejectedEvent]) -> None:
        """Send the chosen items through the inbox once more."""
        chosen = list(queryset.filter(resolved_at=None).values_list("pk", flat=True))
        sent = services.replay(chosen, request.user.pk)
        messages.success(request, f"{sent} of {len(chosen)} unresolved items were sent through the inbox again.")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, below the largest groups of what is open."""
        source = request.GET.get("source_id", "")
        wanted = QuarantineFilter(source_id=id_in(source))
        found = groups(wanted)
        names = names_of(one.source_id for one in found)
        total = quarantined(wanted).count()
        context = {
            "groups": [_shown(one, names) for one in found],
            "groups_total": total,
            "groups_rest": total - sum(one.count for one in found),
            "may_replay": self.has_replay_permission(request),
            "replay_all_url": _many_url("replay", {"source_id": source} if wanted.source_id is not None else {}),
        }
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **context})
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One item: why it was refused, how to mend it, an editor, and what would happen now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = id_in(object_id)
        row = RejectedEvent.objects.filter(pk=number).first() if number is not None else None
        if row is None:
            raise Http404("There is no such item.")
        typed = request.POST.get("body")
        may_edit = self.has_replay_permission(request) and may_see_personal(request)
        checked = None
        if request.method == "POST":
            what = request.POST.get("do", "")
            if what != "check":
                return self._do(request, row, what, typed if may_edit else None)
            if may_edit and typed is not None:
                checked = services.check(row, _bytes(typed))
            elif self.has_replay_permission(request):
                checked = services.check(row, bytes(row.edited if row.edited is not None else row.raw))
        return self._item(request, row, typed if may_edit else None, checked)

    def many(self, request: HttpRequest, what: str) -> HttpResponse:
        """Replay or dismiss all open items of a filter, as a job, once it was confirmed."""
        if not self.has_replay_permission(request):
            raise PermissionDenied("Replaying needs the right to change the quarantine.")
        if what not in ("replay", "dismiss"):
            raise Http404
        asked = request.POST if request.method == "POST" else request.GET
        problem, wanted = "", QuarantineFilter()
        try:
            wanted = QuarantineFilter.read({key: asked[key] for key in asked if key != "state"})
        except ValueError as error:
            problem = str(error)
        if request.method == "POST" and not problem:
            params = for_job(wanted, request.user.pk, request.POST.get("note", ""))
            job = jobs.enqueue(f"events.{what}_items", params, created_by=cast(Any, request.user))
            url = reverse("admin:jobs_job_change", args=[job.pk])
            link = format_html('Queued: <a class="underline" href="{}">follow the job</a>.', url)
            messages.success(request, link)
            return HttpResponseRedirect(reverse(LIST))
        context = self.admin_site.each_context(request) | {
            "title": "Replay many" if what == "replay" else "Dismiss many",
            "what": what,
            "wanted": wanted,
            "problem": problem,
            "count": 0 if problem else quarantined(wanted).count(),
            "stages": STAGES.items(),
            "sources": Source.objects.order_by("name"),
            "back": reverse(LIST),
        }
        return TemplateResponse(request, "admin/quarantine_many.html", context)

    def _item(self, request: HttpRequest, row: RejectedEvent, typed: str | None, checked: Any) -> HttpResponse:
        may_see = may_see_personal(request)
        if may_see and request.method == "GET":
            record_audit(cast(Any, request.user), "looked at a rejected event", f"rejectedevent:{row.pk}")
        raw = bytes(row.raw)
        current = bytes(row.edited) if row.edited is not None else raw
        links = chain(row)
        context = self.admin_site.each_context(request) | {
            "title": f"Quarantine #{row.pk}",
            "opts": self.opts,
            "row": row,
            "stage": STAGES.get(row.stage, row.stage),
            "source": names_of([row.source_id])[row.source_id],
            "mending": mending(row.stage, row.reason),
            "chain": links,
            "may_see": may_see,
            "may_replay": self.has_replay_permission(request),
            "is_open": row.resolved_at is None,
            "body": typed if typed is not None else editable(current),
            "original": editable(raw) if row.edited is not None else "",
            "checked": checked,
            "checked_mending": mending(checked.stage, checked.reason) if checked and checked.reason else None,
            "resolved_by": _staff(row.resolved_by_id),
            "back": f"{reverse(LIST)}?state=open",
        }
        return TemplateResponse(request, "admin/quarantine_item.html", context)

    def _do(self, request: HttpRequest, row: RejectedEvent, what: str, typed: str | None) -> HttpResponse:
        if not self.has_replay_permission(request):
            raise PermissionDenied("Replaying needs the right to change the quarantine.")
        by_id = cast(int, request.user.pk)
        if what in ("save", "replay") and typed is not None and _is_changed(row, typed):
            services.save_edited(row.pk, _bytes(typed))
        if what == "dismiss":
            done = services.dismiss([row.pk], request.POST.get("note", ""), by_id)
            messages.success(request, "Dismissed." if done else "It was resolved before.")
        elif what == "reopen":
            done = services.reopen([row.pk])
            messages.success(request, "Open again." if done else "Only what was dismissed can be opened again.")
        elif what == "save":
            messages.success(request, "Saved beside the original.")
        elif what == "replay":
            messages.info(request, _said(services.replay([row.pk], by_id)))
        return HttpResponseRedirect(reverse("admin:events_rejectedevent_change", args=[row.pk]))


def _said(sent: int) -> str:
    if sent:
        return (
            "Sent through the inbox again: seen in Live in a moment. Should it fail anew, it is listed as a new item."
        )
    return "It was not sent: it is resolved already, or its bytes are not JSON."


def _bytes(typed: str) -> bytes:
    """What stands in the editor, as bytes: browsers send every line's end as CR LF."""
    return typed.replace("\r\n", "\n").strip().encode("utf-8", "replace")


def _is_changed(row: RejectedEvent, typed: str) -> bool:
    """Whether it says anything else than what the editor was filled with."""
    return _bytes(typed) != _bytes(editable(bytes(row.edited if row.edited is not None else row.raw)))


def _shown(one: Group, names: dict[int, str]) -> GroupShown:
    params = {"stage": one.stage, "reason": one.reason, "name": one.name, "source_id": one.source_id}
    said = mending(one.stage, one.reason)
    of = f" of {one.name}" if one.name else ""
    listed = urlencode({"state": "open", "stage": one.stage, "reason": one.reason, "source_id": one.source_id})
    return GroupShown(
        count=f"{one.count:,}",
        words=f"{one.reason}{of} from {names[one.source_id]}",
        why=said.why,
        how=said.how,
        list_url=f"?{listed}",
        replay_url=_many_url("replay", params),
        dismiss_url=_many_url("dismiss", params),
    )


def _many_url(what: str, params: dict[str, Any]) -> str:
    return f"{reverse('admin:events_rejectedevent_many', args=[what])}?{urlencode(params)}"


def _staff(user_id: int | None) -> str:
    found = User.objects.filter(pk=user_id).first() if user_id is not None else None
    return str(found) if found else ""
