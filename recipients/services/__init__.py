"""Writes of recipients: what happened becomes deliveries, which are sent by what holds when they are sent."""

from recipients.services.telling import tell, tell_all

__all__ = ["tell", "tell_all"]
