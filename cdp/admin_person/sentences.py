"""An event as a sentence: “viewed Trail Shoe · €89.00”. Pure.

For readers who may not see personal data it is made of properties that name things and never people: no text that a
person typed or that a page was called by, and a `name` only of what events of a shop are about.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cdp.admin_home.charts import spoken

LONGEST = 120


@dataclass(frozen=True, slots=True)
class Sentence:
    """`verb` in plain type, `thing` emphasized, `detail` after it; `icon` is a Material symbol."""

    verb: str
    thing: str = ""
    detail: str = ""
    icon: str = "radio_button_unchecked"

    def __str__(self) -> str:
        return " · ".join(part for part in (f"{self.verb} {self.thing}".strip(), self.detail) if part)


Properties = Mapping[str, Any]
Writer = Callable[[Properties], Sentence]


def sentence(name: str, properties: Properties) -> Sentence:
    """What happened. An event nobody knows is called by its name, with what it was about."""
    writer = WRITERS.get(name)
    return writer(properties) if writer else Sentence(name, _about(properties))


def impersonal(name: str, properties: Properties) -> Properties:
    """What of an event's properties may be told to everybody."""
    known = THINGS | {"name"} if name in OF_THINGS else THINGS
    return {key: value for key, value in properties.items() if key in known and not _names_an_address(value)}


def _names_an_address(value: Any) -> bool:
    return isinstance(value, str) and "@" in value


def text(properties: Properties, *names: str) -> str:
    """The first of these properties that says something, on one line."""
    for name in names:
        value = properties.get(name)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:LONGEST]
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return f"{value}"
    return ""


def price(properties: Properties, *names: str) -> str:
    """The first of these amounts, with the event's currency; "" for none."""
    for name in names:
        value = properties.get(name)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return _amount(value, text(properties, "currency"))
    return ""


def _amount(value: float | Decimal, currency: str) -> str:
    return spoken(value, currency) if currency else f"{value:,.2f}"


def _product(verb: str, icon: str) -> Writer:
    def write(properties: Properties) -> Sentence:
        thing = text(properties, "name", "product_id", "sku") or "a product"
        return Sentence(verb, _times(properties) + thing, price(properties, "price", "value"), icon)

    return write


def _times(properties: Properties) -> str:
    quantity = properties.get("quantity")
    many = isinstance(quantity, int | float | Decimal) and not isinstance(quantity, bool) and quantity != 1
    return f"{quantity:g} × " if many else ""


def _order(verb: str, icon: str) -> Writer:
    def write(properties: Properties) -> Sentence:
        products = properties.get("products")
        lines = f"{len(products)} products" if isinstance(products, list) and len(products) != 1 else ""
        if isinstance(products, list) and len(products) == 1 and isinstance(products[0], Mapping):
            lines = text(products[0], "name", "product_id")
        sums = price(properties, "total", "revenue", "value")
        detail = " · ".join(part for part in (sums, lines) if part)
        return Sentence(verb, text(properties, "order_id", "checkout_id"), detail, icon)

    return write


def _plain(verb: str, icon: str, *names: str) -> Writer:
    return lambda properties: Sentence(verb, text(properties, *names), "", icon)


def _list(properties: Properties) -> Sentence:
    """A list of recommendations has no category; its id is an answer's and tells a reader nothing."""
    placement = text(properties, "placement")
    if placement:
        return Sentence("was shown recommendations at", placement, "", "recommend")
    return Sentence("browsed", text(properties, "category", "list_id"), "", "grid_view")


def _about(properties: Properties) -> str:
    return text(properties, "name", "product_id", "order_id", "category", "path", "title")


WRITERS: Mapping[str, Writer] = {
    "Product Viewed": _product("viewed", "visibility"),
    "Product Clicked": _product("clicked", "ads_click"),
    "Product Added": _product("put into the cart", "add_shopping_cart"),
    "Product Removed": _product("took out of the cart", "remove_shopping_cart"),
    "Product Added to Wishlist": _product("wished for", "favorite"),
    "Product Removed from Wishlist": _product("took off the wish list", "heart_minus"),
    "Wishlist Product Added to Cart": _product("moved from the wish list into the cart", "add_shopping_cart"),
    "Product Shared": _product("shared", "share"),
    "Product Reviewed": _product("reviewed", "reviews"),
    "Product List Viewed": _list,
    "Product List Filtered": _plain("filtered", "filter_list", "category", "list_id"),
    "Products Searched": lambda p: Sentence(
        "searched for", f"“{text(p, 'query')}”" if text(p, "query") else "", "", "search"
    ),
    "Promotion Viewed": _plain("saw the promotion", "campaign", "name", "promotion_id"),
    "Promotion Clicked": _plain("clicked the promotion", "campaign", "name", "promotion_id"),
    "Cart Viewed": _order("looked at the cart", "shopping_cart"),
    "Checkout Started": _order("started the checkout", "shopping_cart_checkout"),
    "Checkout Step Viewed": _plain("came to checkout step", "shopping_cart_checkout", "step"),
    "Checkout Step Completed": _plain("completed checkout step", "shopping_cart_checkout", "step"),
    "Payment Info Entered": _plain("entered how to pay", "credit_card", "payment_method"),
    "Coupon Entered": _plain("entered the coupon", "sell", "coupon_id", "coupon_name"),
    "Coupon Applied": _plain("used the coupon", "sell", "coupon_id", "coupon_name"),
    "Coupon Denied": _plain("was refused the coupon", "sell", "coupon_id", "coupon_name"),
    "Order Completed": _order("ordered", "receipt_long"),
    "Order Updated": _order("had an order updated", "receipt_long"),
    "Order Refunded": _order("was refunded", "undo"),
    "Order Cancelled": _order("had an order cancelled", "cancel"),
    "Email Opened": _plain("opened the mail", "drafts", "email_subject", "subject"),
    "Email Link Clicked": _plain("clicked in the mail", "ads_click", "link_url"),
    "Email Bounced": _plain("had a mail bounce", "mail_off", "bounce_type"),
    "Email Marked as Spam": _plain("reported a mail as spam", "report", "email_subject"),
    "Unsubscribed": _plain("unsubscribed", "unsubscribe"),
    "Segment Consent Preference Updated": _plain("chose what we may do", "policy"),
    "page": _plain("opened the page", "web", "name", "title", "path"),
    "screen": _plain("opened the screen", "smartphone", "name"),
    "identify": lambda p: Sentence("was recognized", "", "", "badge"),
    "alias": lambda p: Sentence("got another identifier", "", "", "link"),
    "group": _plain("was put into the group", "group", "name"),
}

THINGS = frozenset(
    {"product_id", "sku", "category", "brand", "order_id", "checkout_id", "cart_id", "list_id", "promotion_id"}
    | {"coupon_id", "coupon_name", "payment_method", "step", "placement", "bounce_type"}
    | {"price", "value", "total", "revenue", "currency", "quantity", "products"}
)
OF_THINGS = frozenset(name for name in WRITERS if name.startswith(("Product ", "Wishlist ", "Promotion ")))
"""Events whose `name` is that of a product or a promotion."""
