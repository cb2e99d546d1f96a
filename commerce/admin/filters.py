"""Filters of the product list. Their choices come from counts kept in process: no list counts its table."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from commerce import queries
from commerce.models import CatalogFeed, Product

MOST = 200


class CategoryFilter(admin.SimpleListFilter):
    """A step of the path, at whatever depth, or the category itself."""

    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The names, those with the most products first."""
        return [(name, name) for name in _with(self.value(), queries.category_names())]

    def queryset(self, request: HttpRequest, products: QuerySet[Product]) -> QuerySet[Product]:
        """Those in it or below."""
        name = self.value()
        return products.filter(Q(categories__contains=[name]) | Q(category=name)) if name else products


class BrandFilter(admin.SimpleListFilter):
    """A brand."""

    title = "brand"
    parameter_name = "brand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The brands, those with the most products first."""
        return [(name, name) for name in _with(self.value(), [name for name, _ in queries.assortment().brands])]

    def queryset(self, request: HttpRequest, products: QuerySet[Product]) -> QuerySet[Product]:
        """Those of it."""
        return products.filter(brand=self.value()) if self.value() else products


class FeedFilter(admin.SimpleListFilter):
    """Who told of it last."""

    title = "told by"
    parameter_name = "told"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Each feed, and what is none."""
        feeds = [(str(pk), name) for pk, name in CatalogFeed.objects.order_by("name").values_list("pk", "name")]
        return [*feeds, ("api", "API, import or command"), ("events", "Events only")]

    def queryset(self, request: HttpRequest, products: QuerySet[Product]) -> QuerySet[Product]:
        """Those it told of."""
        chosen = self.value()
        if chosen == "events":
            return products.filter(from_feed=False)
        if chosen == "api":
            return products.filter(from_feed=True, feed=None)
        return products.filter(feed_id=int(chosen)) if chosen and chosen.isdecimal() else products


class VariantFilter(admin.SimpleListFilter):
    """Whether it is one of several of a group."""

    title = "variants"
    parameter_name = "variants"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Of a group or on its own."""
        return [("yes", "Variant of a group"), ("no", "On its own")]

    def queryset(self, request: HttpRequest, products: QuerySet[Product]) -> QuerySet[Product]:
        """Those."""
        if self.value() == "yes":
            return products.exclude(group_id="")
        return products.filter(group_id="") if self.value() == "no" else products


def _with(chosen: str | None, names: list[str]) -> list[str]:
    """The first names, and the chosen one wherever it stands."""
    shown = names[:MOST]
    return [*shown, chosen] if chosen and chosen not in shown else shown
