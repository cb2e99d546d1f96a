"""Message ids that came again with another body, in the admin: which request said the other thing."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from events.admin_parts import ReadOnlyAdmin
from events.models import MessageConflict, Source


@admin.register(MessageConflict)
class MessageConflictAdmin(ReadOnlyAdmin):
    """The first message of an id is kept; what came later and said something else is noted here."""

    list_display = ("noted_at", "source", "message", "said_in")
    list_filter = ("source_id",)
    ordering = ("-id",)
    fields = ("noted_at", "source", "message", "said_in")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageConflict]:
        """With the source's name."""
        found: QuerySet[MessageConflict] = super().get_queryset(request)
        name = Source.objects.filter(pk=OuterRef("source_id")).values("name")[:1]
        return found.annotate(source_name=Subquery(name))

    @admin.display(description="source")
    def source(self, row: Any) -> str:
        """By name; sources may be gone."""
        return str(getattr(row, "source_name", None) or f"#{row.source_id}")

    @admin.display(description="message")
    def message(self, row: MessageConflict) -> SafeString:
        """The beginning of the hash of its id: enough to see which rows are of one message."""
        return format_html("<code>{}</code>", bytes(row.message_hash).hex()[:12])

    @admin.display(description="said otherwise in")
    def said_in(self, row: MessageConflict) -> SafeString:
        """The request whose item was not kept."""
        address = reverse("admin:events_inbox_change", args=[row.inbox_id])
        return format_html('<a class="underline" href="{}">request #{}, item {}</a>', address, row.inbox_id, row.index)
