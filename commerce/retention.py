"""How long carts, price history and runs of feeds are kept. Orders: as tax law asks, for ever or until erased."""

from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from commerce.models import Cart, FeedRun, ProductChange

_CHANGES = Timed(ProductChange, "at", tells=("what",))
_RUNS = Timed(FeedRun, "queued_at", where=~Q(state__in=(*FeedRun.OPEN, FeedRun.State.HELD)), tells=("state",))
_CARTS = Timed(Cart, "last_activity_at", tells=("state",))

CLASSES = (
    DataClass(
        code="carts",
        title="Carts",
        kept_for="to remind people of what they left behind, and to learn what is bought together",
        what="carts without activity are deleted; orders stay",
        default_days=395,
        measure=_CARTS.measure,
        delete=_CARTS.delete,
        models=("commerce.Cart",),
    ),
    DataClass(
        code="product_changes",
        title="Price and stock history",
        kept_for="to show how a product's price went, and to tell a drop from a price that only came back",
        what="older changes are deleted; the present price and stock stay with the product",
        default_days=730,
        measure=_CHANGES.measure,
        delete=_CHANGES.delete,
        models=("commerce.ProductChange",),
    ),
    DataClass(
        code="feed_runs",
        title="Runs of feeds",
        kept_for="to see what a feed brought and what it rejected",
        what="older runs are deleted; the products stay",
        default_days=180,
        measure=_RUNS.measure,
        delete=_RUNS.delete,
        models=("commerce.FeedRun",),
    ),
)
