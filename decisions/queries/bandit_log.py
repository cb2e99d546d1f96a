"""What bandits are folded from: the placements that are bandits with the versions that teach them, and the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from cdp.lib import bulk_sql
from decisions.bandits import ArmCount, Bandit, BanditError, bandit_of
from decisions.bandits.drift import Day
from decisions.bandits.features import Features
from decisions.evaluation.logs import Log
from decisions.models import DecisionPlacement

PLACED = """
SELECT p.id, p.key, p.version_id, v.id, v.number, v.definition::text FROM decisions_decisionplacement AS p
JOIN decisions_placementversion AS v ON v.placement_id = p.id
JOIN decisions_placementversion AS live ON live.id = p.version_id
WHERE p.state = ANY(%s::text[]) AND live.definition->>'by' = 'bandit' AND v.definition->>'by' = 'bandit'
ORDER BY p.id, v.number DESC
"""
RESETS = """
SELECT arm, max(since) FROM decisions_banditreset WHERE placement_id = %s::bigint GROUP BY arm
"""
COUNTS = """
SELECT h.arm, sum(h.ripe)::bigint, sum(h.won)::bigint, sum(h.total), sum(h.squares)
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS wanted(version_id, arm, since)
JOIN decisions_bandithour AS h USING (version_id, arm) WHERE h.hour >= wanted.since GROUP BY h.arm
"""
DAYS = """
SELECT h.arm, date_bin('24 hours', h.hour, %s::timestamptz) AS day, sum(h.ripe)::bigint, sum(h.won)::bigint
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS wanted(version_id, arm, since)
JOIN decisions_bandithour AS h USING (version_id, arm)
WHERE h.hour >= wanted.since AND h.hour < %s::timestamptz AND h.ripe > 0 GROUP BY 1, 2 ORDER BY 2
"""
RIPE = """
FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS wanted(version_id, arm, since)
JOIN decisions_decision AS d ON d.version_id = wanted.version_id AND d.arm = wanted.arm
  AND d.decided_at >= wanted.since AND d.decided_by = 'bandit'
LEFT JOIN LATERAL (SELECT sum(c.value)::float8 AS value FROM decisions_conversion AS c WHERE c.decision_id = d.id
  AND c.kind = %s::text AND c.at >= d.decided_at AND c.at <= d.exposed_at + make_interval(hours => %s::bigint::int)
) AS r ON true
WHERE d.exposed_at + make_interval(hours => %s::bigint::int) <= %s::timestamptz
ORDER BY d.decided_at DESC, d.id LIMIT %s::bigint
"""
CELLS = f"""
SELECT arm, features, count(*), sum(reward), sum(reward * reward) FROM (
  SELECT d.arm, coalesce(d.features::text, '{{}}') AS features,
    CASE WHEN r.value IS NULL THEN 0 WHEN %s::boolean THEN r.value ELSE 1 END AS reward {RIPE}
) AS each GROUP BY arm, features ORDER BY arm, features
"""  # noqa: S608 - our own columns
ROWS = f"""
SELECT d.arm, d.propensity, d.probabilities::text, coalesce(d.features::text, '{{}}'),
  coalesce(d.unit_hash, substring(uuid_send(d.id) FOR 16)),
  CASE WHEN r.value IS NULL THEN 0 WHEN %s::boolean THEN r.value ELSE 1 END {RIPE}
"""
LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
FOLDED = (DecisionPlacement.State.LIVE.value, DecisionPlacement.State.PAUSED.value)
MOST_ROWS = 50_000
DIGITS = 6  # sums of floats hang on their order, states must not
_objects = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True)
class Running:
    """A placement that is a bandit. `taught_by`: {arm: versions in which it showed the same and was rewarded the same},
    its own among them; `definition`: the live version's."""

    placement_id: int
    key: str
    version_id: int
    number: int
    definition: Mapping[str, Any]
    bandit: Bandit
    taught_by: Mapping[str, tuple[int, ...]]

    @property
    def version_ids(self) -> list[int]:
        """Every version that teaches something."""
        return sorted({pk for ids in self.taught_by.values() for pk in ids})


@dataclass(frozen=True)
class Wanted:
    """Which part of the log counts: three columns of equal length."""

    version_ids: list[int]
    arms: list[str]
    since: list[datetime]

    @property
    def columns(self) -> list[Any]:
        """As SQL takes them."""
        return [self.version_ids, self.arms, self.since]


