"""The quarantine in the admin: what could not be stored and why, mended and sent again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from events import services
from events.admin.inbox import PersonalBytesAdmin
from events.models import RejectedEvent, Source


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
