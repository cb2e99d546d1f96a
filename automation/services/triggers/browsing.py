"""Browse abandonment: who looked at products, put none into a cart, and went. A row a person who is still about.

Views move the row on; a cart or an order ends it. Once they were away for long enough it is looked at by all of the
person's identifiers, and they enter the journey with what they looked at.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from automation.contracts import Entry
from automation.graph import BrowseAbandoned, Graph
from automation.models import Browsing, Journey
from automation.queries.versions import graph_of
from automation.services.triggers.entering import enter
from automation.services.triggers.stored import fresh_events
from automation.triggers import occasions
from automation.triggers.telling import id_in
from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import retrying
from cdp.outbox.contracts import TopicMessage
from commerce import queries as commerce
from events import queries as events
from events.contracts import StoredEvent
from profiles import queries as profiles

VIEWED, ORDERED = "Product Viewed", "Order Completed"
ENDS = frozenset({"Product Added", "Wishlist Product Added to Cart", "Checkout Started", ORDERED})
SLICE = 200
MOST = 10
BETWEEN = "\x1f"
MOVE = """
INSERT INTO automation_browsing AS b (journey_id, identifier_id, since, viewed_at, product_ids, due_at)
SELECT journey_id, identifier_id, since, viewed_at, string_to_array(product_ids, %s), due_at
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::timestamptz[])
  AS t(journey_id, identifier_id, since, viewed_at, product_ids, due_at)
ON CONFLICT (journey_id, identifier_id) DO UPDATE SET since = least(b.since, EXCLUDED.since),
  viewed_at = greatest(b.viewed_at, EXCLUDED.viewed_at), due_at = greatest(b.due_at, EXCLUDED.due_at),
  product_ids = (array_cat(b.product_ids, EXCLUDED.product_ids))
    [greatest(1, cardinality(b.product_ids) + cardinality(EXCLUDED.product_ids) - 9):]
"""
END = """
DELETE FROM automation_browsing AS b USING unnest(%s::bigint[], %s::timestamptz[]) AS t(identifier_id, at)
WHERE b.identifier_id = t.identifier_id AND b.since <= t.at
"""


@dataclass(slots=True)
class _Look:
    """What one identifier did in a batch: products looked at since the last cart or order, with the times."""

    ended_at: datetime | None = None
    views: list[tuple[datetime, str]] = field(default_factory=list)

    def take(self, event: StoredEvent) -> None:
        if event.name in ENDS:
            self.ended_at = max(event.occurred_at, self.ended_at or event.occurred_at)
        elif product_id := id_in(event.properties, "product_id"):
            self.views.append((event.occurred_at, product_id.replace(BETWEEN, "")))

    def left(self) -> list[tuple[datetime, str]]:
        """In the order of time."""
        return sorted(view for view in self.views if self.ended_at is None or view[0] > self.ended_at)


def hear(journeys: Sequence[tuple[Journey, Graph]], messages: Sequence[TopicMessage], now: datetime) -> None:
    """Note who looked at products, and let go whoever put one into a cart or ordered."""
    browsed = [(journey, graph.trigger) for journey, graph in journeys if isinstance(graph.trigger, BrowseAbandoned)]
    if not browsed:
        return
    looks: dict[int, _Look] = defaultdict(_Look)
    for event in fresh_events(messages, ENDS | {VIEWED}, now):
        looks[event.identifier_id].take(event)
    ended = sorted((pk, look.ended_at) for pk, look in looks.items() if look.ended_at is not None)
    if ended:
        bulk_sql.execute(END, [list(column) for column in zip(*ended, strict=True)])
    rows = []
    for journey, trigger in browsed:
        for identifier_id, look in sorted(looks.items()):
            if views := look.left():
                since, last = views[0][0], views[-1][0]
                products = BETWEEN.join(list(dict.fromkeys(product for _, product in views))[-MOST:])
                rows.append((journey.pk, identifier_id, since, last, products, last + trigger.idle))
    if rows:
        bulk_sql.execute(MOVE, [BETWEEN, *(list(column) for column in zip(*rows, strict=True))])


def browse_slice(*, now: datetime | None = None, limit: int = SLICE) -> int:
    """Let in those who have been away for long enough. Returns how many rows it worked; each is gone then."""
    return retrying(lambda: _work(now or utc_now(), limit))


@transaction.atomic
def _work(now: datetime, limit: int) -> int:
    due = Browsing.objects.filter(due_at__lte=now).order_by("due_at", "pk").select_related("journey__version")
    rows = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
    by_journey: dict[Journey, list[Browsing]] = defaultdict(list)
    for row in rows:
        by_journey[row.journey].append(row)
    for journey, theirs in sorted(by_journey.items(), key=lambda one: one[0].pk):
        graph = graph_of(journey) if journey.state == Journey.State.LIVE else None
        if graph is not None and isinstance(graph.trigger, BrowseAbandoned):
            left = _left_behind(journey, theirs, now - graph.trigger.max_age)
            enter(journey, [_entry(row) for row in left], now)
    Browsing.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _left_behind(journey: Journey, rows: Sequence[Browsing], oldest: datetime) -> list[Browsing]:
    """Of each person the row seen last, unless they are still about elsewhere, have a cart, or put something in it."""
    whose = profiles.profiles_of_identifiers([row.identifier_id for row in rows])
    kin = {profile: [one.id for one in found] for profile, found in profiles.identifiers_of(whose.values()).items()}
    everybody = sorted({pk for ids in kin.values() for pk in ids})
    seen = Browsing.objects.filter(journey=journey, identifier_id__in=everybody)
    about: dict[int, datetime] = dict(seen.values_list("identifier_id", "viewed_at"))
    since = min(row.since for row in rows) - timedelta(seconds=1)
    done: dict[int, list[datetime]] = defaultdict(list)
    for event in events.events_of_identifiers(everybody, ENDS, since, with_context=False):
        done[event.identifier_id].append(event.occurred_at)
    with_cart = {cart.identifier_id for cart in commerce.carts_of(everybody) if cart.is_open and cart.lines}
    found = []
    for row in rows:
        ids = kin.get(whose[row.identifier_id], ()) if row.identifier_id in whose else ()
        latest = max(((about[pk], pk) for pk in ids if pk in about), default=None)
        is_over = any(at >= row.since for pk in ids for at in done[pk]) or any(pk in with_cart for pk in ids)
        if latest is not None and latest[1] == row.identifier_id and not is_over and row.viewed_at >= oldest:
            found.append(row)
    return found


def _entry(row: Browsing) -> Entry:
    products = list(dict.fromkeys(row.product_ids))
    facts = {"product_id": products[-1], "product_ids": products}
    return Entry(row.identifier_id, occasions.of_browsing(row.identifier_id, row.since), facts, at=row.viewed_at)