def running_bandits(placement_id: int | None = None) -> list[Running]:
    """Live and paused placements that are bandits; what cannot be played is left out."""
    by_place: dict[int, list[tuple[Any, ...]]] = {}
    for row in bulk_sql.fetch(PLACED, [list(FOLDED)]):
        if placement_id is None or row[0] == placement_id:
            by_place.setdefault(row[0], []).append(row)
    found = [_running(rows) for rows in by_place.values()]
    return [one for one in found if one is not None]


def counted_since(one: Running) -> Wanted:
    """What of the log teaches this bandit: after the last reset of each arm or of all."""
    since = dict(bulk_sql.fetch(RESETS, [one.placement_id]))
    of_all = since.get("", LONG_AGO)
    triples = [(pk, arm, max(of_all, since.get(arm, LONG_AGO))) for arm, ids in one.taught_by.items() for pk in ids]
    columns = list(zip(*sorted(triples), strict=True))
    return Wanted(*(list(column) for column in columns))


def counts(one: Running, wanted: Wanted) -> dict[str, ArmCount]:
    """{arm: what is known of it}, every arm in the order of the definition."""
    rows = bulk_sql.fetch(COUNTS, wanted.columns)
    found = {
        arm: ArmCount(shown, won, round(value, DIGITS), round(squares, DIGITS))
        for arm, shown, won, value, squares in rows
    }
    return {arm: found.get(arm, ArmCount()) for arm in one.bandit.arm_ids}


def days(wanted: Wanted, until: datetime) -> dict[str, list[Day]]:
    """{arm: its days in order}, counted back from `until`; the first may have begun later."""
    found: dict[str, list[Day]] = {}
    rows = bulk_sql.fetch(DAYS, [until, *wanted.columns, until])
    for arm, day, shown, won in rows:
        found.setdefault(arm, []).append(Day(day, shown, won))
    return found


def cells(one: Running, wanted: Wanted, now: datetime) -> list[tuple[str, Features, int, float, float]]:
    """(arm, features, exposures, sum of rewards, of their squares) of the newest rows whose window is over."""
    reward = one.bandit.reward
    hours = reward.within_hours
    rows = bulk_sql.fetch(CELLS, [reward.value, *wanted.columns, reward.kind, hours, hours, now, MOST_ROWS])
    return [(arm, _objects(features), shown, float(total), float(more)) for arm, features, shown, total, more in rows]


def log_of(one: Running, since: datetime, now: datetime) -> Log:
    """The newest rows since then whose window is over, of versions that had the very same arms, as columns."""
    shared = set.intersection(*(set(ids) for ids in one.taught_by.values()))
    pairs = [(pk, arm) for pk in sorted(shared) for arm in one.bandit.arm_ids]
    wanted = Wanted([pk for pk, _ in pairs], [arm for _, arm in pairs], [since] * len(pairs))
    reward = one.bandit.reward
    hours = reward.within_hours
    rows = bulk_sql.fetch(ROWS, [reward.value, *wanted.columns, reward.kind, hours, hours, now, MOST_ROWS])
    return _log(one.bandit.arm_ids, rows)


def _log(arms: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> Log:
    place = {arm: index for index, arm in enumerate(arms)}
    chances = np.full((len(rows), len(arms)), np.nan)
    units: dict[bytes, int] = {}
    for index, row in enumerate(rows):
        logged = _objects(row[2]) if row[2] is not None else {}
        if logged:
            chances[index] = [float(logged.get(arm, 0.0)) for arm in arms]
    return Log(
        arms,
        np.array([place[row[0]] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=np.float64),
        chances,
        np.array([float(row[5]) for row in rows], dtype=np.float64),
        np.array([units.setdefault(bytes(row[4]), len(units)) for row in rows], dtype=np.int64),
        [_objects(row[3]) for row in rows],
    )


def _running(rows: Sequence[tuple[Any, ...]]) -> Running | None:
    """Of one placement's versions, the newest first; the live one need not be the newest."""
    live = next(row for row in rows if row[2] == row[3])
    definition = _objects(live[5])
    try:
        bandit = bandit_of(definition)
    except BanditError:
        return None
    taught: dict[str, list[int]] = {arm: [] for arm in bandit.arm_ids}
    for *_, pk, _, text in rows:
        try:
            other = bandit_of(_objects(text))
        except BanditError:
            continue
        if other.reward != bandit.reward:
            continue
        for arm in other.arms:
            if arm.id in taught and arm.outcome == bandit.outcome(arm.id):
                taught[arm.id].append(pk)
    return Running(
        live[0], live[1], live[3], live[4], definition, bandit, {arm: tuple(ids) for arm, ids in taught.items()}
    )
