"""What the lake does: project what changed, rebuild from PostgreSQL, compact and clean, verify."""

from lake.services.compacting import clean_slice, compact, compact_job
from lake.services.projecting import project, project_slice
from lake.services.rebuilding import BusyTableError, rebuild, rebuild_job, waiting_job
from lake.services.verifying import verify, verify_job

__all__ = [
    "BusyTableError",
    "clean_slice",
    "compact",
    "compact_job",
    "project",
    "project_slice",
    "rebuild",
    "rebuild_job",
    "verify",
    "verify_job",
    "waiting_job",
]
