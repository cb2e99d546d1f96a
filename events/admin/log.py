"""The event log in the admin."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from events.admin_parts import HIDDEN, ReadOnlyAdmin, may_see_personal, readable
from events.models import Event
from profiles.person_links import WithPerson


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
