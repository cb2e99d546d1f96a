"""Folding the log into what bandits play by, and starting anew: every minute, and when staff say so.

An hour of an arm is counted whole from the log whenever something in it may have changed; a state is computed from the
hours (and for LinUCB from the rows). Nothing is ever incremented, so the same log gives the same state.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.access.services import record_audit
from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from decisions.bandits import LINUCB, PolicyState
from decisions.bandits.drift import Day, Drift, drift_of
from decisions.bandits.features import learn_columns, matrix
from decisions.bandits.linucb import Cells, LinearModel, fit
from decisions.bandits.thompson import probabilities
from decisions.models import BanditReset, BanditState, DecisionPlacement
from decisions.queries import bandit_log
from decisions.queries.bandit_log import Running, Wanted

log = structlog.get_logger(__name__)
HOUR = timedelta(hours=1)
LATE = timedelta(hours=26)  # an exposure may come so long after its decision
SOON = timedelta(hours=2)  # nearly all of them come within minutes: looked at every minute
TOLD = timedelta(minutes=10)  # a conversion may have been committed so long after it was stamped
FOLD = """
INSERT INTO decisions_bandithour AS h (version_id, arm, hour, decided, exposed, ripe, won, total, squares)
SELECT d.version_id, d.arm, date_trunc('hour', d.decided_at, 'UTC'), count(*), count(d.exposed_at),
  count(*) FILTER (WHERE d.is_ripe), count(r.value), coalesce(sum(r.value), 0), coalesce(sum(r.value * r.value), 0)
FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS span(since, until)
JOIN LATERAL (
  SELECT one.*, coalesce(one.exposed_at + make_interval(hours => %s::bigint::int) <= %s::timestamptz, false) AS is_ripe
  FROM decisions_decision AS one WHERE one.version_id = ANY(%s::bigint[])
    AND one.decided_at >= span.since AND one.decided_at < span.until AND one.decided_by = 'bandit'
) AS d ON true
LEFT JOIN LATERAL (SELECT sum(c.value)::float8 AS value FROM decisions_conversion AS c WHERE c.decision_id = d.id
  AND c.kind = %s::text AND c.at >= d.decided_at AND c.at <= d.exposed_at + make_interval(hours => %s::bigint::int)
) AS r ON d.is_ripe
GROUP BY 1, 2, 3 ORDER BY 1, 3, 2
ON CONFLICT (version_id, hour, arm) DO UPDATE SET decided = excluded.decided, exposed = excluded.exposed,
  ripe = excluded.ripe, won = excluded.won, total = excluded.total, squares = excluded.squares
WHERE (h.decided, h.exposed, h.ripe, h.won, h.total, h.squares) IS DISTINCT FROM
  (excluded.decided, excluded.exposed, excluded.ripe, excluded.won, excluded.total, excluded.squares)
"""
TOLD_HOURS = """
SELECT DISTINCT date_trunc('hour', d.decided_at, 'UTC') FROM decisions_conversion AS c
JOIN decisions_decision AS d ON d.id = c.decision_id
WHERE c.told_at >= %s::timestamptz AND c.kind = %s::text AND d.version_id = ANY(%s::bigint[])
"""
OLDEST = "SELECT min(decided_at) FROM decisions_decision WHERE version_id = ANY(%s::bigint[])"


@dataclass(frozen=True)
class Folded:
    """What one fold did: the state's number, whether it changed, the arms that drifted."""

    number: int
    is_new: bool
    drifted: tuple[str, ...] = ()


def fold_slice() -> int:
    """Fold every bandit once; how many states changed."""
    now = utc_now()
    done = [fold(one, now) for one in bandit_log.running_bandits()]
    return sum(one is not None and one.is_new for one in done)


@transaction.atomic
def fold(one: Running, now: datetime) -> Folded | None:
    """Bring hours and state of a bandit up to `now`; None while another worker does."""
    BanditState.objects.get_or_create(version_id=one.version_id, defaults={"folded_until": _never(), "changed_at": now})
    state = BanditState.objects.select_for_update(skip_locked=True).filter(version_id=one.version_id).first()
    if state is None:
        return None
    fold_hours(one, _before(one), now)
    drifted = _notice_drift(one, now)
    wanted = bandit_log.counted_since(one)
    known = PolicyState.from_json(state.posterior, state.number)
    posterior = _state(one, wanted, known, now).to_json()
    is_new = posterior != state.posterior
    state.number += is_new
    state.changed_at = now if is_new else state.changed_at
    state.posterior, state.folded_until = posterior, now
    state.save(update_fields=["number", "changed_at", "posterior", "folded_until"])
    return Folded(state.number, is_new, drifted)


def fold_hours(one: Running, before: datetime | None, now: datetime) -> int:
    """Count the hours anew in which something may have changed since `before` (None: all there are); how many did."""
    spans = _merged(_spans(one, before, now))
    if not spans:
        return 0
    reward = one.bandit.reward
    columns = [[since for since, _ in spans], [until for _, until in spans]]
    hours = reward.within_hours
    return bulk_sql.execute(FOLD, [*columns, hours, now, one.version_ids, reward.kind, hours])


