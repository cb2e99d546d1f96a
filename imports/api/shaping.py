"""An import as the API tells it."""

from typing import Any

from cdp.lib.clock import utc_now
from imports import queries
from imports.models import Import


def shaped(job: Import) -> dict[str, Any]:
    """The answer's members. Counts of processing are null until everything is processed."""
    now = utc_now()
    how = queries.progress(job, now)
    report = {name: value for name, value in job.report.items() if name != "samples"}
    return {
        "id": str(job.pk),
        "kind": job.kind,
        "name": job.name,
        "state": job.state,
        "problem": job.problem or None,
        "format": job.format,
        "size": job.size,
        "options": job.options,
        "mapping": job.mapping,
        "check": report or None,
        "progress": {"rows": how.rows, "of_about": how.about_rows, "share": round(how.share, 4)},
        "counts": {
            "rows": job.rows,
            "sent": job.sent,
            "duplicates": job.duplicates,
            "rejected": job.rejected,
            "stored": job.stored,
            "refused": job.refused,
            "quarantined": job.quarantined,
        },
        "created_at": job.created_at.isoformat() if job.created_at else None,
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
        "settled_at": job.settled_at.isoformat() if job.settled_at else None,
        "rejects": f"/v1/imports/{job.pk}/rejects.csv",
    }
