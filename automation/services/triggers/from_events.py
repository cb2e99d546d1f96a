"""Triggers on events: any event that meets the journey's conditions, and what a server tells of an order's parcel."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from automation.contracts import Entry
from automation.graph import Graph, OnEvent, OrderStage
from automation.models import Journey
from automation.services.triggers.entering import enter
from automation.services.triggers.stored import fresh_events
from automation.triggers import occasions
from automation.triggers.telling import facts_of_event, id_in
from cdp.lib.clock import to_us
from cdp.outbox.contracts import TopicMessage
from events.contracts import StoredEvent
from segments.queries.live import company_zone

PARCEL: Mapping[str, str] = {"Order Shipped": "shipped", "Order Delivered": "delivered"}
"""Stages of an order that only events tell, and only a server's: anybody has a browser's key."""


def hear(journeys: Sequence[tuple[Journey, Graph]], messages: Sequence[TopicMessage], now: datetime) -> None:
    """Let in whoever did what a journey waits for."""
    by_name: dict[str, list[tuple[Journey, OnEvent | OrderStage]]] = defaultdict(list)
    for journey, graph in journeys:
        if isinstance(graph.trigger, OnEvent):
            by_name[graph.trigger.what.event].append((journey, graph.trigger))
        elif isinstance(graph.trigger, OrderStage):
            for name in (name for name, stage in PARCEL.items() if stage == graph.trigger.stage):
                by_name[name].append((journey, graph.trigger))
    entries: dict[Journey, list[Entry]] = defaultdict(list)
    for event in fresh_events(messages, by_name, now) if by_name else ():
        for journey, trigger in by_name[event.name]:
            if _comes_true(trigger, event, now):
                entries[journey].append(_entry(trigger, event))
    for journey in sorted(entries, key=lambda one: one.pk):  # locks are taken in one order
        enter(journey, entries[journey], now)


def _comes_true(trigger: OnEvent | OrderStage, event: StoredEvent, now: datetime) -> bool:
    if isinstance(trigger, OnEvent):
        return trigger.what.matches(event.name, event.properties, to_us(now), company_zone())
    return event.server_side and bool(_order_id(event))


def _order_id(event: StoredEvent) -> str:
    return event.order_id or id_in(event.properties, "order_id")


def _entry(trigger: OnEvent | OrderStage, event: StoredEvent) -> Entry:
    told = facts_of_event(event.name, event.properties, is_server=event.server_side, order_id=_order_id(event))
    if isinstance(trigger, OnEvent):
        occasion = occasions.of_event(event.source_id, event.message_hash)
    else:
        occasion, told = occasions.of_stage(_order_id(event), trigger.stage), told | {"stage": trigger.stage}
    return Entry(event.identifier_id, occasion, told, at=event.occurred_at)
