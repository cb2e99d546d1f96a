"""Segments in the admin: the rule as JSON and as a sentence, who is in it, and what a save changed."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

from cdp.access.services import record_audit
from segments import admin_list, admin_preview, admin_suggest, queries, services
from segments.contracts import SavedSegment, SegmentDraft
from segments.forms import SegmentForm
from segments.models import Membership, Segment
from segments.queries.labels import person_labels
from segments.rules import parse_rule


@admin.register(Segment)
class SegmentAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Rules: list with size and state; saving asks everybody and says what changed."""

    form = SegmentForm
    list_display = ("called", "sentence", "members_listed", "change_listed", "state", "purpose", "owner", "fresh")
    list_display_links = None
    list_filter = (admin_list.StateFilter, "purpose", "owner")
    list_select_related = ("purpose", "owner")
    list_per_page = 50
    show_full_result_count = False
    list_after_template = "segments/list_after.html"
    search_fields = ("name", "slug", "notes")
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    change_form_outer_before_template = "segments/panels.html"
    readonly_fields = ("sentence",)
    fieldsets = (
        (None, {"fields": ("name",)}),
        (None, {"fields": ("definition",), "classes": ("b-fieldset",)}),
        (None, {"fields": ("slug", "state", "purpose", "notes")}),
    )

    def get_fieldsets(self, request: HttpRequest, segment: Segment | None = None) -> Any:
        """A list's rule is the list: nobody edits it."""
        if segment is None or segment.kind == Segment.Kind.RULE:
            return self.fieldsets
        return tuple(part for part in self.fieldsets if part[1]["fields"] != ("definition",))

    def has_change_permission(self, request: HttpRequest, segment: Segment | None = None) -> bool:
        """What an offer or a placement keeps is edited there."""
        return (segment is None or not segment.used_for) and super().has_change_permission(request, segment)

    def get_urls(self) -> list[URLPattern]:
        """With the builder's own."""
        asks = (("preview", self.preview_view), ("suggest", self.suggest_view))
        own = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"segments_segment_{name}") for name, view in asks
        ]
        return [*own, *super().get_urls()]

    @method_decorator(require_POST)
    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Who a rule as typed takes in; for those who may save one."""
        self._only_editors(request)
        return admin_preview.answer(request)

    @method_decorator(require_GET)
    def suggest_view(self, request: HttpRequest) -> HttpResponse:
        """What a rule can name, with how often it occurs; for those who may save one."""
        self._only_editors(request)
        return admin_suggest.answer(request)

    def _only_editors(self, request: HttpRequest) -> None:
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list with sizes."""
        return admin_list.SegmentList

    @admin.display(description="segment", ordering="name")
    def called(self, segment: Segment) -> SafeString:
        """Its name, as a link to its page."""
        return admin_list.named(segment)

    @admin.display(description="members")
    def members_listed(self, segment: Segment) -> SafeString | str:
        """How many are in it."""
        return admin_list.size_shown(segment)

    @admin.display(description="in 7 days")
    def change_listed(self, segment: Segment) -> SafeString | str:
        """How that changed."""
        return admin_list.change_shown(segment)

    @admin.display(description="freshness")
    def fresh(self, segment: Segment) -> str:
        """Whether its members are true to what happened."""
        return admin_list.freshness_shown(segment)

    @admin.display(description="rule")
    def sentence(self, segment: Segment) -> str:
        """The rule in words."""
        return parse_rule(segment.definition).sentence() if segment.pk else "Save the rule to read it as a sentence."

    def save_model(self, request: HttpRequest, segment: Segment, form: Any, change: bool) -> None:
        """Save through the service, which makes versions and the job."""
        draft = SegmentDraft(
            slug=segment.slug,
            name=segment.name,
            definition=form.rule(),
            state=segment.state,
            notes=segment.notes,
            purpose=segment.purpose_id or "",
        )
        saved = services.save_segment(draft, segment_id=segment.pk if change else None, by=request.user)  # type: ignore[arg-type]
        segment.pk = saved.segment_id
        if not change:
            Segment.objects.filter(pk=saved.segment_id).update(owner_id=request.user.pk)
        version = f"version {saved.version}" if saved.rule_changed else f"the rule stays version {saved.version}"
        record_audit(
            request.user,  # type: ignore[arg-type]  # staff only
            "changed a segment" if change else "made a segment",
            f"segment:{saved.segment_id}",
            version,
        )
        segment.refresh_from_db()
        request.saved_segment = saved  # type: ignore[attr-defined]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; once a save is committed, ask everybody at once where that takes seconds, and say the count."""
        response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        saved: SavedSegment | None = getattr(request, "saved_segment", None)
        if saved and saved.job_id:
            self._tell(request, saved.segment_id, saved.job_id)
        return response

    def response_post_save_add(self, request: HttpRequest, segment: Segment) -> HttpResponse:
        """On to its page."""
        return HttpResponseRedirect(reverse("segment-desk-overview", args=[segment.pk]))

    def response_post_save_change(self, request: HttpRequest, segment: Segment) -> HttpResponse:
        """On to its page."""
        return HttpResponseRedirect(reverse("segment-desk-overview", args=[segment.pk]))

    def has_delete_permission(self, request: HttpRequest, segment: Segment | None = None) -> bool:
        """Archive instead: its history stays."""
        return False

    def _tell(self, request: HttpRequest, segment_id: int, job_id: UUID) -> None:
        written = services.recompute_if_small(job_id)
        if written is None:
            url = reverse("admin:jobs_job_change", args=[job_id])
            text: str = format_html('Everybody is being asked now: <a href="{}">see how far it is</a>.', url)
        else:
            count = queries.size(segment_id)
            people = "1 person is" if count == 1 else f"{count:,} people are"
            text = f"{people} in it now: {written.entered:,} entered, {written.left:,} left."
        messages.info(request, text)


