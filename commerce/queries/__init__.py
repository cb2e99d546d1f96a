"""Reads of commerce: products, carts, orders, and frames for training and analysis."""

from commerce.queries.carts import cart_by_key, carts_by_keys, carts_of, open_cart, open_carts_between
from commerce.queries.frames import interactions_frame, order_lines_frame
from commerce.queries.orders import latest_order_time, orders_of, orders_since
from commerce.queries.products import believed_products, in_stock_ids, products

__all__ = [
    "believed_products",
    "cart_by_key",
    "carts_by_keys",
    "carts_of",
    "in_stock_ids",
    "interactions_frame",
    "latest_order_time",
    "open_cart",
    "open_carts_between",
    "order_lines_frame",
    "orders_of",
    "orders_since",
    "products",
]
