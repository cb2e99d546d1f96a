"""Events in the admin: sources with their keys and counters, the quarantine, the inbox and the log."""

from events.admin.conflicts import MessageConflictAdmin
from events.admin.inbox import InboxAdmin
from events.admin.log import EventAdmin
from events.admin.quarantine import RejectedEventAdmin
from events.admin.sources import SourceAdmin

__all__ = ["EventAdmin", "InboxAdmin", "MessageConflictAdmin", "RejectedEventAdmin", "SourceAdmin"]
