"""Triggers on orders as they stand: placed, cancelled, refunded, by an event of that kind that is fresh."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from automation.contracts import Entry
from automation.graph import Graph, OrderStage
from automation.models import Journey
from automation.services.triggers.entering import enter
from automation.services.triggers.stored import fresh
from automation.triggers import occasions
from cdp.outbox.contracts import TopicMessage
from commerce import queries as commerce
from commerce.contracts import OrderFacts
from events import queries as events

# Of each stage: the status an order then has, and the events that bring it there.
STAGES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "placed": (frozenset({"placed"}), frozenset({"Order Completed"})),
    "cancelled": (frozenset({"cancelled"}), frozenset({"Order Cancelled"})),
    "refunded": (frozenset({"refunded", "partly_refunded"}), frozenset({"Order Refunded"})),
}


def hear(journeys: Sequence[tuple[Journey, Graph]], messages: Sequence[TopicMessage], now: datetime) -> None:
    """Let in whoever's order came to the stage a journey is about. An order is each stage's occasion once."""
    wanted = [(journey, graph.trigger.stage) for journey, graph in journeys if isinstance(graph.trigger, OrderStage)]
    wanted = [(journey, stage) for journey, stage in wanted if stage in STAGES]
    if not wanted:
        return
    ids = sorted({order_id for message in messages for order_id in message.payload["order_ids"]})
    orders = {order.order_id: order for order in commerce.orders_by_ids(ids) if order.identifier_id is not None}
    told = fresh(events.events_of_order_ids(list(orders), with_context=False), now)
    for journey, stage in wanted:
        statuses, names = STAGES[stage]
        at: dict[str, datetime] = {}
        for event in told:
            if event.name in names and event.order_id:
                at.setdefault(event.order_id, event.occurred_at)
        reached = [order for key, order in orders.items() if key in at and order.status in statuses]
        enter(journey, [_entry(order, stage, at[order.order_id]) for order in reached], now)


def _entry(order: OrderFacts, stage: str, at: datetime) -> Entry:
    facts = {"order_id": order.order_id, "stage": stage}
    return Entry(int(order.identifier_id or 0), occasions.of_stage(order.order_id, stage), facts, at=at)
