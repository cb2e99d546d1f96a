"""Writes of automation: journeys, people let into them, the arming of carts, and due steps."""

from automation.services.arming_carts import consume_cart_changed
from automation.services.enrolling import enroll
from automation.services.hearing import consume_events_stored
from automation.services.journeys import activate, archive, ensure_default_journeys, pause, remove, sync_holdout
from automation.services.notifying import consume_staff
from automation.services.publishing import NotPublishable, move_waiting, publish_draft
from automation.services.stepping import step_slice

__all__ = [
    "NotPublishable",
    "activate",
    "archive",
    "consume_cart_changed",
    "consume_events_stored",
    "consume_staff",
    "enroll",
    "ensure_default_journeys",
    "move_waiting",
    "pause",
    "publish_draft",
    "remove",
    "step_slice",
    "sync_holdout",
]
