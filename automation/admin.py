"""Automation in the admin: everybody's ways through journeys; journeys themselves have pages of their own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from automation.models import Enrollment, Journey
from automation.queries.ways import passed_before
from automation.reasons import words
from cdp.lib.admin_parts import ReadOnlyAdmin
from profiles.person_links import WithPerson
from segments.list_action import WithList


class RecordAdmin(ReadOnlyAdmin):
    """Rows that the service writes and people only look at; many, so never all counted."""

    show_full_result_count = False


@admin.register(Journey)
class JourneyAdmin(ReadOnlyAdmin):
    """Journeys have pages of their own (cdp/admin_journey): their addresses here lead there."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """All of them."""
        return HttpResponseRedirect(reverse("journeys"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One of them; the list where there is no such one."""
        return HttpResponseRedirect(
            reverse("journey", args=[object_id]) if object_id.isdecimal() else reverse("journeys")
        )


@admin.register(Enrollment)
class EnrollmentAdmin(WithList, WithPerson, ReadOnlyAdmin):
    """Everybody's ways through journeys: where they stand, which steps they passed, and how each ended."""

    list_display = ("journey", "shown_state", "node", "why", "armed_at", "due_at", "ended_at")
    fields = (
        "person",
        "journey",
        "version",
        "shown_state",
        "node",
        "why",
        "steps",
        "armed_at",
        "entered_at",
        "due_at",
        "ended_at",
        "goal_at",
        "cart_key",
        "occasion",
    )
    readonly_fields = fields
    list_filter = ("state", "journey", "reason")
    list_select_related = ("journey",)
    search_fields = ("=cart_key", "=identifier_id")
    search_help_text = "A whole cart key, or the number of an identifier"
    ordering = ("-id",)

    @display(  # type: ignore[untyped-decorator]
        description="state",
        label={"Armed": "info", "Waiting": "info", "Sending": "info", "Done": "success", "Exited": "warning"},
    )
    def shown_state(self, row: Enrollment) -> str:
        """Armed, Waiting, Sending, Done or Exited."""
        return str(row.get_state_display())

    @admin.display(description="steps passed")
    def steps(self, row: Enrollment) -> SafeString | str:
        """Each step with what came of it."""
        passed = passed_before([row.pk]).get(row.pk, [])
        lines = ((node, outcome, f" ({words(why)})" if why else "") for node, outcome, why in passed)
        return format_html_join("", "<div>{}: {}{}</div>", lines) or "none yet"

    @admin.display(description="why")
    def why(self, row: Enrollment) -> str:
        """The reason in words."""
        return words(row.reason) if row.reason else ""
