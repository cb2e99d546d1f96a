"""Events in the admin: sources with their keys and counters, the quarantine with its replay, the inbox and the log."""

import json
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from cdp.lib.admin_parts import ONE_LINE
from events import queries, services
from events.admin_parts import ReadOnlyAdmin, how_to, may_see_personal, readable
from events.models import Event, Inbox, RejectedEvent, Source, SourceDay
from profiles.person_links import WithPerson

HIDDEN = "hidden: needs the right to view personal data"


@admin.register(Source)
class SourceAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Where events come from: its key, how to use it, and what came by day."""

    formfield_overrides: ClassVar[dict[Any, Any]] = {**ONE_LINE, ArrayField: {"widget": UnfoldAdminTextInputWidget}}
    list_display = ("name", "kind", "key", "enabled", "created_at")
    list_filter = ("kind", "enabled")
    search_fields = ("name", "write_key")
    readonly_fields = ("write_key", "how_to_send", "last_days", "created_at")
    fields = ("name", "kind", "enabled", "asserts", "write_key", "how_to_send", "last_days", "created_at")

    def get_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        """Before the first saving there is nothing to tell but what it will be."""
        return self.fields if obj else ("name", "kind", "enabled", "asserts", "write_key")

    @admin.display(description="write key")
    def key(self, source: Source) -> SafeString:
        """The key, selected whole by one click."""
        return format_html('<code class="h-whole">{}</code>', source.write_key)

    @admin.display(description="how to send")
    def how_to_send(self, source: Source) -> SafeString | str:
        """A snippet with this source's key."""
        return how_to(source, settings.BASE_URL) if source.pk else "after the first saving"

    @admin.display(description="last 14 days")
    def last_days(self, source: Source) -> SafeString | str:
        """received = accepted + duplicates + rejected + refused, by day."""
        days = SourceDay.objects.filter(source_id=source.pk).order_by("-day")[:14] if source.pk else []
        rows = [(d.day, d.received, d.accepted, d.duplicates, d.rejected, d.refused) for d in days]
        if not rows:
            return "nothing yet"
        cells = format_html_join("", "<tr><td>{}</td>" + '<td class="h-number">{}</td>' * 5 + "</tr>", rows)
        names = ("day", "received", "accepted", "duplicates", "rejected", "refused")
        head = format_html_join("", '<th class="h-number">{}</th>', ((name,) for name in names))
        return format_html('<table class="h-table"><tr>{}</tr>{}</table>', head, cells)

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """Saved; this process sees it at once, the others within three seconds."""
        super().save_model(request, obj, form, change)
        queries.forget_sources()


class PersonalBytesAdmin(ReadOnlyAdmin):
    """A row with raw bytes, shown to those who may see personal data."""

    bytes_field = ""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, marked with whether its bytes may be shown."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.may_see_personal = may_see_personal(request)
        return found

    @admin.display(description="as received")
    def as_received(self, row: Any) -> SafeString | str:
        """The bytes, indented where they are JSON."""
        return readable(bytes(getattr(row, self.bytes_field))) if getattr(row, "may_see_personal", False) else HIDDEN


@admin.register(RejectedEvent)
class RejectedEventAdmin(PersonalBytesAdmin):
    """The quarantine: what could not be stored and why; replayed once its cause is mended."""

    bytes_field = "raw"
    list_display = ("id", "stage", "reason", "source", "rejected_at", "resolved_at")
    list_filter = ("stage", "reason", "source_id", ("resolved_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
    fields = (
        "stage",
        "reason",
        "detail",
        "source",
        "inbox_id",
        "index",
        "received_at",
        "rejected_at",
        "resolved_at",
        "as_received",
    )
    readonly_fields = fields
    actions = ("replay",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RejectedEvent]:
        """Lists never read the bytes."""
        found: QuerySet[RejectedEvent] = super().get_queryset(request)
        name = Source.objects.filter(pk=OuterRef("source_id")).values("name")[:1]
        return found.defer("raw").annotate(source_name=Subquery(name))

    @admin.display(description="source")
    def source(self, row: Any) -> str:
        """By name; sources may be gone."""
        return str(getattr(row, "source_name", None) or f"#{row.source_id}")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Replaying changes what is stored, so it needs the right to change."""
        return bool(getattr(request.user, "has_perm", lambda _: False)("events.change_rejectedevent"))

    @admin.action(description="Replay: send through the inbox again", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[RejectedEvent]) -> None:
        """Send the chosen items through the inbox once more."""
        chosen = list(queryset.filter(resolved_at=None).values_list("pk", flat=True))
        sent = services.replay(chosen)
        messages.success(request, f"{sent} of {len(chosen)} unresolved items were sent through the inbox again.")


@admin.register(Inbox)
class InboxAdmin(PersonalBytesAdmin):
    """Raw requests, waiting or done."""

    bytes_field = "body"
    list_select_related = ("source",)
    list_display = ("id", "source", "path_type", "lane", "items", "attempts", "received_at", "done_at")
    list_filter = ("lane", ("done_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
    fields = (
        "source",
        "path_type",
        "lane",
        "items",
        "attempts",
        "token",
        "claimed_until",
        "received_at",
        "done_at",
        "as_received",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Inbox]:
        """Lists never read the bytes."""
        found: QuerySet[Inbox] = super().get_queryset(request)
        return found.defer("body", "facts")


@admin.register(Event)
class EventAdmin(WithPerson, ReadOnlyAdmin):
    """The event log."""

    list_display = ("id", "name", "type", "source_id", "identifier_id", "occurred_at", "order_id", "cart_id")
    list_filter = ("type",)
    search_fields = ("=order_id", "=cart_id", "=identifier_id")
    search_help_text = "A whole order id, cart id or identifier number."
    ordering = ("-id",)
    fields = (
        "name",
        "type",
        "source_id",
        "inbox_id",
        "index",
        "person",
        "server_side",
        "occurred_at",
        "received_at",
        "flags",
        "cart_id",
        "order_id",
        "details",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Lists never read the documents."""
        found: QuerySet[Event] = super().get_queryset(request)
        return found.defer("properties", "context")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event | None:
        """The event, marked with whether its documents may be shown."""
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            found.may_see_personal = may_see_personal(request)
        return found  # type: ignore[no-any-return]

    @admin.display(description="properties and context")
    def details(self, event: Event) -> SafeString | str:
        """Both documents, indented."""
        if not getattr(event, "may_see_personal", False):
            return HIDDEN
        return readable(json.dumps({"properties": event.properties, "context": event.context}).encode())
