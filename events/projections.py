"""What the lake holds of events: each with what happened, when and to whom; the context of the request stays here."""

import pyarrow as pa

from lake.contracts import Bag, Column, Projection

INT, TEXT, FLAG = pa.int64(), pa.string(), pa.bool_()

EVENTS = Projection(
    name="events",
    table="events_event",
    columns=(
        Column("id", INT, "t.id"),
        Column("identifier_id", INT, "t.identifier_id"),
        Column("name", TEXT, "t.name"),
        Column("type", TEXT, "t.type"),
        Column("occurred_us", INT, "lake_us(t.occurred_at)"),
        Column("source_id", INT, "t.source_id"),
        Column("server_side", FLAG, "t.server_side"),
        Column("channel", TEXT, "t.context->>'channel'"),
        Column("order_id", TEXT, "t.order_id"),
        Column("cart_id", TEXT, "t.cart_id"),
        Column("currency", TEXT, "t.properties->>'currency'"),
        Column("properties", TEXT, "t.properties::text"),
    ),
    is_append_only=True,
    bag=Bag(
        sql="t.properties",
        pick="t.properties->%s",
        promoted=("product_id", "category", "brand", "price", "quantity", "revenue"),
    ),
    time_column="occurred_us",
    name_column="name",
    # What shops send most, and what is asked for most. Each costs a file a month; all others share one.
    heavy_names=(
        "page",
        "Product Viewed",
        "Product Clicked",
        "Product List Viewed",
        "Products Searched",
        "Product Added",
        "Product Removed",
        "Cart Viewed",
        "Checkout Started",
        "Order Completed",
        "Email Opened",
        "Email Link Clicked",
    ),
)
PROJECTIONS: tuple[Projection, ...] = (EVENTS,)
