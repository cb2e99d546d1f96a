"""Privacy requests in the admin: the queue by its clock, a request as a story of steps, and what staff may do with it.

The address is shown to those who may see personal data, masked to others. Everything done here is in the audit log.
"""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from cdp.access.services import record_audit
from cdp.lib.admin_parts import ReadOnlyAdmin
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from consent.models import Regime
from privacy import services
from privacy.contracts import STAFF
from privacy.models import Request
from privacy.queries import requests as queries
from privacy.queries.files import file_of
from privacy.queries.story import objectionable, story_of
from privacy.services import exporting
from privacy.words import languages

RIGHT = "privacy.change_request"
PERSONAL = "profiles.view_personal"
REASONS = (
    "We cannot make sure that you are who you say (GDPR Art. 12(6)).",
    "The request is manifestly unfounded or excessive (GDPR Art. 12(5)).",
    "The law obliges us to keep this data (GDPR Art. 17(3)(b)).",
    "We need this data for legal claims (GDPR Art. 17(3)(e)).",
)
State = Request.State


class DueFilter(admin.SimpleListFilter):
    """What presses."""

    title, parameter_name = "clock", "clock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Open, due soon, overdue."""
        return [("open", "not finished"), ("near", "due within 3 days"), ("late", "overdue")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Request]) -> QuerySet[Request]:
        """Rows of the chosen one."""
        return queries.by_clock(queryset, self.value() or "", utc_now())


