"""What commerce does: refold the carts and orders that events touch, learn products, take feeds and news of stock."""

from commerce.services.aging import age_slice, note_mailed, note_unmailed
from commerce.services.catalog import upsert_products
from commerce.services.changes import tell_changes
from commerce.services.refolding import (
    consume_events_removed,
    consume_events_stored,
    consume_identity_changed,
    refold,
)
from commerce.services.stocking import set_stock

__all__ = [
    "age_slice",
    "consume_events_removed",
    "consume_events_stored",
    "consume_identity_changed",
    "note_mailed",
    "note_unmailed",
    "refold",
    "set_stock",
    "tell_changes",
    "upsert_products",
]
