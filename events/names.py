"""E-commerce event names: Segment's spec v2, and the older names that mean the same. Pure.

An alias is turned into its canonical name once, at write; everything above sees canonical names only. Case and what
stands between the words (`product_viewed`, `ProductViewed`) make no difference.
"""

import re
from functools import lru_cache

ALIASES: dict[str, str] = {
    "viewed product": "Product Viewed",
    "added product": "Product Added",
    "removed product": "Product Removed",
    "viewed product category": "Product List Viewed",
    "viewed product list": "Product List Viewed",
    "clicked product": "Product Clicked",
    "started order": "Checkout Started",
    "viewed checkout step": "Checkout Step Viewed",
    "completed checkout step": "Checkout Step Completed",
    "updated order": "Order Updated",
    "completed order": "Order Completed",
    "refunded order": "Order Refunded",
    "cancelled order": "Order Cancelled",
    "viewed promotion": "Promotion Viewed",
    "clicked promotion": "Promotion Clicked",
    "searched products": "Products Searched",
    "searched product": "Products Searched",
    "product searched": "Products Searched",
    "product category viewed": "Product List Viewed",
    "filtered product list": "Product List Filtered",
    "viewed cart": "Cart Viewed",
    "shipped order": "Order Shipped",
    "fulfilled order": "Order Shipped",
    "order fulfilled": "Order Shipped",
    "dispatched order": "Order Shipped",
    "order dispatched": "Order Shipped",
    "delayed order": "Order Delayed",
    "delivered order": "Order Delivered",
    "shared cart": "Cart Shared",
    "shared product": "Product Shared",
    "reviewed product": "Product Reviewed",
    "started checkout": "Checkout Started",
    "order started": "Checkout Started",
    "entered payment info": "Payment Info Entered",
    "canceled order": "Order Cancelled",
    "order canceled": "Order Cancelled",
    "entered coupon": "Coupon Entered",
    "applied coupon": "Coupon Applied",
    "denied coupon": "Coupon Denied",
    "removed coupon": "Coupon Removed",
    "added product to wishlist": "Product Added to Wishlist",
    "removed product from wishlist": "Product Removed from Wishlist",
    "added wishlist product to cart": "Wishlist Product Added to Cart",
    "wishlist product added": "Wishlist Product Added to Cart",
    "product added from wishlist to cart": "Wishlist Product Added to Cart",
    "sent email": "Email Sent",
    "delivered email": "Email Delivered",
    "opened email": "Email Opened",
    "clicked email link": "Email Link Clicked",
    "email clicked": "Email Link Clicked",
    "bounced email": "Email Bounced",
    "marked email as spam": "Email Marked as Spam",
    "email unsubscribed": "Unsubscribed",
}

PRODUCT_EVENTS: frozenset[str] = frozenset(
    {
        "Product Clicked",
        "Product Viewed",
        "Product Added",
        "Product Removed",
        "Product Added to Wishlist",
        "Product Removed from Wishlist",
        "Wishlist Product Added to Cart",
        "Product Shared",
        "Product Reviewed",
    }
)
CART_EVENTS: frozenset[str] = frozenset(
    {
        "Product Added",
        "Product Removed",
        "Wishlist Product Added to Cart",
        "Cart Viewed",
        "Cart Shared",
        "Checkout Started",
        "Checkout Step Viewed",
        "Checkout Step Completed",
        "Payment Info Entered",
        "Coupon Entered",
        "Coupon Applied",
        "Coupon Denied",
        "Coupon Removed",
    }
)
ORDER_EVENTS: frozenset[str] = frozenset(
    {"Checkout Started", "Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"}
)
LIST_EVENTS: frozenset[str] = frozenset(
    {"Products Searched", "Product List Viewed", "Product List Filtered", "Promotion Viewed", "Promotion Clicked"}
)
EMAIL_EVENTS: frozenset[str] = frozenset(
    {
        "Email Sent",
        "Email Delivered",
        "Email Opened",
        "Email Link Clicked",
        "Email Bounced",
        "Email Marked as Spam",
        "Unsubscribed",
    }
)
PARCEL_EVENTS: frozenset[str] = frozenset({"Order Shipped", "Order Delayed", "Order Delivered"})
WISHES: frozenset[str] = frozenset({"Back In Stock Requested", "Product Alert Requested"})
"""Somebody asks to be told of a product."""
SIGN_UP_EVENTS: frozenset[str] = frozenset({"Subscription Confirmed"})
"""Told by ourselves: the owner of an address pressed the button of a double opt-in."""
STOCK_EVENTS: frozenset[str] = frozenset({"Product Stock Changed", "Product Availability Updated"})
_KNOWN = frozenset[str]().union(
    PRODUCT_EVENTS, CART_EVENTS, ORDER_EVENTS, LIST_EVENTS, EMAIL_EVENTS, STOCK_EVENTS, PARCEL_EVENTS, WISHES,
    SIGN_UP_EVENTS,
)  # fmt: skip
_CANONICAL: dict[str, str] = {
    **{name.lower(): name for name in _KNOWN},
    **ALIASES,
}


_BETWEEN_WORDS = re.compile(r"[\s_.-]+")
_BY_LETTERS = {_BETWEEN_WORDS.sub("", name): canonical for name, canonical in _CANONICAL.items()}


@lru_cache(maxsize=16_384)
def canonical_name(name: str) -> str:
    """The canonical name of a track event; a name we do not know is kept as it was sent, stripped."""
    stripped = name.strip()
    lowered = stripped.lower()
    return _CANONICAL.get(lowered) or _BY_LETTERS.get(_BETWEEN_WORDS.sub("", lowered), stripped)
