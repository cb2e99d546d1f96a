"""Feeds at work: pulled or uploaded, read by a job in pieces, held where too much would go."""

from commerce.services.feeds.due import pull_due_slice
from commerce.services.feeds.missing import confirm_missing, leave_missing
from commerce.services.feeds.previewing import Preview, preview_of_feed, preview_of_file
from commerce.services.feeds.running import run_job
from commerce.services.feeds.starting import AlreadyRunning, cancel_run, start_pull, start_upload

__all__ = [
    "AlreadyRunning",
    "Preview",
    "cancel_run",
    "confirm_missing",
    "leave_missing",
    "preview_of_feed",
    "preview_of_file",
    "pull_due_slice",
    "run_job",
    "start_pull",
    "start_upload",
]
