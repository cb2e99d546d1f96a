"""Small parts that every app's admin pages use: rights, readable JSON and text, a page that asks before it acts.

Everything is escaped. `confirmed` makes an action that changes something a POST: a link alone never does.
"""

import json
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

ONE_LINE = {models.TextField: {"widget": UnfoldAdminTextInputWidget}}
"""`formfield_overrides` of an admin whose texts are names: text columns have no length, yet are one line."""


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Rows that the service alone writes: shown, never added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: the service makes these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: the service changes these rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: they are the record of what happened, and erasure is a service of its own."""
        return False


def may(request: HttpRequest, *rights: str) -> bool:
    """Has this member of staff all these rights? `app.action_model` each."""
    has = getattr(request.user, "has_perm", lambda _: False)
    return all(bool(has(right)) for right in rights)


def require(
    request: HttpRequest,
    *rights: str,
    otherwise: str = "This page is open to those who have the right to it: ask an administrator.",
) -> None:
    """Raises PermissionDenied, with the sentence `otherwise`, without all these rights."""
    if not may(request, *rights):
        raise PermissionDenied(otherwise)


def actor(request: HttpRequest) -> AbstractBaseUser | None:
    """Who acts, for versions and the audit."""
    return request.user if isinstance(request.user, AbstractBaseUser) else None


def pretty_json(value: Any) -> SafeString | str:
    """A JSON value, indented; "–" for nothing."""
    if value in (None, {}, []):
        return "–"
    return preformatted(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def preformatted(text: str) -> SafeString | str:
    """Text with its lines as they are; "–" for none."""
    if not text:
        return "–"
    return format_html('<pre class="h-pre">{}</pre>', text)


def confirmed(request: HttpRequest, *, title: str, consequence: str, button: str, back: str) -> HttpResponse | None:
    """None once the reader has pressed `button`; until then the page that names the consequence. `back` is a URL."""
    if request.method == "POST":
        return None
    context = admin.site.each_context(request) | {
        "title": title,
        "consequence": consequence,
        "button": button,
        "back": back,
    }
    return TemplateResponse(request, "admin/confirm.html", context)


SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}


def money(amount: Decimal | float | None, currency: str) -> str:
    """€1,204.99 or 1,204.99 CHF, −€3.00; "–" where there is none."""
    if amount is None:
        return "–"
    symbol = SYMBOLS.get(currency)
    if symbol is None:
        return f"{amount:,.2f} {currency}".rstrip()
    return f"{'−' if amount < 0 else ''}{symbol}{abs(amount):,.2f}"


def quantity(text: object) -> str:
    """A count without the zeros it is stored with: 2.000000 → 2."""
    return f"{Decimal(str(text)).normalize():f}"
