"""Candidates judged on the log of a running bandit, kept until they are judged again; and switched on by staff."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from cdp.jobs.contracts import JobRefused, JobRun
from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib.clock import utc_now
from decisions.evaluation.candidates import EVEN, NOW, Candidate, candidates_of
from decisions.evaluation.judging import cross, judge
from decisions.models import BanditEvaluation, DecisionPlacement
from decisions.queries import bandit_log
from decisions.queries.bandit_log import Running
from decisions.services.publishing import Published, publish, save_draft

JUDGE = "decisions.judge"
DAYS = 60


def judge_later(placement_id: int) -> Job:
    """Have every candidate of a placement judged by a job."""
    return enqueue(JUDGE, {"placement_id": placement_id})


def judge_job(job: JobRun) -> Mapping[str, Any]:
    """Job: judge the candidates of `placement_id`."""
    found = bandit_log.running_bandits(int(job.params["placement_id"]))
    if not found:
        raise JobRefused("This placement is no bandit that runs: publish it as one, then judge its candidates.")
    return {"judged": judge_all(found[0], utc_now(), job.progress)}


def judge_all(one: Running, now: datetime, tell: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Judge each candidate anew and keep what came of it, one by one; how many. `tell`: how far it is."""
    candidates = candidates_of(one.definition)
    tell(0, len(candidates))
    crossed = cross(bandit_log.log_of(one, now - timedelta(days=DAYS), now), one.bandit.features)
    for place, candidate in enumerate(candidates):
        tell(place, len(candidates))
        result = msgspec.to_builtins(judge(candidate, crossed))
        BanditEvaluation.objects.update_or_create(
            version_id=one.version_id, candidate=candidate.key, defaults={"result": result, "judged_at": now}
        )
    keys = [candidate.key for candidate in candidates]
    BanditEvaluation.objects.filter(version_id=one.version_id).exclude(candidate__in=keys).delete()
    return len(candidates)


@transaction.atomic
def switch_on(placement_id: int, key: str, *, by: AbstractBaseUser | None) -> Published:
    """Let a candidate decide from now on, as a new version; what was learned of unchanged arms stays.

    Raises LookupError for what is no candidate, PlacementRefusedError where the place cannot be published.
    """
    found = bandit_log.running_bandits(placement_id)
    candidates = {one.key: one for one in candidates_of(found[0].definition)} if found else {}
    if key == NOW or key not in candidates:
        raise LookupError(f"{key!r} is no candidate of this placement: load the page again")
    row = DecisionPlacement.objects.get(pk=placement_id)
    save_draft(row.key, row.name, definition_of(found[0].definition, candidates[key]), placement_id=row.pk, by=by)
    return publish(row.pk, by=by)


def definition_of(running: Mapping[str, Any], candidate: Candidate) -> dict[str, Any]:
    """The definition a candidate is played by. One arm alone is a table of one row that everybody meets."""
    kept = {name: value for name, value in running.items() if name != "attached"}
    if candidate.only:
        row = {"id": candidate.only, "when": {}, "outcome": candidate.bandit.outcome(candidate.only)}
        return {"by": "table", "hit": "first", "inputs": [], "rows": [row], "fallback": kept.get("fallback")}
    bandit = candidate.bandit
    changed = {"policy": bandit.policy, "floor": bandit.floor, "features": list(bandit.features)}
    if bandit.bonus != 1.0:
        changed["bonus"] = bandit.bonus
    if candidate.key == EVEN:
        changed["floor"] = 1 / len(bandit.arms)
    return {**kept, **changed, "candidate": None}
