"""Consumer of what happens: events, orders, segments and products, each handed to the triggers that are about it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from automation.graph import Graph
from automation.models import Journey
from automation.queries.versions import running
from automation.services.triggers import browsing, from_events, from_orders, from_products, from_segments
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import LIVE, TopicMessage

Running = Sequence[tuple[Journey, Graph]]
Hear = Callable[[Running, Sequence[TopicMessage], datetime], None]
HEARD: Mapping[str, tuple[Hear, ...]] = {
    "events.stored": (from_events.hear, browsing.hear),
    "order.changed": (from_orders.hear,),
    "segment.entered": (from_segments.hear,),
    "segment.left": (from_segments.hear,),
    "product.back_in_stock": (from_products.hear,),
    "product.price_dropped": (from_products.hear,),
}


def consume(messages: Sequence[TopicMessage]) -> None:
    """Let in whoever these make a live journey's trigger come true for. Idempotent; what came in bulk is passed over.

    Events that were stored before (`again`) tell nothing new.
    """
    live = [one for one in messages if one.lane == LIVE and not one.payload.get("again")]
    journeys = running() if live else []
    if not journeys:
        return
    now = utc_now()
    by_topic: dict[str, list[TopicMessage]] = defaultdict(list)
    for message in live:
        by_topic[message.topic].append(message)
    for topic, heard in sorted(by_topic.items()):
        for hear in HEARD[topic]:
            hear(journeys, heard, now)
