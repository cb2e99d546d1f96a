"""What became of the demo's offers and experiment in the weeks before it opened, told from the past that was played.

Orders of the past that paid no shipping used the offer that gives it; whoever looked at products met the experiment, in
the variant the platform draws for them. Nobody in that past acts by a variant: the experiment's truth is no difference.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from cdp.demo.catalog import CURRENCY
from cdp.demo.deals.offers import FREE_SHIPPING
from cdp.demo.deals.places import EXPERIMENT, RUNS_SINCE
from cdp.lib import bulk_sql
from commerce.models import Order
from experiments.contracts import NewExposure
from experiments.deciding import drawn
from experiments.queries.running import running
from experiments.queries.units import unit_hash, unit_of
from experiments.services import note_exposures
from experiments.services.results import refresh_later
from offers.models import Redemption
from offers.redeeming import NewReservation, Redeeming
from offers.services import ledger

MOST_USES = 120
SHIPPING = Decimal("4.90")
FIRST_LOOKS = """
SELECT i.value, i.id, min(e.occurred_at) FROM events_event AS e JOIN profiles_identifier AS i ON i.id = e.identifier_id
WHERE e.name = 'Product Viewed' AND e.occurred_at >= %s::timestamptz AND i.kind = 'anonymous_id' AND NOT i.is_shared
GROUP BY i.value, i.id ORDER BY i.id
"""


def make_past(now: datetime) -> None:
    """Uses of the offer of free shipping, day by day, and people who met the experiment; once."""
    since = now - RUNS_SINCE
    if not Redemption.objects.exists():
        for _, orders in groupby(_shipped_free(since), lambda order: order[1].date()):
            _redeem(list(orders))
    if note_exposures(_met(since)):
        refresh_later(EXPERIMENT)


def _shipped_free(since: datetime) -> list[tuple[str, datetime, int]]:
    """The latest orders that paid no shipping, the oldest first."""
    rows = Order.objects.filter(placed_at__gte=since, shipping=0, identifier_id__isnull=False)
    newest = rows.order_by("-placed_at").values_list("order_id", "placed_at", "identifier_id")[:MOST_USES]
    return [(order_id, at, who) for order_id, at, who in reversed(list(newest)) if at is not None and who is not None]


def _redeem(orders: Sequence[tuple[str, datetime, int]]) -> None:
    """The uses of one day, as the ledger would have counted them then."""
    uses = [NewReservation(f"past:{name}", FREE_SHIPPING, "", who, SHIPPING, CURRENCY) for name, _, who in orders]
    asked = [Redeeming(new=use, order_id=order_id) for use, (order_id, _, _) in zip(uses, orders, strict=True)]
    ledger.redeem(asked, orders[-1][1])


def _met(since: datetime) -> list[NewExposure]:
    """Who looked at a product since then, at their first look."""
    one = running()[EXPERIMENT]
    met = []
    for anonymous_id, identifier_id, at in bulk_sql.fetch(FIRST_LOOKS, [since]):
        unit = unit_of("anonymous_id", anonymous_id)
        met.append(NewExposure(EXPERIMENT, unit_hash(unit), drawn(one, unit), at, identifier_id))
    return met
