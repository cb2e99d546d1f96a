"""Writes of imports: take a file, map it, check it, import it, stop it, and clean up after it."""

from cdp.lib.kept_files import FileTooLarge
from imports.services.drafting import choose, draft, remember_choice
from imports.services.files import keep
from imports.services.jobs import cancel, check_job, run_job, start_check, start_run
from imports.services.settling import settle_slice

__all__ = [
    "FileTooLarge",
    "cancel",
    "check_job",
    "choose",
    "draft",
    "keep",
    "remember_choice",
    "run_job",
    "settle_slice",
    "start_check",
    "start_run",
]
