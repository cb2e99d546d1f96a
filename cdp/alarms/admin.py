"""Alarms in the admin: what is open first, with how to mend it, and the action that says who looks after it."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from cdp.alarms import services
from cdp.alarms.models import Alarm
from cdp.lib.admin_parts import ReadOnlyAdmin


class OpenFilter(admin.SimpleListFilter):
    """Open, looked after, or over."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states by name."""
        return [("open", "Open"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> QuerySet[Alarm]:
        """The alarms in the chosen state."""
        chosen = self.value()
        return queryset if chosen is None else queryset.filter(cleared_at__isnull=chosen == "open")


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyAdmin):
    """What staff must know of, and since when."""

    list_display = ("shown_level", "message", "shown_state", "count", "first_at", "last_at")
    list_display_links = ("message",)
    list_filter = (OpenFilter, "level", "code")
    list_select_related = ("acknowledged_by",)
    search_fields = ("message", "code")
    ordering = (F("cleared_at").desc(nulls_first=True), "level", "-last_at")
    actions = ("acknowledge",)
    fields = (
        *("shown_level", "message", "where", "shown_state", "count", "first_at", "last_at", "cleared_at"),
        *("acknowledged_at", "acknowledged_by", "code", "key"),
    )
    readonly_fields = fields

    @display(description="level", label={"Error": "danger", "Warning": "warning"})  # type: ignore[untyped-decorator]
    def shown_level(self, alarm: Alarm) -> str:
        """Error or warning."""
        return str(alarm.get_level_display())

    @display(  # type: ignore[untyped-decorator]
        description="state", label={"open": "danger", "looked after": "info", "over": "success"}
    )
    def shown_state(self, alarm: Alarm) -> str:
        """Open, looked after by somebody, or over."""
        if alarm.cleared_at is not None:
            return "over"
        return "open" if alarm.acknowledged_at is None else "looked after"

    @admin.display(description="look further")
    def where(self, alarm: Alarm) -> SafeString | str:
        """The page behind it."""
        return format_html('<a class="underline" href="{}">{}</a>', alarm.link, alarm.link) if alarm.link else "–"

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        """Who may change alarms."""
        return cast(User, request.user).has_perm("alarms.change_alarm")

    @admin.action(description="Acknowledge: I look after it", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> None:
        """Note who looks after the chosen alarms: they leave the home page, not this list."""
        count = services.acknowledge(queryset.values_list("pk", flat=True), cast(int, request.user.pk))
        messages.success(request, f"You look after {count} of the chosen alarms.")
