"""Products in the admin: the catalog as told, with variants, pictures, prices and their history; and the categories."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from cdp.lib.admin_parts import money, pretty_json, quantity
from cdp.lib.clock import utc_now
from commerce import queries
from commerce.admin.filters import BrandFilter, CategoryFilter, FeedFilter, VariantFilter
from commerce.contracts import StockRow
from commerce.models import Product
from commerce.services import set_stock, tell_changes

MARGIN = "commerce.change_product"


@admin.register(Product)
class ProductAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """The catalog; staff may take a product out of stock or out of use at once."""

    list_display = ("product_id", "name", "shown_path", "brand", "shown_price", "shown_stock", "active", "shown_group")
    list_filter = (CategoryFilter, BrandFilter, "in_stock", "active", FeedFilter, VariantFilter)
    search_fields = ("product_id", "name", "category", "brand")
    ordering = ("product_id",)
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_select_related = ("feed",)
    actions = ("put_in_stock", "take_out_of_stock")
    change_form_outer_before_template = "commerce/product_panel.html"
    fieldsets = (
        (None, {"fields": ("in_stock", "active")}),
        (
            "As it was told",
            {
                "fields": (
                    "product_id",
                    "name",
                    "shown_path",
                    "brand",
                    "shown_group",
                    "url",
                    "shown_attributes",
                    "told_by",
                    "shown_taken_away",
                    "stock_at",
                    "added_at",
                    "seen_at",
                    "updated_at",
                )
            },
        ),
    )
    readonly_fields = fieldsets[1][1]["fields"]

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("commerce/feeds.css",)}

    def get_urls(self) -> list[URLPattern]:
        """With the tree of categories."""
        view = self.admin_site.admin_view(self.categories)
        return [path("categories/", view, name="commerce_product_categories"), *super().get_urls()]

    @admin.display(description="attributes")
    def shown_attributes(self, product: Product) -> SafeString | str:
        """What else the feed told."""
        return pretty_json(product.attributes)

    @admin.display(description="price", ordering="price")
    def shown_price(self, product: Product) -> SafeString | str:
        """The price with its currency, and what it was before a reduction."""
        price = money(product.price, product.currency)
        if product.list_price is None or product.price is None or product.list_price <= product.price:
            return price
        return format_html('{} <s class="h-soft">{}</s>', price, money(product.list_price, product.currency))

    @display(description="stock", label={"In stock": "success", "Out of stock": "danger"})  # type: ignore[untyped-decorator]
    def shown_stock(self, product: Product) -> str:
        """In stock or not."""
        return "In stock" if product.in_stock else "Out of stock"

    @admin.display(description="category", ordering="category")
    def shown_path(self, product: Product) -> str:
        """The whole path where there is one."""
        return " › ".join(product.categories) or product.category or "–"

    @admin.display(description="group", ordering="group_id")
    def shown_group(self, product: Product) -> SafeString | str:
        """Leads to the variants."""
        if not product.group_id:
            return "–"
        url = reverse("admin:commerce_product_changelist")
        return format_html(
            '<a class="h-link" href="{}?group_id__exact={}">{}</a>', url, product.group_id, product.group_id
        )

    @admin.display(description="told by")
    def told_by(self, product: Product) -> SafeString | str:
        """The feed, the API, or events."""
        if product.feed is not None:
            url = reverse("admin:commerce_catalogfeed_change", args=[product.feed_id])
            return format_html('<a class="h-link" href="{}">{}</a>', url, product.feed.name)
        return "API, import or command" if product.from_feed else "events only"

    @admin.display(description="left out by its feed")
    def shown_taken_away(self, product: Product) -> str:
        """What was done then."""
        return product.get_taken_away_display() if product.taken_away else "no"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list; no text of the database holds NUL, so nothing is there."""
        if any("\0" in value for value in request.GET.values()):
            raise Http404
        return super().changelist_view(request, extra_context)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """The variants of one group, too."""
        return lookup == "group_id__exact" or bool(super().lookup_allowed(lookup, value, request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Products come from the feed or from events."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Orders and carts refer to them: set `active` off instead."""
        return False

    def save_model(self, request: HttpRequest, product: Product, form: Any, change: bool) -> None:
        """What staff say of stock is the latest word until somebody tells of it again."""
        if "in_stock" in form.changed_data:
            product.stock_at = utc_now()
        super().save_model(request, product, form, change)
        tell_changes()

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """With its variants, pictures, prices and history."""
        extra = dict(extra_context or {})
        product = Product.objects.filter(pk=object_id).first() if object_id and object_id.isdecimal() else None
        if product is not None:
            extra |= _panel(product, may_see_cost=request.user.has_perm(MARGIN))
        return super().changeform_view(request, object_id, form_url, extra)

    def categories(self, request: HttpRequest) -> HttpResponse:
        """The tree with its counts."""
        if not self.has_view_permission(request):
            raise PermissionDenied("Only those who may see products may see their categories.")
        found = queries.assortment()
        context = {
            **self.admin_site.each_context(request),
            "title": "Categories",
            "opts": self.opts,
            "nodes": list(found.tree.walk()),
            "nowhere": found.nowhere,
            "products": sum(one.products for one in found.tree.children()) + found.nowhere,
        }
        return TemplateResponse(request, "commerce/categories.html", context)

    @admin.action(description="Put in stock", permissions=["change"])
    def put_in_stock(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        """The chosen products may be offered."""
        self._stock(request, products, in_stock=True)

    @admin.action(description="Take out of stock", permissions=["change"])
    def take_out_of_stock(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        """The chosen products are offered no more."""
        self._stock(request, products, in_stock=False)

    def _stock(self, request: HttpRequest, products: QuerySet[Product], *, in_stock: bool) -> None:
        now = utc_now()
        rows = [StockRow(product_id, now, in_stock) for product_id in products.values_list("product_id", flat=True)]
        set_stock(rows, now)
        self.message_user(request, f"{len(rows)} products are {'in' if in_stock else 'out of'} stock.")


def _panel(product: Product, *, may_see_cost: bool) -> dict[str, Any]:
    facts = queries.products([product.product_id])[product.product_id]
    urls = [url for url in (product.image_url, *product.images) if url]
    return {
        "product": product,
        "pictures": [url for url in urls if url.startswith("/")],  # the page's policy shows no other host's
        "links": [url for url in urls if url.startswith(("https://", "http://"))],
        "pieces": None if product.quantity is None else quantity(product.quantity),
        "price": money(product.price, product.currency),
        "list_price": money(product.list_price, product.currency) if product.list_price is not None else "",
        "cost": money(product.cost, product.currency) if product.cost is not None and may_see_cost else "",
        "prices": [money(Decimal(amount), code) for code, amount in sorted(product.prices.items())],
        "variants": [
            (one, reverse("admin:commerce_product_changelist") + f"?q={one.product_id}", money(one.price, one.currency))
            for one in queries.variants_of(facts)
        ],
        "history": [(one, _in_words(one)) for one in queries.changes_of(product.product_id, limit=50)],
    }


def _in_words(change: Any) -> str:
    if change.what == "stock":
        return "came back in stock" if change.new else "went out of stock"
    direction = "fell" if change.new < change.old else "rose"
    return f"price {direction} from {money(change.old, change.currency)} to {money(change.new, change.currency)}"
