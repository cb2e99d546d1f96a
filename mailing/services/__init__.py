"""Writes of mailing."""

from mailing.services.queueing import cancel, look_again, queue
from mailing.services.sending import send_slice

__all__ = ["cancel", "look_again", "queue", "send_slice"]
