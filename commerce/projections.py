"""What the lake holds of commerce: orders, their lines and products. Of carts nothing: they change with every click."""

import pyarrow as pa

from lake.contracts import Column, Projection

INT, TEXT, FLAG, MONEY = pa.int64(), pa.string(), pa.bool_(), pa.decimal128(18, 6)

ORDERS = Projection(
    name="orders",
    table="commerce_order",
    columns=(
        Column("id", INT, "t.id"),
        Column("identifier_id", INT, "t.identifier_id"),
        Column("order_id", TEXT, "t.order_id"),
        Column("status", TEXT, "t.status"),
        Column("is_guest", FLAG, "t.is_guest"),
        Column("currency", TEXT, "t.currency"),
        Column("country", TEXT, "t.country"),
        Column("revenue", MONEY, "t.revenue"),
        Column("total", MONEY, "t.total"),
        Column("shipping", MONEY, "t.shipping"),
        Column("discount", MONEY, "t.discount"),
        Column("refunded", MONEY, "t.refunded"),
        Column("placed_us", INT, "lake_us(t.placed_at)"),
    ),
    is_append_only=False,
)
ORDER_LINES = Projection(
    name="order_lines",
    table="commerce_orderline",
    columns=(
        Column("id", INT, "t.id"),
        Column("order_row", INT, "t.order_id"),  # the id of the order's row in orders
        Column("identifier_id", INT, "(SELECT o.identifier_id FROM commerce_order AS o WHERE o.id = t.order_id)"),
        Column("kind", TEXT, "t.kind"),
        Column("product_id", TEXT, "t.product_id"),
        Column("name", TEXT, "t.name"),
        Column("quantity", MONEY, "t.quantity"),
        Column("price", MONEY, "t.price"),
        Column("amount", MONEY, "t.amount"),
        Column("occurred_us", INT, "lake_us(t.occurred_at)"),
    ),
    is_append_only=False,
)
PRODUCTS = Projection(
    name="products",
    table="commerce_product",
    columns=(
        Column("id", INT, "t.id"),
        Column("product_id", TEXT, "t.product_id"),
        Column("name", TEXT, "t.name"),
        Column("category", TEXT, "t.category"),
        Column("brand", TEXT, "t.brand"),
        Column("price", MONEY, "t.price"),
        Column("currency", TEXT, "t.currency"),
        Column("in_stock", FLAG, "t.in_stock"),
        Column("active", FLAG, "t.active"),
        Column("is_trusted", FLAG, "t.is_trusted"),
    ),
    is_append_only=False,
)
PROJECTIONS: tuple[Projection, ...] = (ORDERS, ORDER_LINES, PRODUCTS)
