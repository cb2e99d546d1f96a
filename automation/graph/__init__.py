"""The graph of a journey: a closed set of frozen triggers and steps. Pure: JSON in, a journey that can run out.

`parse` is the only way from JSON to a graph; `check` tells a draft's errors and warnings in words. Adding a step
touches its class here, its row in `STEPS`, and what `automation.services` does of it; a test fails until it has both.
"""

from automation.graph.acts import AddToList, Exit, GiveOffer, NotifyStaff, Send, SetTrait, Webhook
from automation.graph.checking import ERROR, WARNING, Finding, check
from automation.graph.ends import Goal, Leaving
from automation.graph.forks import ELSE, Branch, Split
from automation.graph.graph import STEPS, Graph, every, parse, read
from automation.graph.happening import Happening
from automation.graph.place import MAX_DEPTH, MAX_NODES, GraphError
from automation.graph.step import Arm, Step
from automation.graph.triggers import (
    TRIGGERS,
    BackInStock,
    BrowseAbandoned,
    ByApi,
    CartAbandoned,
    DateTrait,
    OnEvent,
    OrderStage,
    PriceDrop,
    Schedule,
    SegmentEntered,
    SegmentLeft,
    Trigger,
)
from automation.graph.waits import THEN, TIMEOUT, Wait, WaitFor, WaitUntil

__all__ = [
    "ELSE",
    "ERROR",
    "MAX_DEPTH",
    "MAX_NODES",
    "STEPS",
    "THEN",
    "TIMEOUT",
    "TRIGGERS",
    "WARNING",
    "AddToList",
    "Arm",
    "BackInStock",
    "Branch",
    "BrowseAbandoned",
    "ByApi",
    "CartAbandoned",
    "DateTrait",
    "Exit",
    "Finding",
    "GiveOffer",
    "Goal",
    "Graph",
    "GraphError",
    "Happening",
    "Leaving",
    "NotifyStaff",
    "OnEvent",
    "OrderStage",
    "PriceDrop",
    "Schedule",
    "SegmentEntered",
    "SegmentLeft",
    "Send",
    "SetTrait",
    "Split",
    "Step",
    "Trigger",
    "Wait",
    "WaitFor",
    "WaitUntil",
    "Webhook",
    "check",
    "every",
    "parse",
    "read",
]
