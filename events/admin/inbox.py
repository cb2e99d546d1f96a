"""The inbox in the admin: raw requests, their bytes shown to those who may see personal data."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from events.admin_parts import HIDDEN, ReadOnlyAdmin, may_see_personal, readable
from events.models import Inbox


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
