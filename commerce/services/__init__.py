"""What commerce does: refold the carts and orders that events touch, learn products, take feeds."""

from commerce.services.catalog import upsert_products
from commerce.services.refolding import (
    consume_events_removed,
    consume_events_stored,
    consume_identity_changed,
    refold,
)

__all__ = [
    "consume_events_removed",
    "consume_events_stored",
    "consume_identity_changed",
    "refold",
    "upsert_products",
]
