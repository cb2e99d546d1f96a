"""Versions of the privacy notice in the admin: published, never changed."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from cdp.access.services import record_audit
from cdp.lib.clock import utc_now
from cdp.lib.moments import moment
from consent import queries, services
from consent.models import Notice

ASKS = "Whoever answered under an older version is asked again"
SUMMARIES = (("en", "English"), ("de", "German"))


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """The next version. What is not filled in stays empty."""

    url = forms.URLField(
        label="Where people read it",
        required=False,
        assume_scheme="https",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://shop.example/privacy"}),
        help_text="The address of the notice itself. The banner and the preference center link to it.",
    )
    summary_en = forms.CharField(
        label="What changed, in English",
        max_length=400,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="One sentence that people read when they are asked again.",
    )
    summary_de = forms.CharField(
        label="What changed, in German",
        required=False,
        max_length=400,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Left empty, Germans read the English sentence.",
    )

    class Meta:
        model = Notice
        fields = ("url", "ask_again")
        labels = {"ask_again": "Ask everybody again"}
        help_texts = {
            "ask_again": "On: the banner asks everybody anew who answered under an older version; until then their "
            "answers go on to hold. Off: for corrections that change nothing of what people agreed to."
        }


@admin.register(Notice)
class NoticeAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Each version with what it does; entries of the ledger name the version they were given under."""

    form = NoticeForm
    list_display = ("shown_version", "shown_published", "effect", "what_changed", "url")
    list_display_links = ("shown_version",)
    ordering = ("-version",)

    def get_fieldsets(self, request: HttpRequest, notice: Notice | None = None) -> Any:
        """What is typed for a new version; what stands of an old one."""
        if notice is not None:
            names = ("shown_version", "shown_published", "effect", "url", "what_changed")
            return ((None, {"fields": names}),)
        latest = queries.notice_now()
        said = (
            f"This becomes version {latest.version + 1 if latest else 1}. It holds from the moment you save it and can "
            "not be changed afterwards; each answer people give names the version it was given under."
        )
        return ((None, {"fields": ("url", "summary_en", "summary_de", "ask_again"), "description": said}),)

    def get_readonly_fields(self, request: HttpRequest, notice: Notice | None = None) -> tuple[str, ...]:
        """A published version stays as it is."""
        return ("shown_version", "shown_published", "effect", "url", "what_changed") if notice else ()

    @admin.display(description="version", ordering="version")
    def shown_version(self, notice: Notice) -> str:
        """With which one is in force."""
        latest = queries.notice_now()
        return f"Version {notice.version}{', in force' if latest and latest.version == notice.version else ''}"

    @admin.display(description="published", ordering="published_at")
    def shown_published(self, notice: Notice) -> str:
        """When."""
        return str(moment(notice.published_at))

    @admin.display(description="what it does")
    def effect(self, notice: Notice) -> str:
        """Whether answers under older versions are enough."""
        if notice.version == 1:
            return "The first: answers name it from here on"
        return ASKS if notice.ask_again else "Nobody is asked again: older answers are enough"

    @admin.display(description="what changed")
    def what_changed(self, notice: Notice) -> str:
        """In English, else in any language there is."""
        said = notice.summary or {}
        return str(said.get("en") or next(iter(said.values()), "–"))

    def save_model(self, request: HttpRequest, notice: Notice, form: NoticeForm, change: bool) -> None:
        """Published by the service, which gives it its number."""
        given = form.cleaned_data
        said = {locale: given[f"summary_{locale}"] for locale, _ in SUMMARIES if given[f"summary_{locale}"].strip()}
        made = services.publish_notice(
            url=given["url"],
            summary=said,
            ask_again=given["ask_again"],
            now=utc_now(),
            published_by_id=request.user.pk,
        )
        notice.pk = made.version
        notice.refresh_from_db()
        record_audit(request.user, "published", f"notice:{made.version}", said["en"])  # type: ignore[arg-type]
        what = f"{ASKS}." if made.ask_again else "Nobody is asked again."
        messages.info(request, f"Version {made.version} of the privacy notice holds now. {what}")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: what people agreed to stays to be seen."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never, for the same reason."""
        return False
