"""Reads of commerce: products, carts, orders, and frames for training and analysis."""

from commerce.queries.carts import cart_by_key, carts_by_keys, carts_of
from commerce.queries.figures import OrdersOfBucket, orders_by_bucket
from commerce.queries.frames import interactions_frame, order_lines_frame
from commerce.queries.orders import known_orders, orders_of, orders_since, orders_with_lines
from commerce.queries.products import believed_products, products

__all__ = [
    "OrdersOfBucket",
    "believed_products",
    "cart_by_key",
    "carts_by_keys",
    "carts_of",
    "interactions_frame",
    "known_orders",
    "order_lines_frame",
    "orders_by_bucket",
    "orders_of",
    "orders_since",
    "orders_with_lines",
    "products",
]
