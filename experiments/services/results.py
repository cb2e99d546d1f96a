"""Computing what experiments came to: a job on demand, and one a day for each that runs. Under construction."""

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser

from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from experiments.queries.results import KIND


def refresh_later(experiment_key: str, *, segments: Sequence[str] = (), by: AbstractBaseUser | None = None) -> Job:
    """Queue a result as of when the job runs, looked at by these segments too (slugs, 20 at most)."""
    return enqueue(KIND, {"experiment": experiment_key, "segments": list(segments)}, by)