@admin.register(Request)
class RequestAdmin(ReadOnlyAdmin):
    """The queue."""

    list_display = ("shown_kind", "whom", "shown_state", "clock", "progress", "law", "received_at", "came_by")
    list_filter = (DueFilter, "state", "kind", "regime", "came_by")
    search_fields = ("id",)
    search_help_text = "A whole e-mail address, or a request's id"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Request]:
        """With their steps."""
        found: QuerySet[Request] = super().get_queryset(request)
        return found.prefetch_related("steps")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Open ones first, the most urgent on top; then the closed ones, newest first."""
        return queries.queue_order()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """An address is searched by its hash, an id as it is."""
        return queries.searched(queryset, search_term), False

    @admin.display(description="asked for")
    def shown_kind(self, row: Request) -> str:
        """The right, and the end of the id, to tell requests apart."""
        return str(row)

    @admin.display(description="by")
    def whom(self, row: Request) -> str:
        """The masked address while there is one."""
        return queries.masked(row.address) or "–"

    @display(  # type: ignore[untyped-decorator]
        description="state",
        label={
            "Done": "success",
            "To decide": "warning",
            "Working": "info",
            "Waiting for the link": "info",
            "Refused": "warning",
            "Expired": "",
            "Failed": "danger",
        },
    )
    def shown_state(self, row: Request) -> str:
        """Where it stands."""
        return queries.STATES[row.state]

    @admin.display(description="law", ordering="regime")
    def law(self, row: Request) -> str:
        """By whose name it goes."""
        return str(dict(Regime.choices).get(row.regime, row.regime))

    @admin.display(description="clock", ordering="due_at")
    def clock(self, row: Request) -> SafeString | str:
        """Days left in words; red as well where it presses."""
        clock = queries.clock_of(row, utc_now())
        if clock is None:
            return "–"
        tone = "h-tag-bad" if clock.is_late else "h-tag-warn" if clock.is_near else ""
        return format_html('<span class="h-tag {}">{}</span>', tone, clock.words)

    @admin.display(description="steps")
    def progress(self, row: Request) -> str:
        """Steps done of all."""
        told = queries.progress(list(row.steps.all()))
        return f"{told['done']} of {told['of']}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may change requests may open one for somebody who wrote or called."""
        return _may(request)

    def get_urls(self) -> list[URLPattern]:
        """The page's actions beside Django's own."""
        own = [
            ("<uuid:request_id>/do/", self.act, "do"),
            ("<uuid:request_id>/file/", self.file, "file"),
        ]
        pages = [
            path(route, self.admin_site.admin_view(view), name=f"privacy_request_{name}") for route, view, name in own
        ]
        return [*pages, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A request that came by letter or telephone."""
        if not _may(request):
            raise PermissionDenied("Only those who may change privacy requests may open one.")
        problem = ""
        if request.method == "POST":
            try:
                made = self._ask(request)
            except Problem as refused:
                problem = refused.detail
            else:
                return HttpResponseRedirect(_page_of(made.pk))
        context = self.admin_site.each_context(request) | {
            "title": "New privacy request",
            "kinds": [(value, label, value in request.POST.getlist("kind")) for value, label in Request.Kind.choices],
            "languages": languages(),
            "purposes": objectionable(),
            "given": request.POST,
            "problem": problem,
        }
        return TemplateResponse(request, "privacy/admin/new.html", context, status=422 if problem else 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The request's page."""
        row = self._found(request, object_id)
        story = story_of(row, utc_now(), sees_personal=_sees(request))
        if story.shows_personal:
            record_audit(_user(request), "viewed", f"privacy_request:{row.pk}")
        context = self.admin_site.each_context(request) | {
            "title": row.get_kind_display(),
            "row": row,
            "story": story,
            "reasons": REASONS,
            "may": _may(request),
            "opts": self.opts,
        }
        return TemplateResponse(request, "privacy/admin/request.html", context)

    def act(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """POST `do`: approve, refuse, extend, attest, again, link."""
        if not _may(request):
            raise PermissionDenied("Only those who may change privacy requests may do that.")
        if request.method != "POST":
            return HttpResponseRedirect(_page_of(request_id))
        do, reason = request.POST.get("do", ""), request.POST.get("reason", "") or request.POST.get("ready", "")
        try:
            messages.info(request, self._done(do, request_id, reason, _user(request)))
        except Problem as refused:
            messages.error(request, refused.detail or refused.title)
        return HttpResponseRedirect(_page_of(request_id))

    def file(self, request: HttpRequest, request_id: UUID) -> HttpResponseBase:
        """POST: the export for handing over in person; counted and noted."""
        if not (_may(request) and _sees(request)):
            raise PermissionDenied("Only those who may change requests and see personal data get the file.")
        export = exporting.downloadable(request_id, now=utc_now()) if request.method == "POST" else None
        if export is None:
            return HttpResponseRedirect(_page_of(request_id))
        exporting.note_download(export)
        record_audit(_user(request), "downloaded the export", f"privacy_request:{request_id}")
        return file_of(export)

    def _done(self, do: str, request_id: UUID, reason: str, actor: AbstractBaseUser) -> str:
        now = utc_now()
        if do == "approve":
            services.approve(request_id, actor=actor, now=now)
            return "Approved: it is being carried out."
        if do == "refuse":
            services.refuse(request_id, actor=actor, reason=reason, now=now)
            return "Refused: the person is told why."
        if do == "extend":
            services.extend(request_id, actor=actor, reason=reason, now=now)
            return "Extended: the person is told why."
        if do == "attest":
            services.verify(request_id, actor=actor, reason=reason, now=now)
            return "Noted that it is them."
        if do == "again":
            services.run_again(request_id, actor=actor, now=now)
            return "It is tried again now."
        letter = services.send_link_again(request_id, now=now)
        return "Another link is on its way." if letter else "No link was sent: too many were, or none is needed."

    @transaction.atomic
    def _ask(self, request: HttpRequest) -> Request:
        """Asked and attested at once, so that nobody who stands at the counter is mailed a link meanwhile."""
        given, now = request.POST, utc_now()
        kind = given.get("kind", "")
        wishes: dict[str, Any] = {}
        if kind == Request.Kind.RECTIFY:
            rows = zip(given.getlist("field"), given.getlist("new"), strict=False)
            wishes = {"fields": [{"field": field, "new": new or None} for field, new in rows if field.strip()]}
        if kind == Request.Kind.OBJECT:
            wishes = {"purposes": given.getlist("purposes")}
        actor, locale = _user(request), given.get("locale", "en")
        made = services.ask(
            kind, given.get("email", ""), came_by=STAFF, now=now, wishes=wishes, locale=locale, actor=actor
        )
        if reason := given.get("reason", "").strip():
            services.verify(made.pk, actor=actor, reason=reason, now=now)
        return made

    def _found(self, request: HttpRequest, object_id: str) -> Request:
        if not self.has_view_permission(request):
            raise PermissionDenied("Only those who may see privacy requests may open one.")
        try:
            row = queries.request_of(UUID(object_id))
        except ValueError:
            raise Http404 from None
        if row is None:
            raise Http404
        return row


def _may(request: HttpRequest) -> bool:
    return cast(User, request.user).has_perm(RIGHT)


def _sees(request: HttpRequest) -> bool:
    return cast(User, request.user).has_perm(PERSONAL)


def _user(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)


def _page_of(request_id: UUID) -> str:
    return reverse("admin:privacy_request_change", args=[request_id])
