"""How long carts are kept. Orders are kept for as long as tax law asks: for ever, or until erased."""

from cdp.lib.retention import DataClass, Timed
from commerce.models import Cart

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
)
