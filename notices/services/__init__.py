"""Writes of order mails: the five notices, what orders reached, and the messages made of it."""

from notices.services.noticing import consume_events_stored, work_slice
from notices.services.setting import ensure_notices

__all__ = ["consume_events_stored", "ensure_notices", "work_slice"]