@transaction.atomic
def reset(placement_id: int, arm: str, *, note: str, by: AbstractBaseUser | None, now: datetime) -> BanditReset:
    """Let what was seen of an arm ("": of all) until now count no more, because staff say so; folds at once.

    Raises LookupError for what is no running bandit's arm.
    """
    found = bandit_log.running_bandits(placement_id)
    if not found:
        raise LookupError("this placement is no bandit that runs: publish it as one first")
    if arm and arm not in found[0].bandit.arm_ids:
        raise LookupError(f"{arm!r} is no arm of this bandit")
    DecisionPlacement.objects.select_for_update().get(pk=placement_id)
    row = BanditReset.objects.create(
        placement_id=placement_id,
        arm=arm,
        since=now,
        cause=BanditReset.Cause.STAFF,
        note=note,
        at=now,
        by_id=by.pk if by is not None else None,
    )
    record_audit(by, "reset bandit", f"decisions.decisionplacement {placement_id}", f"{arm or 'all arms'}: {note}")
    fold(found[0], now)
    return row


@transaction.atomic
def take_back(reset_id: int, *, by: AbstractBaseUser | None, now: datetime) -> BanditReset:
    """Undo a reset of staff: what was seen before counts again. Raises BanditReset.DoesNotExist; a drift stays."""
    row = BanditReset.objects.select_for_update().get(pk=reset_id, cause=BanditReset.Cause.STAFF)
    BanditReset.objects.filter(pk=row.pk).delete()
    record_audit(by, "took back reset of bandit", f"decisions.decisionplacement {row.placement_id}", row.arm)
    for one in bandit_log.running_bandits(row.placement_id):
        fold(one, now)
    return row


def _before(one: Running) -> datetime | None:
    """Until when the hours of every version that teaches were folded."""
    known = BanditState.objects.filter(version_id__in=one.version_ids).values_list("folded_until", flat=True)
    times = [at for at in known if at > _never()]
    return max(times) if times else None


def _spans(one: Running, before: datetime | None, now: datetime) -> list[tuple[datetime, datetime]]:
    """Stretches of decisions to count anew: those just made, those whose window just ended, those just rewarded."""
    if before is None:
        oldest = bulk_sql.fetch(OLDEST, [one.version_ids])[0][0]
        return [(_hour(oldest), now + HOUR)] if oldest else []
    slack = LATE if _hour(before) != _hour(now) else SOON
    window = timedelta(hours=one.bandit.reward.within_hours)
    spans = [(_hour(before - slack), now + HOUR), (_hour(before - window - slack), _hour(now - window) + HOUR)]
    told = bulk_sql.fetch(TOLD_HOURS, [before - TOLD, one.bandit.reward.kind, one.version_ids])
    return [*spans, *((hour, hour + HOUR) for (hour,) in told)]


def _merged(spans: Collection[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Without overlap, since a row is counted once."""
    found: list[tuple[datetime, datetime]] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def _state(one: Running, wanted: Wanted, known: PolicyState, now: datetime) -> PolicyState:
    counts = bandit_log.counts(one, wanted)
    if counts == known.arms and (known.model or known.probabilities):
        return known
    if one.bandit.policy != LINUCB:
        return PolicyState(0, counts, probabilities(counts, is_value=one.bandit.reward.value))
    return PolicyState(0, counts, {}, _model(one, wanted, now))


def _model(one: Running, wanted: Wanted, now: datetime) -> LinearModel:
    rows = bandit_log.cells(one, wanted, now)
    place = {arm: index for index, arm in enumerate(one.bandit.arm_ids)}
    features = [row[1] for row in rows]
    columns = learn_columns(one.bandit.features, features, [row[2] for row in rows])
    cells = Cells(
        np.array([place[row[0]] for row in rows], dtype=np.int64),
        matrix(columns, features),
        np.array([float(row[2]) for row in rows]),
        np.array([row[3] for row in rows]),
        np.array([row[4] for row in rows]),
    )
    return fit(columns, one.bandit.arm_ids, cells, one.bandit.bonus)


def _notice_drift(one: Running, now: datetime) -> tuple[str, ...]:
    """Reset what drifted: an arm of Thompson's; of LinUCB, whose arms are shown to ever other people, all of them when
    the whole place brings less than before."""
    ripe_until = _hour(now - timedelta(hours=one.bandit.reward.within_hours) - SOON)
    by_arm = bandit_log.days(bandit_log.counted_since(one), ripe_until)
    if one.bandit.policy == LINUCB:
        by_arm = {"": _together(by_arm.values())}
    drifted = []
    for arm, days in by_arm.items():
        found = drift_of(days, only_down=one.bandit.policy == LINUCB)
        if found is not None and _note(one, arm, found, now):
            drifted.append(arm)
    return tuple(drifted)


def _note(one: Running, arm: str, found: Drift, now: datetime) -> bool:
    said = f"{found.before:.2%} were rewarded before, {found.after:.2%} since"
    _, is_new = BanditReset.objects.get_or_create(
        placement_id=one.placement_id,
        arm=arm,
        since=found.since,
        cause=BanditReset.Cause.DRIFT,
        defaults={"note": said, "at": now},
    )
    if is_new:
        log.info("bandit_drifted", placement=one.key, arm=arm, since=found.since.isoformat(), said=said)
    return is_new


def _together(series: Collection[list[Day]]) -> list[Day]:
    sums: dict[datetime, tuple[int, int]] = {}
    for day in (day for days in series for day in days):
        shown, won = sums.get(day.at, (0, 0))
        sums[day.at] = (shown + day.shown, won + day.won)
    return [Day(at, *sums[at]) for at in sorted(sums)]


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _never() -> datetime:
    return bandit_log.LONG_AGO
