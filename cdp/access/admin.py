"""Keys and the audit log in the admin. A key's text is shown once, in the message after it was made."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from cdp.access import queries, services, tokens
from cdp.access.contracts import SCOPES
from cdp.access.models import AuditEntry, ServerKey, UserTokenKey
from cdp.lib.admin_parts import ONE_LINE
from cdp.lib.clock import utc_now


class ServerKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A name and the scopes, each with its meaning."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {meaning}") for scope, meaning in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ServerKey
        fields = ("name", "scopes")


@admin.register(ServerKey)
class ServerKeyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Made, read and revoked here; the text is not stored."""

    form = ServerKeyForm
    formfield_overrides = ONE_LINE
    list_display = ("name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")
    list_filter = ("revoked_at",)
    search_fields = ("name", "prefix")
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, key: ServerKey, form: Any, change: bool) -> None:
        """Make the key and show it, or rename it."""
        if change:
            super().save_model(request, key, form, change)
            return
        made, plain = services.make_server_key(form.cleaned_data["name"], form.cleaned_data["scopes"])
        key.pk = made.pk
        key.refresh_from_db()
        messages.warning(request, f"Copy this key now, it is not shown again: {plain}")

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ServerKey]) -> None:
        """Refuse the chosen keys from now on."""
        count = services.revoke_server_keys(keys.values_list("pk", flat=True), now=utc_now())
        messages.info(request, f"{count} keys revoked.")


class UserTokenKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A kid that tokens can name."""

    kid = forms.CharField(
        label="Key id",
        help_text="Any name: tokens say it as “kid” in their header, so that two can be valid while you change them."
        " The secret to sign with is shown once, after saving.",
        widget=UnfoldAdminTextInputWidget(),
    )

    def clean_kid(self) -> str:
        """The kid, or why no token could name it."""
        kid: str = self.cleaned_data["kid"]
        if not tokens.KID.fullmatch(kid):
            raise forms.ValidationError("Use 1 to 64 letters, digits, _ and -.")
        return kid


@admin.register(UserTokenKey)
class UserTokenKeyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Signing keys of the shop's backend; the secret is shown once."""

    form = UserTokenKeyForm
    formfield_overrides = ONE_LINE
    list_display = ("kid", "created_at", "revoked_at")
    fields = ("kid", "created_at", "revoked_at")
    actions = ("revoke",)

    def get_readonly_fields(self, request: HttpRequest, key: UserTokenKey | None = None) -> tuple[str, ...]:
        """The kid is fixed once made."""
        return ("kid", "created_at", "revoked_at") if key else ()

    def get_fields(self, request: HttpRequest, key: UserTokenKey | None = None) -> tuple[str, ...]:
        """A new one has a kid only."""
        return self.fields if key else ("kid",)

    def save_model(self, request: HttpRequest, key: UserTokenKey, form: Any, change: bool) -> None:
        """Make the key and show its secret."""
        if change:
            return
        made = services.make_user_token_key(key.kid)
        queries.forget_signing_keys()
        key.pk = made.pk
        key.refresh_from_db()
        messages.warning(request, f"Copy this secret to the shop's backend now, it is not shown again: {made.secret}")

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[UserTokenKey]) -> None:
        """Refuse tokens signed with the chosen keys from now on."""
        count = keys.filter(revoked_at=None).update(revoked_at=utc_now())
        queries.forget_signing_keys()
        messages.info(request, f"{count} keys revoked.")


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Read-only: who looked at or changed what."""

    list_display = ("at", "actor", "action", "subject", "reason")
    list_filter = ("action",)
    search_fields = ("subject", "actor__username")
    list_select_related = ("actor",)
    ordering = ("-at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Written by the system only."""
        return False

    def has_change_permission(self, request: HttpRequest, entry: AuditEntry | None = None) -> bool:
        """Nobody rewrites it."""
        return False

    def has_delete_permission(self, request: HttpRequest, entry: AuditEntry | None = None) -> bool:
        """Nobody shortens it."""
        return False
