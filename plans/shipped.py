"""The plan the service ships: Segment's e-commerce spec v2, its e-mail events, page, screen, identify and group. Pure.

What is required is what an event needs to be of use: a product is named by product_id or sku, an order by order_id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plans.shipped_fields import AMOUNT, GROUP_TRAITS, ID, MONEY, OTHER, PAGE, PRODUCT, TRAITS, Field

DRAFT = "https://json-schema.org/draft/2020-12/schema"
NAMED_PRODUCT = ("product_id", "sku")


@dataclass(frozen=True, slots=True)
class ShippedEvent:
    """One event as shipped. `required` must be there, of `any_of` one; `has_products`: a list of products as well."""

    kind: str
    name: str
    description: str
    fields: Mapping[str, Field]
    required: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    has_products: bool = False
    nested: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)
    owner: str = ""
    product_fields: Mapping[str, Field] = field(default_factory=lambda: PRODUCT)

    def schema(self) -> dict[str, Any]:
        """JSON Schema of its properties."""
        properties = {name: one.schema() for name, one in self.fields.items()}
        if self.has_products:
            properties["products"] = {
                "type": "array",
                "description": "The products.",
                "items": _product(self.product_fields),
            }
        for name, inner in self.nested.items():
            properties[name] = {"type": "object", "properties": {key: one.schema() for key, one in inner.items()}}
        found: dict[str, Any] = {"$schema": DRAFT, "type": "object", "properties": properties}
        if self.required:
            found["required"] = list(self.required)
        if self.any_of:
            found["anyOf"] = [{"required": [name]} for name in self.any_of]
        return found

    def personal(self) -> dict[str, str]:
        """Property path → what it tells of a person."""
        marks = {name: one.personal for name, one in self.fields.items() if one.personal}
        for outer, inner in self.nested.items():
            marks |= {f"{outer}.{name}": one.personal for name, one in inner.items() if one.personal}
        return marks


def _product(fields: Mapping[str, Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: one.schema() for name, one in fields.items()},
        "anyOf": [{"required": [name]} for name in NAMED_PRODUCT],
    }


def _pick(*names: str) -> dict[str, Field]:
    return {name: OTHER[name] if name in OTHER else MONEY[name] for name in names}


_VALUED = {**PRODUCT, **_pick("currency", "value")}
_IN_CART = {**_VALUED, **_pick("cart_id")}
_WISHED = {**_VALUED, **_pick("wishlist_id", "wishlist_name")}
_STOCKED = {name: PRODUCT[name] for name in NAMED_PRODUCT} | {
    "in_stock": Field({"type": "boolean"}, "Whether it can be bought now.", True),
    "quantity": Field(AMOUNT, "How many are left; without in_stock it says whether there are any.", 7),
}
_ORDER = {**_pick("order_id", "checkout_id", "cart_id", "email"), **MONEY}
_STEP = _pick("checkout_id", "cart_id", "order_id", "step", "shipping_method", "payment_method", "currency", "value")
_PROMOTION = {
    **_pick("promotion_id", "creative"),
    "name": OTHER["promotion_name"],
    "position": OTHER["promotion_position"],
}
_COUPON = _pick("order_id", "cart_id", "coupon_id", "coupon_name", "discount", "reason")
_SHARED = _pick("share_via", "share_message", "recipient")
_MAIL = _pick("email", "email_id", "email_subject", "campaign_id", "campaign_name", "list_id", "list_name")
_PARCEL = {
    "tracking_url": Field({"type": "string"}, "Where the parcel can be followed.", "https://parcel.example/1"),
    "tracking_number": Field({"type": "string"}, "Its number.", "JD014600003SE"),
    "carrier": Field({"type": "string"}, "Who brings it.", "DHL"),
}
_CONFIRMED = {
    "purpose": Field({"type": "string"}, "The code of the purpose that was confirmed.", "email_marketing"),
    "method": Field({"type": "string"}, "How.", "double_opt_in"),
}
_CLICKED = {**_MAIL, **_pick("link_id", "link_url")}


def _about_product(name: str, description: str, fields: Mapping[str, Field]) -> ShippedEvent:
    return ShippedEvent("track", name, description, fields, any_of=NAMED_PRODUCT)


def _of_order(name: str, description: str) -> ShippedEvent:
    return ShippedEvent("track", name, description, _ORDER, ("order_id",), has_products=True)


def _track(
    name: str, description: str, fields: Mapping[str, Field], *required: str, has_products: bool = False
) -> ShippedEvent:
    return ShippedEvent("track", name, description, fields, required, has_products=has_products)


def _stock(*names: str) -> list[ShippedEvent]:
    told = "What a server says is in stock: in_stock or quantity, of one product or of each of products."
    return [
        ShippedEvent(
            "track",
            name,
            told,
            _STOCKED,
            any_of=(*NAMED_PRODUCT, "products"),
            has_products=True,
            product_fields=_STOCKED,
        )
        for name in names
    ]


def _parcel(rows: Iterable[tuple[str, str]]) -> list[ShippedEvent]:
    fields = {**_pick("order_id"), **_PARCEL}
    return [_track(name, description, fields, "order_id") for name, description in rows]


def _mail(rows: Iterable[tuple[str, str]]) -> list[ShippedEvent]:
    return [_track(name, description, _CLICKED if "Link" in name else _MAIL) for name, description in rows]


SHIPPED: tuple[ShippedEvent, ...] = (
    _track("Products Searched", "Somebody searched the shop.", _pick("query"), "query", has_products=True),
    _track(
        "Product List Viewed", "A list or category was shown.", {**_pick("list_id"), "category": PRODUCT["category"]},
        has_products=True,
    ),
    _track(
        "Product List Filtered", "A list was filtered or sorted.",
        {**_pick("list_id", "filters", "sorts"), "category": PRODUCT["category"]}, has_products=True,
    ),
    ShippedEvent("track", "Promotion Viewed", "A promotion was shown.", _PROMOTION, any_of=("promotion_id", "name")),
    ShippedEvent("track", "Promotion Clicked", "A promotion was clicked.", _PROMOTION, any_of=("promotion_id", "name")),
    _about_product("Product Clicked", "A product was clicked in a list.", {**_VALUED, **_pick("list_id")}),
    _about_product("Product Viewed", "A product's page was shown.", _VALUED),
    _about_product("Product Added", "A product was put into the cart.", _IN_CART),
    _about_product("Product Removed", "A product was taken out of the cart.", _IN_CART),
    _track("Cart Viewed", "The cart was looked at.", _pick("cart_id", "currency", "value"), has_products=True),
    _track("Checkout Started", "Somebody went to the checkout.", _ORDER, has_products=True),
    _track("Checkout Step Viewed", "A step of the checkout was shown.", _STEP),
    _track("Checkout Step Completed", "A step of the checkout was done.", _STEP),
    _track("Payment Info Entered", "How to pay was chosen.", _STEP),
    _of_order("Order Completed", "An order was placed."),
    _of_order("Order Updated", "An order was changed."),
    _of_order("Order Refunded", "An order, or the products named, was refunded."),
    _of_order("Order Cancelled", "An order was cancelled."),
    _track("Coupon Entered", "A coupon was typed in.", _COUPON),
    _track("Coupon Applied", "A coupon was accepted.", _COUPON),
    _track("Coupon Denied", "A coupon was refused.", _COUPON),
    _track("Coupon Removed", "A coupon was taken back.", _COUPON),
    _about_product("Product Added to Wishlist", "A product was put on a wishlist.", _WISHED),
    _about_product("Product Removed from Wishlist", "A product was taken off a wishlist.", _WISHED),
    _about_product(
        "Wishlist Product Added to Cart", "A wished product was put into the cart.", {**_WISHED, **_pick("cart_id")}
    ),
    _about_product("Product Shared", "A product was shared.", {**PRODUCT, **_SHARED}),
    _track("Cart Shared", "A cart was shared.", {**_pick("cart_id"), **_SHARED}, has_products=True),
    _about_product(
        "Product Reviewed", "A product was reviewed.", {**PRODUCT, **_pick("review_id", "review_body", "rating")}
    ),
    *_mail(
        (
            ("Email Sent", "A mail was sent."),
            ("Email Delivered", "A mail was delivered."),
            ("Email Opened", "A mail was opened."),
            ("Email Link Clicked", "A link in a mail was clicked."),
            ("Email Bounced", "A mail came back."),
            ("Email Marked as Spam", "A mail was reported as spam."),
            ("Unsubscribed", "Somebody wants no more mails."),
        )
    ),
    *_parcel(
        (
            ("Order Shipped", "An order's parcel is on its way."),
            ("Order Delayed", "An order's parcel comes later than was said."),
            ("Order Delivered", "An order's parcel was delivered."),
        )
    ),
    _about_product("Back In Stock Requested", "Somebody wants to be told when a product can be bought again.", _VALUED),
    _about_product("Product Alert Requested", "Somebody wants to be told when a product is back or cheaper.", _VALUED),
    _track(
        "Subscription Confirmed", "The owner of an address confirmed a sign-up; told by the platform itself.",
        _CONFIRMED, "purpose",
    ),
    *_stock("Product Stock Changed", "Product Availability Updated"),
    ShippedEvent("page", "page", "A page was shown.", PAGE),
    ShippedEvent("screen", "screen", "A screen of an app was shown.", PAGE),
    ShippedEvent("identify", "identify", "Who somebody is, and what they say of themselves.", TRAITS),
    ShippedEvent(
        "group", "group", "Somebody belongs to an account.", {"groupId": Field(ID, "The account's id.", "acme")},
        ("groupId",), nested={"traits": GROUP_TRAITS},
    ),
)  # fmt: skip
