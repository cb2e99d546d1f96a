"""Groups are looked for, described, approximated by rules that are really asked, and kept as proposals."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from audiences.discovery import Described, TooFewError, approximate, cluster, describe
from audiences.models import DiscoveryRun, Proposal
from audiences.queries.discovery import SAMPLE, People, looked_at, measured
from audiences.queries.rfm import latest_run
from audiences.services import rfm
from cdp.jobs.contracts import JobRun
from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib.clock import utc_now

KIND = "audiences.discover"
SCORES_HOLD = timedelta(days=1)
RUNS_KEPT = 20
Report = Callable[[int, int, str], object]


def discover_later(*, by: AbstractBaseUser | None = None) -> Job:
    """Queue a search, or name the one that waits already."""
    waiting = Job.objects.filter(kind=KIND, state=Job.State.QUEUED).first()
    return waiting or enqueue(KIND, {}, created_by=by)


def discover_job(job: JobRun) -> dict[str, Any]:
    """Job of kind audiences.discover. The result: people looked at and groups found. Raises TooFewError, QueryError."""
    run = discover(utc_now(), job.progress, job_id=job.id)
    return {"people": run.sampled, "groups": run.clusters, "left_out": run.left_out}


def discover(
    now: datetime, report: Report | None = None, *, job_id: UUID | None = None, sample: int = SAMPLE
) -> DiscoveryRun:
    """Look for groups of people who behave alike. Scores are refreshed first where they are a day old.

    Raises TooFewError and QueryError, with nothing kept.
    """
    tell = report or _silent
    scored = latest_run()
    if scored is None or scored.at < now - SCORES_HOLD:
        rfm.refresh(now, report)
    tell(0, 1, "asking the lake what people did")
    people = looked_at(now, lambda done, total: tell(done, total, "asking who allows analytics"), sample=sample)
    tell(0, 1, f"looking for groups among {len(people.values):,} people")
    try:
        found = cluster(people.features, people.values)
    except TooFewError as error:
        refused = sum(people.left_out.values())
        raise TooFewError(f"{error}. {refused:,} of {people.everybody:,} do not allow analytics.") from None
    described = describe(people.features, people.values, found.labels)
    proposals = []
    for number, words in enumerate(described):
        tell(number, found.count, f"finding the rule of “{words.title}”")
        proposals.append(_proposal(people, found.labels == number, words, number + 1, now))
    run = DiscoveryRun(
        at=now,
        people=people.everybody,
        sampled=len(people.values),
        left_out=people.left_out,
        method=found.method,
        clusters=found.count,
        silhouette=found.silhouette,
        tried=[list(one) for one in found.tried],
        job_id=job_id,
    )
    return _keep(run, proposals)


def dismiss(proposal_id: int) -> bool:
    """It is shown no more, nor an equal rule of a later search. False where it was not open."""
    open_ones = Proposal.objects.filter(pk=proposal_id, state=Proposal.State.OPEN)
    return bool(open_ones.update(state=Proposal.State.DISMISSED))


def restore(proposal_id: int) -> bool:
    """What was dismissed is open again. False where it was not dismissed."""
    dismissed = Proposal.objects.filter(pk=proposal_id, state=Proposal.State.DISMISSED)
    return bool(dismissed.update(state=Proposal.State.OPEN))


def _proposal(
    people: People, is_in: np.ndarray[Any, np.dtype[np.bool_]], words: Described, number: int, now: datetime
) -> Proposal:
    rule = approximate(people.features, people.values, is_in).rule
    real = measured(rule, people.keys, now)
    hits, taken, size = int((real.taken & is_in).sum()), int(real.taken.sum()), int(is_in.sum())
    return Proposal(
        number=number,
        title=words.title,
        lines=[list(line) for line in words.lines],
        people=size,
        share=size / len(is_in),
        rule=rule,
        precision=hits / taken if taken else 0.0,
        recall=hits / size,
        members=real.members,
    )


@transaction.atomic
def _keep(run: DiscoveryRun, proposals: list[Proposal]) -> DiscoveryRun:
    unwanted = list(Proposal.objects.filter(state=Proposal.State.DISMISSED).values_list("rule", flat=True))
    run.save()
    for proposal in proposals:
        proposal.run = run
        if proposal.rule in unwanted:
            proposal.state = Proposal.State.DISMISSED
    Proposal.objects.bulk_create(proposals)
    DiscoveryRun.objects.filter(pk__in=DiscoveryRun.objects.order_by("-at").values("pk")[RUNS_KEPT:]).delete()
    return run


def _silent(done: int, total: int, note: str) -> None:
    """Nobody asks how far it is."""


__all__ = ["KIND", "TooFewError", "discover", "discover_job", "discover_later", "dismiss", "restore"]
