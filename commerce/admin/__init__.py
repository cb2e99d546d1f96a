"""Commerce in the admin: products with their categories and feeds, carts, orders."""

from commerce.admin.carts import CartAdmin
from commerce.admin.feeds import CatalogFeedAdmin, FeedRunAdmin
from commerce.admin.orders import OrderAdmin
from commerce.admin.products import ProductAdmin

__all__ = ["CartAdmin", "CatalogFeedAdmin", "FeedRunAdmin", "OrderAdmin", "ProductAdmin"]
