"""Carts in the admin: where each stands, what lies in it beside what the catalog says now, and the person's others."""

from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.decorators import display

from cdp.lib.admin_parts import money, quantity
from commerce import queries
from commerce.admin.orders import Derived, Uncounted
from commerce.contracts import CartFacts
from commerce.drift import CHEAPER, DEARER, GONE, OUT_OF_STOCK, LineDrift
from commerce.models import Cart
from commerce.standing import WORDS, standing_of, unmailed_words
from profiles import queries as profiles
from profiles.person_links import WithPerson

STOCK = {OUT_OF_STOCK: "out of stock now", GONE: "no longer sold"}
MOST_OTHERS = 20


@admin.register(Cart)
class CartAdmin(WithPerson, Derived, Uncounted):
    """Carts, latest activity first."""

    list_display = ("key", "shown_standing", "in_it", "shown_value", "last_activity_at", "order_id")
    list_filter = ("state",)
    search_fields = ("key",)
    search_help_text = "A whole cart id, cart key or order id."
    ordering = ("-id",)
    exact = ("key", "order_id")
    fields = (
        "person",
        "shown_standing",
        "why",
        "contents",
        "shown_value",
        "others",
        "version",
        "opened_at",
        "last_added_at",
        "last_activity_at",
        "abandoned_at",
        "mailed_at",
        "order_id",
        "cart_id",
        "key",
        "updated_at",
    )
    readonly_fields = fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By key or order id; a bare cart id is found by the key it makes."""
        found, distinct = super().get_search_results(request, queryset, search_term)
        if search_term.strip():
            found = found | queryset.filter(key=f"cart:{search_term.strip()}")
        return found, distinct

    @display(  # type: ignore[untyped-decorator]
        description="state",
        label={
            "In use": "info",
            "Ordered": "success",
            "Recovered": "success",
            "Emptied": "warning",
            "Left behind": "warning",
            "Left behind, mailed": "warning",
        },
    )
    def shown_standing(self, cart: Cart) -> str:
        """In use, left behind, mailed, recovered, ordered, emptied or expired."""
        return WORDS[standing_of(_facts(cart)).code]

    @admin.display(description="because")
    def why(self, cart: Cart) -> str:
        """Since when it stands so, and why nobody was written to."""
        standing = standing_of(_facts(cart))
        since = f"since {localtime(standing.since):%-d %b %Y %H:%M}"
        return f"{since}; not mailed: {unmailed_words(standing.reason)}" if standing.reason else since

    @admin.display(description="value", ordering="value")
    def shown_value(self, cart: Cart) -> str:
        """The value with its currency."""
        return money(cart.value, cart.currency)

    @admin.display(description="products")
    def in_it(self, cart: Cart) -> int:
        """How many different products lie in it."""
        return len(cart.lines)

    @admin.display(description="Contents")
    def contents(self, cart: Cart) -> SafeString | str:
        """A line a product, with what changed since it was put in."""
        lines = ((_said(each, cart.currency), _changed(each, cart.currency)) for each in _drift(cart))
        return format_html_join("", "<div>{} <strong>{}</strong></div>", lines) or "nothing"

    @admin.display(description="Together with")
    def others(self, cart: Cart) -> SafeString | str:
        """The person's other open carts, of a guest and of an account, and what all of them hold as one."""
        kin = profiles.beside([cart.identifier_id])
        theirs = [one for one in queries.carts_of(kin, limit=MOST_OTHERS) if one.key != cart.key and one.is_open]
        if not theirs:
            return "no other open cart of this person"
        named = ((_list(), quote(one.key, safe=":"), one.key) for one in theirs)
        links = format_html_join(", ", '<a class="underline" href="{}?q={}">{}</a>', named)
        joined = queries.joined_cart(kin)
        if joined is None:
            return links
        return format_html(
            "{}; all together {} products, {}", links, len(joined.lines), money(joined.value, joined.currency)
        )


def _list() -> str:
    return reverse("admin:commerce_cart_changelist")


def _facts(cart: Cart) -> CartFacts:
    return queries.facts_of_cart(cart)


def _drift(cart: Cart) -> tuple[LineDrift, ...]:
    return queries.drift_of_cart(_facts(cart))


def _said(each: LineDrift, currency: str) -> str:
    line = each.line
    price = "?" if line.price is None else money(line.price, currency)
    return f"{quantity(line.quantity)} × {line.name or line.product_id} at {price}"


def _changed(each: LineDrift, currency: str) -> str:
    """What a shop should know before it writes about it."""
    now = f"{money(each.price_now, currency)} now" if each.price in (CHEAPER, DEARER) else ""
    return ", ".join(filter(None, (now, STOCK.get(each.stock, ""))))
