"""Products with their feeds and history, and carts and orders as read models: refolded from events."""

from commerce.models.feeds import CatalogFeed, FeedRun, FeedSeen
from commerce.models.orders import Cart, Order, OrderLine
from commerce.models.products import CatalogChange, Product, ProductChange, TakenAway

__all__ = [
    "Cart",
    "CatalogChange",
    "CatalogFeed",
    "FeedRun",
    "FeedSeen",
    "Order",
    "OrderLine",
    "Product",
    "ProductChange",
    "TakenAway",
]
