"""Purposes in the admin: what each is, what every law says of it, and its words with their versions."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from cdp.access.services import record_audit
from cdp.lib.admin_parts import ONE_LINE
from cdp.lib.clock import utc_now
from cdp.lib.moments import moment
from cdp.outbox.services import publish
from consent import services
from consent.admin.purpose_form import LOCALES, PurposeForm, form_class, word_fields, words_of
from consent.contracts import CAN_SPAM, CCPA, GDPR, OTHER, PROCESSING, REGIMES
from consent.models import Purpose, PurposeRule, Wording
from consent.purposes_in_force import forget_purposes, purposes_now

ASKS, ALLOWS = "asks first", "until they object"
VERSIONS_SHOWN = 40


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """A line of the table of laws."""

    class Meta:
        model = PurposeRule
        fields = ("regime", "legal_basis", "allowed_by_default", "gpc_denies", "expires_after_days")
        labels = {
            "regime": "Law",
            "allowed_by_default": "Until they object",
            "gpc_denies": "GPC says no",
            "expires_after_days": "A yes holds for days",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The columns' heads are no labels to a screen reader."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = str(field.label)


class RuleInline(TabularInline):  # type: ignore[misc]  # unfold has no types
    """What single laws say otherwise; at most one line a law."""

    model = PurposeRule
    form = RuleForm
    hide_title = True
    verbose_name = "law"
    extra = 0
    max_num = len(REGIMES)
    verbose_name_plural = "By law: what holds otherwise for people under it"
    fields = ("regime", "legal_basis", "allowed_by_default", "gpc_denies", "expires_after_days")


@admin.register(Purpose)
class PurposeAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Purposes in their order, topics below theirs. Code and channel stand in the ledger: they never change."""

    formfield_overrides = ONE_LINE
    inlines = (RuleInline,)
    list_display = ("name", "code", "reached_by", "in_gdpr", "in_ccpa", "in_can_spam", "in_other", "words", "shown")
    search_fields = ("code", "label")
    ordering = ("position", "label")
    list_select_related = ("parent",)
    list_filter = ("channel", "shown")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Purpose]:
        """Without the root of all: it stands for everything, and is refused by a privacy request alone."""
        rows: QuerySet[Purpose] = super().get_queryset(request)
        return rows.exclude(pk=PROCESSING)

    def get_fieldsets(self, request: HttpRequest, purpose: Purpose | None = None) -> Any:
        """What it is, what holds without a law of its own, how it is asked, and its words."""
        words = ["how_it_looks", "history"] if purpose else []
        if self._may_write(request, purpose):
            words = [*word_fields(purpose.pk if purpose else ""), *words]
        return (
            (None, {"fields": ("label", "code", "parent", "channel", "position", "shown")}),
            (
                "While nobody has said anything",
                {
                    "fields": ("legal_basis", "allowed_by_default"),
                    "description": "This holds everywhere but under the laws listed by themselves at the end of the "
                    "page. A topic that nobody spoke of is as what it belongs to.",
                },
            ),
            (
                "How it is asked",
                {"fields": ("double_opt_in", "denied_event", "categories")},
            ),
            (
                "Words",
                {
                    "fields": tuple(words),
                    "description": "Exactly what people read. Other words become a new version when you save; every "
                    "line of the ledger goes on to show the words it was an answer to.",
                },
            ),
        )

    def get_form(self, request: HttpRequest, obj: Purpose | None = None, change: bool = False, **kwargs: Any) -> Any:
        """With fields for the languages this purpose has words in."""
        if self._may_write(request, obj):
            kwargs["form"] = form_class(obj.pk if obj else "")
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Purpose | None = None) -> tuple[str, ...]:
        """Code and channel stand in the ledger: they never change."""
        return ("how_it_looks", "history", "code", "channel") if obj else ()

    @admin.display(description="purpose", ordering="position")
    def name(self, purpose: Purpose) -> str:
        """Topics set below what they belong to."""
        return f"— {purpose.label}" if purpose.parent_id else purpose.label

    @admin.display(description="stated for", ordering="channel")
    def reached_by(self, purpose: Purpose) -> str:
        """What a yes or no of it stands on."""
        return {"email": "an address", "sms": "a number"}.get(purpose.channel, "a person")

    @admin.display(description="GDPR")
    def in_gdpr(self, purpose: Purpose) -> str:
        """Under the GDPR."""
        return _under(purpose, GDPR)

    @admin.display(description="CCPA")
    def in_ccpa(self, purpose: Purpose) -> str:
        """Under the CCPA and laws like it."""
        return _under(purpose, CCPA)

    @admin.display(description="CAN-SPAM")
    def in_can_spam(self, purpose: Purpose) -> str:
        """In the other United States."""
        return _under(purpose, CAN_SPAM)

    @admin.display(description="elsewhere")
    def in_other(self, purpose: Purpose) -> str:
        """Anywhere else."""
        return _under(purpose, OTHER)

    @admin.display(description="words")
    def words(self, purpose: Purpose) -> str:
        """The newest versions."""
        held = words_of(purpose.pk)
        return ", ".join(f"{locale}\N{NO-BREAK SPACE}v{words.version}" for locale, words in held.items()) or "none yet"

    @admin.display(description="How it looks")
    def how_it_looks(self, purpose: Purpose) -> SafeString | str:
        """As the banner and the preference center put it."""
        held = words_of(purpose.pk)
        return (
            format_html_join(
                "",
                '<div class="h-card"><p lang="{}"><strong>{}</strong></p><p>{}</p>'
                '<p class="h-note">{}, version {}</p></div>',
                ((locale, w.title, w.text, LOCALES.get(locale, locale), w.version) for locale, w in held.items()),
            )
            or "No words yet. Without any, people read the purpose's label alone."
        )

    @admin.display(description="Versions")
    def history(self, purpose: Purpose) -> SafeString | str:
        """All versions, newest first, with who wrote them."""
        rows = list(Wording.objects.filter(purpose=purpose).order_by("-version", "locale")[:VERSIONS_SHOWN])
        staff = get_user_model().objects.in_bulk({row.made_by_id for row in rows if row.made_by_id is not None})
        lines = format_html_join(
            "",
            '<tr><td>v{}</td><td>{}</td><td><details><summary>{}</summary><p>{}</p><p class="h-note">SHA-256 {}</p>'
            "</details></td><td>{}</td><td>{}</td></tr>",
            (
                (
                    row.version,
                    LOCALES.get(row.locale, row.locale),
                    row.title,
                    row.text,
                    bytes(row.sha256).hex(),
                    moment(row.made_at),
                    staff[row.made_by_id].get_username() if row.made_by_id in staff else "as shipped",
                )
                for row in rows
            ),
        )
        if not lines:
            return "–"
        return format_html(
            '<div class="h-scroll" tabindex="0" role="region" aria-label="Versions"><table class="h-table"><thead><tr>'
            '<th scope="col">Version</th><th scope="col">Language</th><th scope="col">Words</th>'
            '<th scope="col">Published</th><th scope="col">By</th></tr></thead><tbody>{}</tbody></table></div>',
            lines,
        )

    def save_model(self, request: HttpRequest, obj: Purpose, form: PurposeForm, change: bool) -> None:
        """Save, and publish the words where they are others now."""
        super().save_model(request, obj, form, change)
        before = {locale: words.version for locale, words in words_of(obj.pk).items()}
        made = services.publish_wording(obj.pk, form.texts(), now=utc_now(), made_by_id=request.user.pk)
        new = [locale for locale, words in made.items() if words.version > before.get(locale, 0)]
        if new:
            version = max(made[locale].version for locale in new)
            names = " and ".join(LOCALES.get(locale, locale) for locale in new)
            record_audit(request.user, "published words", f"purpose:{obj.pk}", f"version {version}: {', '.join(new)}")  # type: ignore[arg-type]
            messages.info(
                request,
                f"New words: version {version} in {names}. They hold from now on; answers to older words go on to"
                " count. To ask people again, publish a new version of the privacy notice.",
            )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With the rules saved, the gate follows: here at once, in other processes within three seconds."""
        super().save_related(request, form, formsets, change)
        publish("purposes.changed", {})
        transaction.on_commit(forget_purposes)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Entries point to purposes for ever."""
        return False

    def _may_write(self, request: HttpRequest, purpose: Purpose | None) -> bool:
        return bool(self.has_change_permission(request, purpose) if purpose else self.has_add_permission(request))


def _under(purpose: Purpose, regime: str) -> str:
    """What holds under a law while nobody has said anything."""
    facts = purposes_now().get(purpose.pk)
    if facts is None:
        return "–"
    above = purposes_now().get(facts.parent)
    if above is not None:
        return f"as {above.label}"
    return ALLOWS if facts.rules[regime].allowed_by_default else ASKS
