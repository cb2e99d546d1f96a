"""Reads of commerce: products, carts, orders, and who touched what, for training."""

from commerce.queries.carts import (
    cart_by_key,
    carts_by_keys,
    carts_of,
    drift_of_cart,
    facts_of_cart,
    joined_cart,
)
from commerce.queries.categories import (
    Assortment,
    assortment,
    category_ancestors,
    category_children,
    category_names,
    category_tree,
    forget_categories,
)
from commerce.queries.changes import changes_of, variants_of
from commerce.queries.figures import OrdersOfBucket, orders_by_bucket
from commerce.queries.orders import (
    coupons_of_orders,
    known_orders,
    orders_by_ids,
    orders_of,
    orders_since,
    orders_with_lines,
    orders_with_lines_by_ids,
)
from commerce.queries.products import believed_products, products
from commerce.queries.touches import BOUGHT, count_product_events, count_purchases, countries, product_events, purchases
from commerce.queries.wanting import last_bought, who_wanted

__all__ = [
    "BOUGHT",
    "Assortment",
    "OrdersOfBucket",
    "assortment",
    "believed_products",
    "cart_by_key",
    "carts_by_keys",
    "carts_of",
    "category_ancestors",
    "category_children",
    "category_names",
    "category_tree",
    "changes_of",
    "count_product_events",
    "count_purchases",
    "countries",
    "coupons_of_orders",
    "drift_of_cart",
    "facts_of_cart",
    "forget_categories",
    "joined_cart",
    "known_orders",
    "last_bought",
    "orders_by_bucket",
    "orders_by_ids",
    "orders_of",
    "orders_since",
    "orders_with_lines",
    "orders_with_lines_by_ids",
    "product_events",
    "products",
    "purchases",
    "variants_of",
    "who_wanted",
]
