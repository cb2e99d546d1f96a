"""What pages show of bandits: arms with their figures, how choices were shared by day, resets, judged candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from decisions.bandits import PolicyState
from decisions.bandits.policy import Bandit
from decisions.bandits.thompson import interval, posteriors
from decisions.evaluation.judging import Judgment
from decisions.models import BanditEvaluation, BanditReset, BanditState
from decisions.queries.bandit_log import LONG_AGO, Running, counted_since

SEEN = """
SELECT h.arm, sum(h.decided)::bigint, sum(h.exposed)::bigint, sum(h.exposed - h.ripe)::bigint,
  coalesce(sum(h.decided) FILTER (WHERE h.hour >= %s::timestamptz), 0)::bigint
FROM decisions_bandithour AS h WHERE h.version_id = ANY(%s::bigint[]) GROUP BY h.arm
"""
BY_DAY = """
SELECT h.arm, (h.hour AT TIME ZONE %s::text)::date, sum(h.decided)::bigint FROM decisions_bandithour AS h
WHERE h.version_id = ANY(%s::bigint[]) AND h.hour >= %s::timestamptz GROUP BY 1, 2 ORDER BY 2
"""


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """An arm. `rate`: its mean reward since its last reset, within `low` and `high`; `best`: its chance of being best,
    None where that hangs on who asks; `share`: of the decisions since `recently`; `waiting`: exposures not ripe yet."""

    id: str
    outcome: dict[str, Any]
    decided: int
    exposed: int
    waiting: int
    shown: int
    won: int
    rate: float | None
    low: float
    high: float
    best: float | None
    share: float | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a bandit stands. `state`: None before the first fold."""

    running: Running
    state: BanditState | None
    arms: tuple[ArmFigures, ...]

    @property
    def bandit(self) -> Bandit:
        """What is played."""
        return self.running.bandit


def standing(one: Running, recently: datetime) -> Standing:
    """A bandit as its page shows it; four statements."""
    row = BanditState.objects.filter(version_id=one.version_id).first()
    state = PolicyState.from_json(row.posterior, row.number) if row else PolicyState()
    wanted = counted_since(one)
    since = dict(zip(wanted.arms, wanted.since, strict=True))
    seen = {name: rest for name, *rest in bulk_sql.fetch(SEEN, [recently, one.version_ids])}
    lately = sum(figures[3] for figures in seen.values())
    known = {arm: state.arms[arm] for arm in one.bandit.arm_ids if arm in state.arms}
    found = dict(zip(known, posteriors(known, is_value=one.bandit.reward.value), strict=True)) if known else {}
    arms = []
    for arm in one.bandit.arm_ids:
        decided, exposed, waiting, recent = seen.get(arm, (0, 0, 0, 0))
        count = known.get(arm)
        low, high = interval(found[arm]) if arm in found else (0.0, 0.0)
        total = (count.value if one.bandit.reward.value else count.won) if count else 0
        arms.append(
            ArmFigures(
                arm,
                one.bandit.outcome(arm),
                decided,
                exposed,
                waiting,
                count.shown if count else 0,
                count.won if count else 0,
                total / count.shown if count and count.shown else None,
                low,
                high,
                state.probabilities.get(arm),
                recent / lately if lately else None,
                since[arm] if since.get(arm, LONG_AGO) > LONG_AGO else None,
            )
        )
    return Standing(one, row, tuple(arms))


def shares_by_day(one: Running, since: datetime, zone: str) -> dict[date, dict[str, int]]:
    """{day: {arm: decisions}} in order, days without any left out."""
    found: dict[date, dict[str, int]] = {}
    for arm, day, decided in bulk_sql.fetch(BY_DAY, [zone, one.version_ids, since]):
        found.setdefault(day, {})[arm] = decided
    return found


def resets_of(placement_id: int, most: int = 20) -> Sequence[BanditReset]:
    """The newest first."""
    return list(
        BanditReset.objects.filter(placement_id=placement_id).select_related("by").order_by("-at", "-pk")[:most]
    )


def judgments_of(version_id: int) -> dict[str, tuple[Judgment, datetime]]:
    """{candidate: (what came of it, when it was judged)}."""
    rows = BanditEvaluation.objects.filter(version_id=version_id)
    return {row.candidate: (msgspec.convert(row.result, Judgment), row.judged_at) for row in rows}
