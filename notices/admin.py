"""Order mails in the admin: five switches with what they sent, and why an order got none."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from cdp.lib.admin_parts import ReadOnlyAdmin, pretty_json
from cdp.lib.clock import utc_now
from mailing.models import MailTemplate
from mailing.reasons import words
from notices.contracts import STAGES
from notices.models import Notice, Reached

DAYS = 30
OWN_REASONS = {"notice_off": "This order mail was turned off", "order_canceled": "The order was cancelled before"}


def in_words(reason: str) -> str:
    """Why there is no mail."""
    return OWN_REASONS.get(reason) or words(reason)


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """On or off, and which mail."""

    template = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget(), help_text="Transactional templates that were published."
    )

    class Meta:
        model = Notice
        fields = ("enabled", "template")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = MailTemplate.objects.filter(kind=MailTemplate.Kind.TRANSACTIONAL, versions__isnull=False)
        found = dict(usable.filter(archived_at__isnull=True).order_by("name").values_list("slug", "name"))
        if self.instance.template not in found:
            found[self.instance.template] = f"{self.instance.template} (not published)"
        field = self.fields["template"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(found.items())

    def clean(self) -> dict[str, Any]:
        """A mail that is on must have words."""
        cleaned = super().clean() or {}
        published = MailTemplate.objects.filter(slug=cleaned.get("template", ""), versions__isnull=False)
        if cleaned.get("enabled") and not published.exists():
            self.add_error("template", "This template is not published yet: publish it, or choose another.")
        return cleaned


@admin.register(Notice)
class NoticeAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """One row a stage of an order."""

    form = NoticeForm
    list_display = ("stage_name", "is_on", "told_by", "template", "made", "waits", "without")
    list_display_links = ("stage_name",)
    readonly_fields = ("told_by",)
    fields = ("told_by", "enabled", "template")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        """With the figures of the last 30 days."""
        rows: QuerySet[Notice] = super().get_queryset(request)
        lately = Q(reached__made_at__gte=utc_now() - timedelta(days=DAYS))
        return rows.annotate(
            made_count=Count("reached", filter=lately & Q(reached__state=Reached.State.QUEUED)),
            waiting_count=Count("reached", filter=Q(reached__state=Reached.State.WAITING)),
            without_count=Count("reached", filter=lately & Q(reached__state=Reached.State.ENDED)),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """One a stage, made with the service."""
        return False

    def has_delete_permission(self, request: HttpRequest, notice: Notice | None = None) -> bool:
        """They are turned off."""
        return False

    @admin.display(description="order mail", ordering="pk")
    def stage_name(self, notice: Notice) -> str:
        """What it is about."""
        return str(notice)

    @admin.display(description="on", boolean=True, ordering="enabled")
    def is_on(self, notice: Notice) -> bool:
        """Whether it is sent."""
        return notice.enabled

    @admin.display(description="told by")
    def told_by(self, notice: Notice) -> str:
        """Which event."""
        return f"“{STAGES[notice.stage].event}” from a server (what browsers say of orders starts no mail)"

    @admin.display(description="mails, 30 days")
    def made(self, notice: Notice) -> SafeString | str:
        """How many were made."""
        return _linked(notice, "queued", getattr(notice, "made_count", 0))

    @admin.display(description="waiting for an address")
    def waits(self, notice: Notice) -> SafeString | str:
        """Orders whose buyer has no address yet."""
        return _linked(notice, "waiting", getattr(notice, "waiting_count", 0))

    @admin.display(description="no mail, 30 days")
    def without(self, notice: Notice) -> SafeString | str:
        """Orders that got none."""
        return _linked(notice, "ended", getattr(notice, "without_count", 0))


def _linked(notice: Notice, state: str, count: int) -> SafeString | str:
    if not count:
        return "–"
    url = reverse("admin:notices_reached_changelist")
    return format_html(
        '<a class="underline" href="{}?notice__id__exact={}&amp;state__exact={}">{}</a>',
        url,
        notice.pk,
        state,
        f"{count:,}",
    )


@admin.register(Reached)
class ReachedAdmin(ReadOnlyAdmin):
    """Every stage an order reached, with its mail or why there is none."""

    list_display = ("order_id", "notice", "state", "why", "happened_at")
    list_filter = ("state", "notice")
    list_select_related = ("notice",)
    search_fields = ("=order_id",)
    search_help_text = "An order's id"
    ordering = ("-pk",)
    show_full_result_count = False
    fields = ("order_id", "notice", "state", "why", "mail", "told", "happened_at", "made_at", "next_at")

    @admin.display(description="why")
    def why(self, row: Reached) -> str:
        """The reason in words."""
        return in_words(row.reason) if row.reason else "–"

    @admin.display(description="message")
    def mail(self, row: Reached) -> SafeString | str:
        """Its page."""
        if row.message_id is None:
            return "–"
        url = reverse("admin:mailing_message_change", args=[row.message_id])
        return format_html('<a class="underline" href="{}">message {}</a>', url, row.message_id)

    @admin.display(description="what the event told")
    def told(self, row: Reached) -> SafeString | str:
        """Tracking, amounts."""
        return pretty_json(row.facts)
