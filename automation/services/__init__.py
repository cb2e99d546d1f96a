"""Writes of automation: journeys, the arming of carts, due steps, and the hand-over of mails."""

from automation.services.arming_carts import consume_cart_changed
from automation.services.journeys import activate, ensure_default_journeys, pause, sync_holdout
from automation.services.sending import send_slice
from automation.services.stepping import step_slice

__all__ = [
    "activate",
    "consume_cart_changed",
    "ensure_default_journeys",
    "pause",
    "send_slice",
    "step_slice",
    "sync_holdout",
]
