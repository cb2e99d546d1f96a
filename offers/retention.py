"""How long it is kept who reserved and used offers. What was used stays counted."""

from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from offers.models import Redemption

_GONE = Timed(Redemption, "reserved_at", Q(state__in=["released", "expired"]), tells=("state",))
_USED = Timed(
    Redemption,
    "reserved_at",
    Q(state=Redemption.State.REDEEMED, identifier_id__isnull=False),
    empties={"identifier_id": None},
    tells=("state",),
)

CLASSES = (
    DataClass(
        code="offer_reservations",
        title="Reservations of offers that came to nothing",
        kept_for="to answer the same call again, and to show why a budget went up and down",
        what="the rows are deleted; they count in no budget any more",
        default_days=400,
        measure=_GONE.measure,
        delete=_GONE.delete,
        models=("offers.Redemption",),
    ),
    DataClass(
        code="offer_redemptions",
        title="Who used an offer",
        kept_for="to give back what an order took, and to show people what they used",
        what="the person is taken off; that the offer was used stays counted, and so does the person's cap",
        default_days=1_095,
        measure=_USED.measure,
        delete=_USED.delete,
        models=("offers.Redemption",),
    ),
)
