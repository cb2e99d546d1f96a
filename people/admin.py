"""Computed traits in the admin: what is computed, with suggestions from real events and a preview on real people."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from cdp.lib.admin_parts import ONE_LINE, ReadOnlyAdmin
from cdp.lib.clock import utc_now
from events import queries as events
from people.figures import ORDER_FIELDS
from people.forms import EVENTS_LIST, PROPERTIES_LIST, ComputedTraitForm
from people.models import ComputedTrait, KeyReads
from people.queries.previewing import preview


@admin.register(ComputedTrait)
class ComputedTraitAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Computed traits: list with their sentence; the form shows what a draft says of real people."""

    form = ComputedTraitForm
    formfield_overrides = ONE_LINE
    list_display = ("label", "name", "sentence", "enabled")
    list_filter = ("enabled", "kind", "over")
    search_fields = ("name", "label", "description")
    ordering = ("label",)
    prepopulated_fields = {"name": ("label",)}
    readonly_fields = ("preview",)
    fieldsets = (
        (None, {"fields": ("label", "name", "description", "enabled")}),
        ("What is computed", {"fields": ("kind", "over", "event", "property", "by_currency", "filters", "where")}),
        ("How far back", {"fields": ("window_days", "how_many")}),
        ("What it says", {"fields": ("preview",)}),
    )

    class Media:
        css = {"all": ("people/preview.css",)}
        js = ("people/preview.js",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: what is not wanted is switched off; the shipped ones would come back at the next start."""
        return False

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The name follows the label while it is new; programs rely on it afterwards."""
        return {} if obj else self.prepopulated_fields

    def get_urls(self) -> list[URLPattern]:
        """With the preview's own."""
        own = path("preview/", self.admin_site.admin_view(self.preview_view), name="people_computedtrait_preview")
        return [own, *super().get_urls()]

    @admin.display(description="computed as")
    def sentence(self, row: ComputedTrait) -> str:
        """In words."""
        return row.definition().sentence()

    @admin.display(description="of the newest people")
    def preview(self, row: ComputedTrait) -> SafeString:
        """Filled by the page's script; with the suggestions of events and properties that really came."""
        seen = events.seen_lately()
        names = format_html_join(
            "", '<option value="{}">{} lately</option>', ((one.name, f"{one.count:,}") for one in seen)
        )
        keys = sorted({key for one in seen for key in one.properties} | set(ORDER_FIELDS))
        properties = format_html_join("", '<option value="{}"></option>', ((key,) for key in keys))
        return format_html(
            '<div class="p-preview" data-preview="{}"><p aria-live="polite">What it says of people appears here while '
            'you edit.</p></div><datalist id="{}">{}</datalist><datalist id="{}">{}</datalist>',
            reverse("admin:people_computedtrait_preview"),
            EVENTS_LIST,
            names,
            PROPERTIES_LIST,
            properties,
        )

    @method_decorator(require_POST)
    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What a draft says of some people; for those who may save one."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        typed = request.POST.copy()
        typed["name"], typed["label"] = "draft", typed.get("label") or "Draft"
        form = ComputedTraitForm(typed)
        if not form.is_valid():
            texts = [text for texts in form.errors.values() for text in texts]
            return JsonResponse({"error": " ".join(str(text) for text in texts)})
        form.instance.name = "draft"
        found = preview(form.instance.definition(), utc_now(), personal=request.user.has_perm("profiles.view_personal"))
        links = request.user.has_perm("profiles.view_profile")
        people = [
            {
                "name": one.name,
                "value": one.value,
                "url": reverse("admin:profiles_profile_change", args=[one.profile_id]) if links else "",
            }
            for one in found
        ]
        return JsonResponse({"sentence": form.instance.definition().sentence(), "people": people})


@admin.register(KeyReads)
class KeyReadsAdmin(ReadOnlyAdmin):
    """How many answers about people each server key got on a day."""

    list_display = ("key_id", "day", "reads", "last_at")
    ordering = ("-day", "-reads")
    show_full_result_count = False
