"""Products, carts and orders in the admin. Carts and orders are derived: never edited. No list counts its table."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.admin import ModelAdmin, TabularInline
from unfold.paginator import InfinitePaginator

from commerce.models import Cart, Order, OrderLine, Product


class _Derived:
    """Nobody adds, changes or deletes: events do."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Events make these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Events change these rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Erasure and refolding delete these rows."""
        return False


class _Uncounted(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """A list that never counts its table, found by whole ids through unique indexes."""

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    exact: ClassVar[tuple[str, ...]] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By a whole id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = queryset.none()
        for field in self.exact:
            found = found | queryset.filter(**{field: term})
        return found, False


@admin.register(Product)
class ProductAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """The catalog; staff may take a product out of stock or out of use at once."""

    list_display = ("product_id", "name", "category", "brand", "price", "currency", "in_stock", "active", "from_feed")
    list_filter = ("in_stock", "active", "from_feed")
    search_fields = ("product_id", "name", "category", "brand")
    ordering = ("product_id",)
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    actions = ("put_in_stock", "take_out_of_stock")
    fields = (
        "product_id",
        "name",
        "category",
        "brand",
        "price",
        "currency",
        "url",
        "image_url",
        "in_stock",
        "active",
        "attributes",
        "from_feed",
        "seen_at",
        "updated_at",
    )
    readonly_fields = tuple(name for name in fields if name not in ("in_stock", "active"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Products come from the feed or from events."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Orders and carts refer to them: set `active` off instead."""
        return False

    @admin.action(description="Put in stock", permissions=["change"])
    def put_in_stock(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        """The chosen products may be offered."""
        self._stock(request, products, in_stock=True)

    @admin.action(description="Take out of stock", permissions=["change"])
    def take_out_of_stock(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        """The chosen products are offered no more."""
        self._stock(request, products, in_stock=False)

    def _stock(self, request: HttpRequest, products: QuerySet[Product], *, in_stock: bool) -> None:
        for product in products:
            product.in_stock = in_stock
            product.save(update_fields=["in_stock", "updated_at"])
        self.message_user(request, f"{len(products)} products are {'in' if in_stock else 'out of'} stock.")


@admin.register(Cart)
class CartAdmin(_Derived, _Uncounted):
    """Carts, latest activity first."""

    list_display = ("key", "state", "value", "currency", "opened_at", "last_activity_at", "order_id")
    list_filter = ("state",)
    search_fields = ("key",)
    search_help_text = "A whole cart id, cart key or order id."
    ordering = ("-id",)
    exact = ("key", "order_id")
    fields = (
        "key",
        "cart_id",
        "state",
        "contents",
        "value",
        "currency",
        "opened_at",
        "last_added_at",
        "last_activity_at",
        "order_id",
        "identifier_id",
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

    @admin.display(description="Contents")
    def contents(self, cart: Cart) -> str:
        """A line a product."""
        lines = ((line["quantity"], line["name"] or line["product_id"], line["price"] or "?") for line in cart.lines)
        return format_html_join("", "<div>{} × {} at {}</div>", lines) or "nothing"


class OrderLineInline(_Derived, TabularInline):  # type: ignore[misc]  # unfold has no types
    """The order's goods and refunds."""

    model = OrderLine
    extra = 0
    fields = ("kind", "product_id", "name", "quantity", "price", "amount", "occurred_at")
    readonly_fields = fields
    ordering = ("position",)


@admin.register(Order)
class OrderAdmin(_Derived, _Uncounted):
    """Orders with their lines, newest first."""

    list_display = ("order_id", "status", "revenue", "refunded", "currency", "country", "is_guest", "placed_at")
    list_filter = ("status", "is_guest")
    search_fields = ("order_id",)
    search_help_text = "A whole order id."
    ordering = ("-id",)
    exact = ("order_id",)
    inlines = (OrderLineInline,)
    fields = (
        "order_id",
        "status",
        "is_guest",
        "revenue",
        "total",
        "tax",
        "shipping",
        "discount",
        "refunded",
        "currency",
        "country",
        "cart_id",
        "placed_at",
        "identifier_id",
        "updated_at",
    )
    readonly_fields = fields
