"""Automation in the admin: journeys with live counts, enrollments, and messages with their rendered copies."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from automation import services
from automation.admin_copies import SEES_PERSONAL, WithCopy
from automation.models import Enrollment, Journey, Message
from automation.queries import journey_counts
from automation.reasons import words
from automation.rendering import RenderError, render_subject, template_names
from cdp.lib.admin_parts import ONE_LINE, ReadOnlyAdmin, confirmed, preformatted
from cdp.lib.clock import known_zones
from cdp.lib.hashing import address_hash
from consent.services import canonical_email
from consent.tokens import mask
from profiles.person_links import WithPerson
from segments.list_action import WithList


class RecordAdmin(ReadOnlyAdmin):
    """Rows that the service writes and people only look at; many, so never all counted."""

    show_full_result_count = False


class JourneyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """The settings of a journey; what would break at sending is refused here."""

    class Meta:
        model = Journey
        exclude = ("state", "slug")

    def clean_time_zone(self) -> str:
        """An IANA zone."""
        name = str(self.cleaned_data["time_zone"])
        if name not in known_zones():
            raise forms.ValidationError(f"There is no time zone {name!r}. Write it like Europe/Berlin.")
        return name

    def clean_template(self) -> str:
        """A shipped template."""
        name = str(self.cleaned_data["template"])
        if name not in template_names():
            raise forms.ValidationError(f"There is no template {name!r}. Use one of {', '.join(template_names())}.")
        return name

    def clean_subject(self) -> str:
        """Usable Liquid."""
        subject = str(self.cleaned_data["subject"])
        try:
            render_subject(subject, {"company": "Shop", "lines": [{"name": "Shoes"}], "total": "€1.00"})
        except RenderError as error:
            raise forms.ValidationError(f"This subject cannot be used: {error}") from error
        return subject

    def clean_holdout_share(self) -> Any:
        """A share from 0 to 1."""
        share = self.cleaned_data["holdout_share"]
        if not 0 <= share <= 1:
            raise forms.ValidationError("A share lies between 0 and 1: 0.1 holds out every tenth address.")
        return share

    def clean(self) -> dict[str, Any] | None:
        """Quiet hours come in pairs of hours of a day."""
        cleaned = super().clean() or self.cleaned_data
        for field in ("quiet_from_hour", "quiet_to_hour"):
            if cleaned.get(field) is not None and cleaned[field] > 23:
                self.add_error(field, "An hour of the day: 0 to 23.")
        hours = (cleaned.get("quiet_from_hour"), cleaned.get("quiet_to_hour"))
        if (hours[0] is None) != (hours[1] is None):
            self.add_error("quiet_to_hour", "Quiet hours need both a start and an end, or neither.")
        return cleaned


@admin.register(Journey)
class JourneyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Journeys: their settings, and how many people stand where."""

    form = JourneyForm
    formfield_overrides = ONE_LINE
    list_display = ("name", "shown_state", "waiting", "mailed", "held_out", "not_mailed", "idle_minutes")
    list_filter = ("state",)
    search_fields = ("name",)
    readonly_fields = ("shown_state", "story")
    actions_detail = ("activate", "pause")
    fieldsets = (
        (None, {"fields": ("name", "shown_state", "story")}),
        ("When", {"fields": ("idle_minutes", "max_age_hours", "quiet_from_hour", "quiet_to_hour", "time_zone")}),
        ("Whom", {"fields": ("purpose", "holdout_share", "cap_per_week")}),
        ("What", {"fields": ("subject", "template")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Journey]:
        """With the figures of the list, so that its length costs no query."""
        rows: QuerySet[Journey] = super().get_queryset(request)
        ends = Q(enrollments__state="exited") | Q(enrollments__state="done", enrollments__reason__startswith="refused")
        return rows.annotate(
            n_waiting=Count("enrollments", filter=Q(enrollments__state="waiting")),
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
        """Carts idle for not long enough yet, or without an address."""
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
        stages += [(str(Message.State(state).label), n) for state, n in sorted(counts.messages.items())]
        ended = {reason: n for reason, n in counts.ended.items() if reason not in {"sent", "queued"}}
        stages += [(f"Not mailed: {words(reason)}", n) for reason, n in sorted(ended.items(), key=lambda x: -x[1])]
        return format_html_join("", "<div><strong>{}</strong> {}</div>", ((f"{n:,}", label) for label, n in stages))

    @action(description="Activate journey", permissions=("activate",))  # type: ignore[untyped-decorator]
    def activate(self, request: HttpRequest, object_id: int) -> Any:
        """Arm carts and mail from now on, once it was confirmed."""
        journey = Journey.objects.get(pk=object_id)
        consequence = (
            f"Whoever leaves a cart for {journey.idle_minutes:,} minutes and consented to e-mail marketing is written "
            f"to from now on, except {float(journey.holdout_share):.0%} of addresses, held out for comparison. "
            f"{_waiting(journey)} already."
        )
        asked = self._ask(request, journey, "Activate journey", consequence)
        said = "The journey is live: carts left from now on are mailed."
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
        """Its messages point to it: pause it instead."""
        return False


@admin.register(Enrollment)
class EnrollmentAdmin(WithList, WithPerson, ReadOnlyAdmin):
    """Each cart's way through a journey, with the reason for how it ended."""

    list_display = ("cart_key", "journey", "shown_state", "why", "armed_at", "due_at", "ended_at")
    fields = ("person", "journey", "shown_state", "why", "armed_at", "due_at", "ended_at", "cart_key", "occasion")
    readonly_fields = fields
    list_filter = ("state", "journey", "reason")
    list_select_related = ("journey",)
    search_fields = ("=cart_key", "=identifier_id")
    search_help_text = "A whole cart key, or the number of an identifier"
    ordering = ("-id",)

    @display(  # type: ignore[untyped-decorator]
        description="state", label={"Waiting": "info", "Done": "success", "Exited": "warning"}
    )
    def shown_state(self, row: Enrollment) -> str:
        """Waiting, Done or Exited."""
        return str(row.get_state_display())

    @admin.display(description="why")
    def why(self, row: Enrollment) -> str:
        """The reason in words."""
        return words(row.reason) if row.reason else ""


@admin.register(Message)
class MessageAdmin(WithList, WithPerson, WithCopy, ReadOnlyAdmin):
    """Each mail: to whom, in which state and why, what allowed it, and what it looked like."""

    list_display = ("queued_at", "to", "subject", "shown_state", "why", "journey", "finished_at")
    list_filter = ("state", "journey", "reason")
    list_select_related = ("journey",)
    search_fields = ("=message_id", "=occasion")
    search_help_text = "A whole e-mail address, Message-ID or occasion"
    ordering = ("-id",)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """The rendered copy names the person's things: only for those who may see personal data."""
        facts = ("person", "shown_state", "why", "subject", "journey", "allowed_by")
        times = ("queued_at", "not_before_at", "sending_at", "finished_at")
        whole = request.user.has_perm(SEES_PERSONAL)
        shown: list[Any] = [(None, {"fields": ("address" if whole else "to", *facts)})]
        if whole:
            shown.append(("Copy", {"fields": ("copy", "as_text")}))
        return [*shown, ("Times", {"fields": times}), ("Ids", {"fields": ("step", "occasion", "message_id")})]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Everything."""
        return tuple(name for _, options in self.get_fieldsets(request, obj) for name in options["fields"])

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With the permission for personal data the address is whole."""
        whole = request.user.has_perm(SEES_PERSONAL)
        return tuple("address" if whole and name == "to" else name for name in self.list_display)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """An address is searched by its hash, whole."""
        address = canonical_email(search_term.strip()) if "@" in search_term and "<" not in search_term else None
        if address is not None:
            return queryset.filter(address_hash=address_hash(address)), False
        found: tuple[QuerySet[Message], bool] = super().get_search_results(request, queryset, search_term)
        return found

    @admin.display(description="to")
    def to(self, row: Message) -> str:
        """The address, masked."""
        return mask(row.address) if row.address else "erased"

    @display(  # type: ignore[untyped-decorator]
        description="state",
        label={
            "Sent": "success",
            "Queued": "info",
            "Sending": "info",
            "Refused for good": "danger",
            "Handed over or not: never resent": "danger",
            "Suppressed": "warning",
        },
    )
    def shown_state(self, row: Message) -> str:
        """The state in words."""
        return str(row.get_state_display())

    @admin.display(description="why")
    def why(self, row: Message) -> str:
        """The reason in words."""
        return words(row.reason) if row.reason else ""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The mail, knowing whether its reader may open the ledger."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.__dict__["may_read_ledger"] = request.user.has_perm("consent.view_entry")
        return found

    @admin.display(description="allowed by")
    def allowed_by(self, row: Message) -> SafeString | str:
        """The ledger entry that allowed it."""
        if row.consent_entry_id is None:
            return "–"
        if not row.__dict__.get("may_read_ledger"):
            return f"entry #{row.consent_entry_id} of the ledger"
        url = reverse("admin:consent_entry_change", args=[row.consent_entry_id])
        return format_html('<a class="underline" href="{}">entry #{} of the ledger</a>', url, row.consent_entry_id)

    @admin.display(description="text part")
    def as_text(self, row: Message) -> SafeString | str:
        """The text part with its lines."""
        return preformatted(row.text)


def _waiting(journey: Journey) -> str:
    count = Enrollment.objects.filter(journey=journey, state=Enrollment.State.WAITING).count()
    return "1 person waits in it" if count == 1 else f"{count:,} people wait in it"


def _figure(journey: Journey, name: str) -> str:
    return f"{getattr(journey, name):,}"
