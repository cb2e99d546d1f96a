"""Consent in the admin: the ledger to read, purposes to adjust, suppressions to add and lift."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from cdp.lib.admin_parts import ONE_LINE
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import services
from consent.models import Entry, Purpose, Suppression


@admin.register(Purpose)
class PurposeAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Purposes: label, legal basis and default; the code is fixed once made."""

    formfield_overrides = ONE_LINE
    list_display = ("label", "code", "legal_basis", "allowed_by_default")
    list_filter = ("legal_basis", "allowed_by_default")
    search_fields = ("code", "label")
    ordering = ("label",)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A code stands in the ledger: it never changes."""
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Entries point to purposes for ever."""
        return False


@admin.register(Entry)
class EntryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """The ledger: nobody changes it, here or anywhere. Search takes an e-mail address or an identifier's number."""

    list_display = ("occurred_at", "purpose", "state", "method", "subject", "received_at")
    list_filter = ("purpose", "state", "method")
    list_select_related = ("purpose",)
    search_fields = ("=identifier_id",)
    search_help_text = "A whole e-mail address, or the number of an identifier"
    ordering = ("-id",)
    show_full_result_count = False

    @admin.display(description="subject")
    def subject(self, entry: Entry) -> str:
        """The address as the start of its hash (the ledger holds no address), or the identifier's number."""
        return (
            f"address {entry_hash(entry.address_hash)}" if entry.address_hash else f"identifier #{entry.identifier_id}"
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """An address is searched by its hash."""
        if "@" in search_term:
            return queryset.filter(address_hash=_hash_of(search_term)), False
        if search_term and not search_term.isdigit():
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[no-any-return]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Entries come from people, events and the API."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Append-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Append-only."""
        return False


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """An address is typed in and only its hash is kept."""

    email = forms.EmailField(help_text="Only a salted hash of it is kept.")

    class Meta:
        model = Suppression
        fields = ("scope", "reason")
        widgets = {"scope": forms.Select(choices=[("marketing", "Marketing"), ("all", "All mail")])}

    def clean_email(self) -> str:
        """The canonical address; refused when it is none."""
        email = services.canonical_email(self.cleaned_data["email"])
        if email is None:
            raise forms.ValidationError("This is not an address mail could go to. Check its spelling.")
        return email


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Addresses that are not written to, whatever consent says. Deleting a row lifts it."""

    form = SuppressionForm
    list_display = ("address", "scope", "reason", "created_at")
    list_filter = ("scope", "reason")
    search_fields = ("reason",)
    search_help_text = "A whole e-mail address"
    ordering = ("-created_at",)
    show_full_result_count = False

    @admin.display(description="address (hash)")
    def address(self, row: Suppression) -> str:
        """The start of the hash: there is no address to show."""
        return entry_hash(row.address_hash)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """An address is searched by its hash."""
        if "@" in search_term:
            return queryset.filter(address_hash=_hash_of(search_term)), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[no-any-return]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Afterwards there is only the hash to show."""
        return ("address", "scope", "reason", "created_at") if obj else ("email", "scope", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A row is lifted, never edited."""
        return self.get_fields(request, obj) if obj else ()

    def save_model(self, request: HttpRequest, obj: Suppression, form: SuppressionForm, change: bool) -> None:
        """Goes through the service, so that a stronger reason is never replaced by a weaker one."""
        now: datetime = utc_now()
        address = address_hash(form.cleaned_data["email"])
        services.suppress(address, obj.scope, obj.reason, now)
        obj.pk = Suppression.objects.get(address_hash=address, scope=obj.scope).pk

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Add and lift; nothing to edit."""
        return False


def entry_hash(value: bytes | memoryview | None) -> str:
    """The first characters of a hash, enough to compare two rows."""
    return bytes(value or b"").hex()[:12]


def _hash_of(typed: str) -> bytes:
    return address_hash(services.canonical_email(typed.strip()) or typed)
