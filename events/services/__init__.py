"""Writes of the events app: accept a request, record events in process, work the inbox, replay what was quarantined."""

from events.services.accepting import accept, read
from events.services.processing import process_slice
from events.services.recording import record
from events.services.replaying import replay

__all__ = ["accept", "process_slice", "read", "record", "replay"]
