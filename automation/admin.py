"""Automation in the admin: journeys with live counts, and everybody's ways through them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from automation import services
from automation.models import Enrollment, Journey
from automation.queries import journey_counts
from automation.queries.ways import passed_before
from automation.reasons import words
from cdp.lib.admin_parts import ONE_LINE, ReadOnlyAdmin, confirmed
from profiles.person_links import WithPerson
from segments.list_action import WithList


class RecordAdmin(ReadOnlyAdmin):
    """Rows that the service writes and people only look at; many, so never all counted."""

    show_full_result_count = False


class JourneyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """The settings of a journey; what would break at sending is refused here."""

    class Meta:
        model = Journey
        fields = ("name", "purpose", "holdout_share", "priority", "reentry", "reentry_days", "notes")

    def clean_holdout_share(self) -> Any:
        """A share from 0 to 1."""
        share = self.cleaned_data["holdout_share"]
        if not 0 <= share <= 1:
            raise forms.ValidationError("A share lies between 0 and 1: 0.1 holds out every tenth address.")
        return share


@admin.register(Journey)
class JourneyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Journeys: their settings, and how many people stand where."""

    form = JourneyForm
    formfield_overrides = ONE_LINE
    list_display = ("name", "shown_state", "waiting", "mailed", "held_out", "not_mailed")
    list_filter = ("state",)
    search_fields = ("name",)
    readonly_fields = ("shown_state", "story")
    actions_detail = ("activate", "pause")
    fieldsets = (
        (None, {"fields": ("name", "shown_state", "story")}),
        ("Whom", {"fields": ("purpose", "holdout_share", "priority", "reentry", "reentry_days")}),
        ("Notes", {"fields": ("notes",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Journey]:
        """With the figures of the list, so that its length costs no query."""
        rows: QuerySet[Journey] = super().get_queryset(request)
        ends = Q(enrollments__state="exited") | Q(enrollments__state="done", enrollments__reason__startswith="refused")
        return rows.annotate(
            n_waiting=Count("enrollments", filter=Q(enrollments__state__in=Enrollment.OPEN)),
            n_mailed=Count("enrollments", filter=Q(enrollments__state="done", enrollments__reason="sent")),
            n_held_out=Count("enrollments", filter=Q(enrollments__reason="held_out")),
            n_not_mailed=Count("enrollments", filter=ends),
        )

    @display(  # type: ignore[untyped-decorator]
        description="state", label={"Live": "success", "Paused": "warning", "Draft": "info"}
    )
    def shown_state(self, journey: Journey) -> str:
        """Draft, Live or Paused."""
        return str(journey.get_state_display())

    @admin.display(description="waiting")
    def waiting(self, journey: Journey) -> str:
        """Under way."""
        return _figure(journey, "n_waiting")

    @admin.display(description="mailed")
    def mailed(self, journey: Journey) -> str:
        """Handed over and accepted."""
        return _figure(journey, "n_mailed")

    @admin.display(description="held out")
    def held_out(self, journey: Journey) -> str:
        """Not mailed, for comparison."""
        return _figure(journey, "n_held_out")

    @admin.display(description="not mailed")
    def not_mailed(self, journey: Journey) -> str:
        """Ended for a reason."""
        return _figure(journey, "n_not_mailed")

    @admin.display(description="people now")
    def story(self, journey: Journey) -> str:
        """Each stage with its count, then why people were not mailed."""
        counts = journey_counts([journey.pk])[journey.pk]
        stages = [("Waiting", counts.waiting), ("Held out", counts.held_out)]
        stages += [(state.capitalize(), n) for state, n in sorted(counts.messages.items())]
        ended = {reason: n for reason, n in counts.ended.items() if reason not in {"sent", "queued"}}
        stages += [(f"Not mailed: {words(reason)}", n) for reason, n in sorted(ended.items(), key=lambda x: -x[1])]
        return format_html_join("", "<div><strong>{}</strong> {}</div>", ((f"{n:,}", label) for label, n in stages))

    @action(description="Activate journey", permissions=("activate",))  # type: ignore[untyped-decorator]
    def activate(self, request: HttpRequest, object_id: int) -> Any:
        """Let people in and go on from now on, once it was confirmed."""
        journey = Journey.objects.get(pk=object_id)
        consequence = (
            f"Whoever its trigger comes true for is let in from now on; {float(journey.holdout_share):.0%} of "
            f"addresses are held out for comparison. {_waiting(journey)} already."
        )
        asked = self._ask(request, journey, "Activate journey", consequence)
        said = "The journey is live: people are let in from now on."
        return asked or self._switch(request, journey, services.activate, said)

    @action(description="Pause journey", permissions=("pause",))  # type: ignore[untyped-decorator]
    def pause(self, request: HttpRequest, object_id: int) -> Any:
        """Stop mailing, once it was confirmed; nothing is lost."""
        journey = Journey.objects.get(pk=object_id)
        consequence = (
            f"Nobody is mailed while it is paused. {_waiting(journey)}; they go on when it is activated again."
        )
        asked = self._ask(request, journey, "Pause journey", consequence)
        return asked or self._switch(request, journey, services.pause, "The journey is paused: nobody is mailed.")

    def has_activate_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Who may change it, while it is not live."""
        return self._may_switch(request, object_id) and not self._is_live(object_id)

    def has_pause_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Who may change it, while it is live."""
        return self._may_switch(request, object_id) and self._is_live(object_id)

    def _may_switch(self, request: HttpRequest, object_id: object) -> bool:
        return bool(self.has_change_permission(request)) and str(object_id).isdigit()

    def _is_live(self, object_id: object) -> bool:
        return Journey.objects.filter(pk=int(str(object_id)), state=Journey.State.LIVE).exists()

    def _ask(self, request: HttpRequest, journey: Journey, title: str, consequence: str) -> Any:
        back = reverse("admin:automation_journey_change", args=[journey.pk])
        return confirmed(request, title=title, consequence=consequence, button=title, back=back)

    def _switch(self, request: HttpRequest, journey: Journey, change: Any, said: str) -> Any:
        change(journey)
        messages.info(request, said)
        return redirect("admin:automation_journey_change", journey.pk)

    def save_model(self, request: HttpRequest, obj: Journey, form: JourneyForm, change: bool) -> None:
        """The holdout's experiment follows the setting."""
        super().save_model(request, obj, form, change)
        services.sync_holdout(obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """This version ships its one journey."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Its mails point to it: archive it instead."""
        return False


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


def _waiting(journey: Journey) -> str:
    count = Enrollment.objects.filter(journey=journey, state__in=Enrollment.OPEN).count()
    return "1 person waits in it" if count == 1 else f"{count:,} people wait in it"


def _figure(journey: Journey, name: str) -> str:
    return f"{getattr(journey, name):,}"
