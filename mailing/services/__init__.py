"""Writes of mailing."""

from mailing.services.policies import ensure_policy
from mailing.services.queueing import cancel, look_again, queue
from mailing.services.sending import send_slice
from mailing.services.shipping import ensure_shipped

__all__ = ["cancel", "ensure_policy", "ensure_shipped", "look_again", "queue", "send_slice"]
