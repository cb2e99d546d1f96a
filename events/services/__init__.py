"""Writes of the events app: accept requests, record in process, work the inbox, mend and replay, clean and watch."""

from events.services.accepting import accept, read
from events.services.counting_people import count_people_slice
from events.services.processing import process_slice
from events.services.recording import record
from events.services.refolding import refold
from events.services.replaying import dismiss, reopen, replay, replay_each, save_edited
from events.services.replaying_many import Checked, check, dismiss_items_job, for_job, replay_items_job
from events.services.rerunning import replay_job, run_again
from events.services.retaining import clean_slice
from events.services.watching import watch_slice

__all__ = [
    "Checked",
    "accept",
    "check",
    "clean_slice",
    "count_people_slice",
    "dismiss",
    "dismiss_items_job",
    "for_job",
    "process_slice",
    "read",
    "record",
    "refold",
    "reopen",
    "replay",
    "replay_each",
    "replay_items_job",
    "replay_job",
    "run_again",
    "save_edited",
    "watch_slice",
]
