"""Orders in the admin, and what carts share with them: derived, so never edited. No list counts its table."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from cdp.lib.admin_parts import money, quantity
from commerce.models import Order, OrderLine
from profiles.person_links import WithPerson


class Derived:
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


class Uncounted(ModelAdmin):  # type: ignore[misc]  # unfold has no types
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


class OrderLineInline(Derived, TabularInline):  # type: ignore[misc]  # unfold has no types
    """The order's goods and refunds."""

    model = OrderLine
    extra = 0
    fields = ("kind", "product_id", "name", "count", "each", "sum", "occurred_at")
    readonly_fields = fields
    ordering = ("position",)

    @admin.display(description="quantity")
    def count(self, line: OrderLine) -> str:
        """Without the zeros it is stored with."""
        return quantity(line.quantity)

    @admin.display(description="price")
    def each(self, line: OrderLine) -> str:
        """In the order's currency."""
        return money(line.price, "")

    @admin.display(description="amount")
    def sum(self, line: OrderLine) -> str:
        """In the order's currency; negative for a refund."""
        return money(line.amount, "")


@admin.register(Order)
class OrderAdmin(WithPerson, Derived, Uncounted):
    """Orders with their lines, newest first."""

    list_display = ("order_id", "shown_status", "shown_revenue", "shown_refunded", "country", "is_guest", "placed_at")
    list_filter = ("status", "is_guest")
    search_fields = ("order_id",)
    search_help_text = "A whole order id."
    ordering = ("-id",)
    exact = ("order_id",)
    inlines = (OrderLineInline,)
    fields = (
        "order_id",
        "person",
        "shown_status",
        "is_guest",
        "placed_at",
        "shown_revenue",
        "shown_refunded",
        "sums",
        "country",
        "cart_id",
        "updated_at",
    )
    readonly_fields = fields

    @display(  # type: ignore[untyped-decorator]
        description="status",
        label={"Placed": "success", "Refunded": "warning", "Partly Refunded": "warning", "Cancelled": "warning"},
    )
    def shown_status(self, order: Order) -> str:
        """The status in words."""
        return str(order.get_status_display())

    @admin.display(description="revenue", ordering="revenue")
    def shown_revenue(self, order: Order) -> str:
        """Goods less refunds, with the currency."""
        return money(order.revenue, order.currency)

    @admin.display(description="refunded", ordering="refunded")
    def shown_refunded(self, order: Order) -> str:
        """What was refunded; "–" for nothing."""
        return money(order.refunded or None, order.currency)

    @admin.display(description="as the shop told it")
    def sums(self, order: Order) -> str:
        """Total, tax, shipping and discount, where they were told."""
        told = {name: getattr(order, name) for name in ("total", "tax", "shipping", "discount")}
        found = [f"{name} {money(amount, order.currency)}" for name, amount in told.items() if amount is not None]
        return ", ".join(found) or "–"
