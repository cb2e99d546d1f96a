"""Sources in the admin: the write key, how to send with it, and what came by day."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from cdp.lib.admin_parts import ONE_LINE
from events import queries
from events.admin.trusting import CHOSEN, WHY, SourceForm, told
from events.admin_parts import how_to
from events.models import Source, SourceDay


@admin.register(Source)
class SourceAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Where events come from: its key, how to use it, and what came by day."""

    form = SourceForm
    formfield_overrides = ONE_LINE
    list_display = ("name", "kind", "key", "enabled", "created_at")
    list_filter = ("kind", "enabled")
    search_fields = ("name", "write_key")
    first = ("name", "kind", "enabled", "country")
    readonly_fields = ("write_key", "key_to_come", "how_to_send", "last_days", "created_at", "believed_for")

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        """Before the first saving there is nothing to tell but what it will be: its kind decides whom it is believed
        for."""
        if obj is None:
            return ((None, {"fields": (*self.first, "key_to_come")}),)
        chosen = CHOSEN if self.has_change_permission(request, obj) else ("believed_for",)
        return (
            (None, {"fields": (*self.first, "write_key", "how_to_send")}),
            ("Whom it is believed for", {"description": WHY, "fields": chosen}),
            ("What came", {"fields": ("last_days", "created_at")}),
        )

    @admin.display(description="believed for")
    def believed_for(self, source: Source) -> SafeString:
        """The choices, for those who may not change them."""
        return format_html_join("", "<p>{}: {}</p>", told(source))

    @admin.display(description="write key")
    def key(self, source: Source) -> SafeString:
        """The key, selected whole by one click."""
        return format_html('<code class="h-whole">{}</code>', source.write_key)

    @admin.display(description="write key")
    def key_to_come(self, source: Source) -> str:
        """No key before the first saving: one shown now would not be the one that is saved."""
        return "made when you save"

    @admin.display(description="how to send")
    def how_to_send(self, source: Source) -> SafeString | str:
        """A snippet with this source's key."""
        return how_to(source, settings.BASE_URL) if source.pk else "after the first saving"

    @admin.display(description="last 14 days")
    def last_days(self, source: Source) -> SafeString | str:
        """received = accepted + duplicates + rejected + refused, by day."""
        days = SourceDay.objects.filter(source_id=source.pk).order_by("-day")[:14] if source.pk else []
        rows = [(d.day, d.received, d.accepted, d.duplicates, d.rejected, d.refused) for d in days]
        live = reverse("events-live")
        watch = format_html('<a class="underline" href="{}?source={}">Watch live</a>', live, source.pk)
        if not rows:
            return format_html("nothing yet · {}", watch)
        cells = format_html_join("", "<tr><td>{}</td>" + '<td class="h-number">{}</td>' * 5 + "</tr>", rows)
        names = ("day", "received", "accepted", "duplicates", "rejected", "refused")
        head = format_html_join("", '<th class="h-number">{}</th>', ((name,) for name in names))
        counters = reverse("events-counters")
        more = format_html('<a class="underline" href="{}?source={}">30 days</a>', counters, source.pk)
        table = format_html('<table class="h-table"><tr>{}</tr>{}</table>', head, cells)
        return format_html('<p class="mb-2">{} · {}</p>{}', watch, more, table)

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """Saved; this process sees it at once, the others within three seconds."""
        super().save_model(request, obj, form, change)
        queries.forget_sources()