class OpenFilter(admin.SimpleListFilter):
    """Members now, or those who left."""

    title = "in it now"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Yes or no."""
        return [("yes", "Yes"), ("no", "No, left")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> QuerySet[Membership]:
        """Open or closed intervals."""
        if self.value() is None:
            return queryset
        return queryset.filter(left_at__isnull=self.value() == "yes")


class LabelledList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """Puts a label on each person of the page, in two statements for all."""

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows, labelled."""
        super().get_results(request)
        rows: list[Membership] = list(self.result_list)  # type: ignore[has-type]
        unmasked = request.user.has_perm("profiles.view_personal")
        labels = person_labels({row.profile_id for row in rows}, unmasked=unmasked)
        links = request.user.has_perm("profiles.view_profile")
        for row in rows:
            label = labels[row.profile_id]
            row.person_label = _page_of(row.profile_id, label) if links else label  # type: ignore[attr-defined]
        self.result_list = rows


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Who is and was in which segment: intervals, read-only."""

    list_display = ("person", "segment", "entered_at", "left_at", "left_reason", "version")
    list_display_links = None
    list_filter = (OpenFilter, "segment", "left_reason")
    search_fields = ("profile_id__exact",)
    search_help_text = "A profile id"
    ordering = ("-id",)
    list_select_related = ("segment",)
    paginator = InfinitePaginator
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list with labels."""
        return LabelledList

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By profile id; anything else finds nobody."""
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(profile_id=UUID(search_term.strip())), False
        except ValueError:
            return queryset.none(), False

    @admin.display(description="person")
    def person(self, membership: Membership) -> SafeString | str:
        """An address or id, masked for those who may not see it; a link for those who may open the page."""
        label: SafeString | str | None = getattr(membership, "person_label", None)
        return label or f"…{membership.profile_id.hex[-6:]}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Memberships follow from rules."""
        return False

    def has_change_permission(self, request: HttpRequest, membership: Membership | None = None) -> bool:
        """Memberships follow from rules."""
        return False

    def has_delete_permission(self, request: HttpRequest, membership: Membership | None = None) -> bool:
        """History stays."""
        return False


def _page_of(profile_id: UUID, label: str) -> SafeString:
    url = reverse("admin:profiles_profile_change", args=[profile_id])
    return format_html('<a class="underline" href="{}">{}</a>', url, label)
