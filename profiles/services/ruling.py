"""New identity rules put in force: a version, current from its commit on, and a job that recomputes everybody.

Whoever writes components reads the current version under the identity lock, which is held here too: no batch is worked
half by the old rules. Until the job is done, people that no event touched stand as the rules before made them.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Max

from cdp.jobs import services as jobs
from cdp.jobs.contracts import JobRun, JobUnfinished
from cdp.lib.clock import utc_now
from profiles import drafting
from profiles.contracts import DecisionRefused
from profiles.identity import IdentityRules
from profiles.models import RuleSet
from profiles.rules_in_force import forget_rules, rules_locked, to_json
from profiles.services import recomputing, rows
from profiles.services.journal import RULES

KIND = "identity.recompute"


def activate(
    draft: IdentityRules, reason: str, actor: AbstractBaseUser | None, *, instead_of: int | None = None
) -> RuleSet:
    """Put these rules in force as a new version and queue the job that recomputes everybody.

    `instead_of`: refuse when other rules than this version are in force now. Raises DecisionRefused, which names what
    is wrong: the draft itself, a missing reason, rules that are in force already.
    """
    wrong = drafting.problems(draft)
    if wrong:
        raise DecisionRefused(" ".join(one.text for one in wrong))
    if not reason.strip():
        raise DecisionRefused("Say why: the version keeps the reason.")
    with transaction.atomic():
        rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
        forget_rules()
        now_in_force = rules_locked()
        if instead_of is not None and now_in_force.number != instead_of:
            raise DecisionRefused(
                f"Somebody put version {now_in_force.number} in force meanwhile: look at it, and try yours again."
            )
        if not drafting.differences(now_in_force, draft):
            raise DecisionRefused("These rules are in force already: nothing to do.")
        number = (RuleSet.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        RuleSet.objects.filter(is_current=True).update(is_current=False)
        made = RuleSet.objects.create(
            number=number,
            rules=to_json(draft),
            reason=reason.strip(),
            made_by_id=getattr(actor, "pk", None),
            is_current=True,
        )
        jobs.enqueue(KIND, {"number": number}, created_by=actor)
    forget_rules()
    return made


def recompute_job(job: JobRun) -> Mapping[str, Any]:
    """Everybody under the rules of version `number`, by identifier, in chunks; ends early where newer ones came."""
    number, after, done = job.params["number"], job.checkpoint.get("after", 0), job.checkpoint.get("done", 0)
    total = rows.fetch("SELECT count(*) FROM profiles_identifier", [])[0][0]
    while ids := recomputing.chunk_after(after):
        current = RuleSet.objects.filter(is_current=True).values_list("number", flat=True).first()
        if current != number:
            return {"superseded_by": current, "done": done}
        recomputing.recompute(ids, cause=RULES)
        after, done = ids[-1], done + len(ids)
        job.progress(done, max(total, done), f"rules {number}")
        if job.out_of_time:
            raise JobUnfinished({"after": after, "done": done})
    RuleSet.objects.filter(number=number, is_current=True).update(applied_at=utc_now())
    return {"identifiers": done}
