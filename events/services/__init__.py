"""Writes of the events app: accept a request, record events in process, work the inbox, replay what was quarantined."""

from events.services.accepting import accept, read
from events.services.counting_people import count_people_slice
from events.services.processing import process_slice
from events.services.recording import record
from events.services.replaying import replay

__all__ = ["accept", "count_people_slice", "process_slice", "read", "record", "replay"]
