"""Reads of the events app: sources by write key, the event log, and how far processing is behind."""

from events.queries.figures import PeopleOfDay, events_by_bucket, people_by_day, rejected_by_day
from events.queries.log import (
    busy_carts,
    busy_identifiers,
    events_between,
    events_of_cart_ids,
    events_of_identifiers,
    events_of_order_ids,
)
from events.queries.past import Saying, Told, sayings, told
from events.queries.recent import PastEvent, SeenName, newest_events, seen_lately
from events.queries.sources import forget_sources, source_by_id, source_by_write_key, source_names
from events.queries.timeline import TimelineEvent, TimelineFilter, TimelinePage, timeline
from events.queries.touches import ProductEvent, product_events, product_events_of_each
from events.queries.user_tokens import vouched_by_all
from events.queries.waiting import inbox_lag

__all__ = [
    "PastEvent",
    "PeopleOfDay",
    "ProductEvent",
    "Saying",
    "SeenName",
    "TimelineEvent",
    "TimelineFilter",
    "TimelinePage",
    "Told",
    "busy_carts",
    "busy_identifiers",
    "events_between",
    "events_by_bucket",
    "events_of_cart_ids",
    "events_of_identifiers",
    "events_of_order_ids",
    "forget_sources",
    "inbox_lag",
    "newest_events",
    "people_by_day",
    "product_events",
    "product_events_of_each",
    "rejected_by_day",
    "sayings",
    "seen_lately",
    "source_by_id",
    "source_by_write_key",
    "source_names",
    "timeline",
    "told",
    "vouched_by_all",
]
