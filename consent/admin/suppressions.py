"""Suppressions in the admin: addresses that are not written to; added by hand or by a file, exported, lifted."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.decorators import display

from cdp.access.services import record_audit
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import services
from consent.admin.hashes import entry_hash, hash_of
from consent.models import Suppression
from consent.queries.suppressions import every_suppression
from consent.suppression_list import ALL, MARKETING, SMS, as_csv
from consent.suppression_list import hash_of as read_hash
from profiles.identifiers import Blocked, canonicalize

SCOPES = {MARKETING: "Marketing e-mail", ALL: "All e-mail, also about orders", SMS: "Text messages"}
REASONS = {
    "unsubscribe": "Unsubscribed",
    "manual": "By hand",
    "hard_bounce": "Hard bounce",
    "complaint": "Complaint",
    "erasure": "Erased person",
}
FIGURES = "consent.suppression_figures"
FIGURES_S = 60


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """An address or number is typed in and only its hash is kept."""

    email = forms.CharField(
        label="E-mail address or phone number",
        max_length=512,
        help_text="A number with its country: +49 … Only a salted hash is kept.",
    )

    class Meta:
        model = Suppression
        fields = ("scope", "reason", "note")
        widgets = {
            "scope": forms.Select(choices=list(SCOPES.items())),
            "reason": forms.Select(choices=[pair for pair in REASONS.items() if pair[0] != "erasure"]),
            "note": forms.TextInput,
        }
        help_texts = {"note": "Why, for whoever finds it here later. No address, no name."}

    def clean_email(self) -> bytes:
        """The hash of the canonical address or number; refused when it is none."""
        typed = self.cleaned_data["email"].strip()
        key = canonicalize("email" if "@" in typed else "phone", typed)
        if isinstance(key, Blocked):
            raise forms.ValidationError("This is no address anybody could write to. Check its spelling.")
        return address_hash(key.value)


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Addresses that are not written to, whatever consent says. Deleting a row lifts it."""

    form = SuppressionForm
    list_display = ("address", "shown_scope", "shown_reason", "created_at", "origin", "note")
    list_filter = ("scope", "reason", "origin")
    list_before_template = "admin/suppressions.html"
    search_fields = ("note",)
    search_help_text = "A whole e-mail address or number, a hash, or words of a note"
    ordering = ("-created_at",)
    show_full_result_count = False

    @admin.display(description="address (hash)")
    def address(self, row: Suppression) -> str:
        """The start of the hash: there is no address to show."""
        return entry_hash(row.address_hash)

    @display(description="not written to", ordering="scope")  # type: ignore[untyped-decorator]
    def shown_scope(self, row: Suppression) -> str:
        """What is not sent there."""
        return SCOPES.get(row.scope, row.scope)

    @display(  # type: ignore[untyped-decorator]
        description="why",
        ordering="reason",
        label={"Complaint": "danger", "Hard bounce": "warning", "Unsubscribed": "info"},
    )
    def shown_reason(self, row: Suppression) -> str:
        """Why, in words."""
        return REASONS.get(row.reason, row.reason)

    def get_urls(self) -> list[URLPattern]:
        """The file beside Django's own pages."""
        export = path("export.csv", self.admin_site.admin_view(self.export), name="consent_suppression_export")
        return [export, *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The whole list, as hashes. Audited."""
        if not self.has_add_permission(request):
            raise PermissionDenied("Only those who may change the list may export it.")
        record_audit(_user(request), "exported the suppression list", "suppressions")
        headers = {"Content-Disposition": f'attachment; filename="suppressions-{utc_now():%Y-%m-%d}.csv"'}
        return StreamingHttpResponse(
            as_csv(every_suppression()), content_type="text/csv; charset=utf-8", headers=headers
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With what the list comes to, up to a minute old, and the ways in and out."""
        figures = cache.get_or_set(FIGURES, _figures, FIGURES_S)
        more = {
            "suppressed": figures,
            "suppressed_total": sum(count for _, count in figures or ()),
            "may_change_list": self.has_add_permission(request),
            "import_url": f"{reverse('admin:imports_import_add')}?kind=suppressions",
            "export_url": reverse("admin:consent_suppression_export"),
        }
        shown: HttpResponse = super().changelist_view(request, {**more, **(extra_context or {})})
        return shown

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """An address or number is searched by its hash."""
        term = search_term.strip()
        if (given := read_hash(term)) is not None:
            return queryset.filter(address_hash=given), False
        if "@" in term:
            return queryset.filter(address_hash=hash_of(term)), False
        number = canonicalize("phone", term) if term.startswith("+") else None
        if number is not None and not isinstance(number, Blocked):
            return queryset.filter(address_hash=address_hash(number.value)), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[no-any-return]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Afterwards there is only the hash to show."""
        shown = ("address", "shown_scope", "shown_reason", "created_at", "origin", "note")
        return shown if obj else ("email", "scope", "reason", "note")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A row is lifted, never edited."""
        return self.get_fields(request, obj) if obj else ()

    def save_model(self, request: HttpRequest, obj: Suppression, form: SuppressionForm, change: bool) -> None:
        """Goes through the service, so that a stronger reason is never replaced by a weaker one."""
        now: datetime = utc_now()
        address = form.cleaned_data["email"]
        services.suppress(address, obj.scope, obj.reason, now, note=obj.note, origin="staff")
        obj.pk = Suppression.objects.get(address_hash=address, scope=obj.scope).pk

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        """Lifted: whoever may write to it now is the ledger's word alone. Audited."""
        record_audit(_user(request), "lifted a suppression", f"address:{entry_hash(obj.address_hash)}", obj.reason)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        """Each audited."""
        for row in queryset:
            record_audit(_user(request), "lifted a suppression", f"address:{entry_hash(row.address_hash)}", row.reason)
        super().delete_queryset(request, queryset)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Add and lift; nothing to edit."""
        return False


def _figures() -> list[tuple[str, int]]:
    """(reason in words, how many), the most first."""
    counted = Suppression.objects.values_list("reason").annotate(count=Count("pk")).order_by("-count")
    return [(REASONS.get(reason, reason), count) for reason, count in counted]


def _user(request: HttpRequest) -> Any:
    return request.user if request.user.is_authenticated else None
