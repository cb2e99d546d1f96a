"""Topics and deliveries in the admin: what waits, what was given up and why, and a way to retry it."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from cdp.lib.admin_parts import ReadOnlyAdmin, pretty_json
from cdp.outbox import services
from cdp.outbox.models import Delivery, TopicRow


class ReadOnly(ReadOnlyAdmin):
    """Rows that only the outbox writes."""

    show_full_result_count = False


@admin.register(TopicRow)
class TopicRowAdmin(ReadOnly):
    """What was published lately."""

    list_display = ("id", "topic", "payload", "created_at")
    list_filter = ("topic",)
    ordering = ("-id",)
    fields = ("topic", "shown_payload", "created_at")
    readonly_fields = fields

    @admin.display(description="payload")
    def shown_payload(self, row: TopicRow) -> SafeString | str:
        """The ids it names."""
        return pretty_json(row.payload)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """Who has yet to act on what; parked ones are retried here."""

    list_display = ("id", "consumer", "topic_row", "attempts", "available_at", "done_at", "parked_at", "last_error")
    list_filter = ("consumer", ("parked_at", admin.EmptyFieldListFilter), ("done_at", admin.EmptyFieldListFilter))
    list_select_related = ("topic_row",)
    ordering = ("-id",)
    actions = ("retry",)

    @admin.action(description="Try again now", permissions=["view"])
    def retry(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        """Give the chosen deliveries a fresh start."""
        if not request.user.has_perm("outbox.change_delivery"):
            messages.error(request, "Your account may look at deliveries, not retry them.")
            return
        count = services.retry_deliveries(list(deliveries.values_list("pk", flat=True)))
        messages.info(request, f"{count} deliveries will be tried again.")
