"""Where people of a journey stand and what became of them at each step: grouped reads, seconds old at a large size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from automation.models import Enrollment
from cdp.lib import bulk_sql

WEEK = timedelta(days=7)
AT_NODES = """
SELECT node, CASE WHEN state = 'sending' THEN 'in_queue' ELSE reason END, count(*) FROM automation_enrollment
WHERE journey_id = %s::bigint AND node <> '' AND ended_at IS NULL AND state <> 'armed' GROUP BY 1, 2
"""
STATES = """
SELECT state, reason, count(*), count(*) FILTER (WHERE ended_at > %s), count(*) FILTER (WHERE entered_at IS NOT NULL),
  count(*) FILTER (WHERE entered_at > %s), count(*) FILTER (WHERE goal_at IS NOT NULL),
  count(*) FILTER (WHERE held_out)
FROM automation_enrollment WHERE journey_id = %s::bigint GROUP BY state, reason
"""
PASSED = """
SELECT p.node, p.outcome, p.reason, count(*), count(*) FILTER (WHERE p.at > %s)
FROM automation_passing p JOIN automation_enrollment e ON e.id = p.enrollment_id
WHERE e.journey_id = %s::bigint GROUP BY 1, 2, 3
"""
WAITING = """
SELECT journey_id, count(*) FILTER (WHERE state IN ('waiting', 'sending')), count(*) FILTER (WHERE state = 'armed'),
  count(*) FILTER (WHERE held_out OR reason = 'held_out'), count(*) FILTER (WHERE entered_at > %s)
FROM automation_enrollment WHERE journey_id = ANY(%s::bigint[]) GROUP BY journey_id
"""
MAILED = """
SELECT sender_id, count(*) FROM mailing_message
WHERE sender = 'journey' AND sender_id = ANY(%s::bigint[]) AND state = 'sent' AND sending_at > %s GROUP BY sender_id
"""
HELD_BACK = """
SELECT reason, sum(count)::bigint FROM (
  SELECT p.reason, count(*) FROM automation_passing p JOIN automation_enrollment e ON e.id = p.enrollment_id
  WHERE e.journey_id = %s::bigint AND p.outcome = 'skipped' AND p.at > %s GROUP BY 1
  UNION ALL
  SELECT reason, count(*) FROM automation_enrollment
  WHERE journey_id = %s::bigint AND state = 'exited' AND ended_at > %s GROUP BY 1
) AS both_of_them GROUP BY reason ORDER BY 2 DESC, 1
"""


SKIPPED = """
SELECT e.journey_id, p.node, p.reason, count(*)
FROM automation_passing p JOIN automation_enrollment e ON e.id = p.enrollment_id
WHERE e.journey_id = ANY(%s::bigint[]) AND p.outcome = 'skipped' AND p.at >= %s GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3
"""


@dataclass(frozen=True, slots=True)
class AtNode:
    """`held`: {reason: how many wait for it now}; `outcomes`: {outcome: how many ever}; `skipped`: {reason: how many
    ever}; `week`: passed in the last 7 days."""

    waiting: int
    held: Mapping[str, int]
    outcomes: Mapping[str, int]
    skipped: Mapping[str, int]
    week: int

    @property
    def passed(self) -> int:
        """All that went on from here, skipped ones not."""
        return sum(count for outcome, count in self.outcomes.items() if outcome != "skipped")


@dataclass(frozen=True, slots=True)
class Flow:
    """A journey's people. `exited`: {reason: how many ended early}; `armed`: the trigger has not come true yet."""

    nodes: Mapping[str, AtNode]
    armed: int
    entered: int
    entered_week: int
    goal: int
    held_out: int
    done: int
    exited: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Glance:
    """A journey in its list."""

    waiting: int = 0
    armed: int = 0
    held_out: int = 0
    entered_week: int = 0
    mailed_week: int = 0


def flow_counts(journey_id: int, now: datetime) -> Flow:
    """Everything the builder shows beside its steps, by three grouped statements."""
    since = now - WEEK
    here: dict[str, dict[str, int]] = {}
    for node, reason, count in bulk_sql.fetch(AT_NODES, [journey_id]):
        here.setdefault(node, {})[reason] = count
    outcomes: dict[str, dict[str, int]] = {}
    skipped: dict[str, dict[str, int]] = {}
    week: dict[str, int] = {}
    for node, outcome, reason, count, lately in bulk_sql.fetch(PASSED, [since, journey_id]):
        of_node = outcomes.setdefault(node, {})
        of_node[outcome] = of_node.get(outcome, 0) + count
        week[node] = week.get(node, 0) + (lately if outcome != "skipped" else 0)
        if outcome == "skipped":
            skipped.setdefault(node, {})[reason] = count
    nodes = {
        node: AtNode(
            waiting=sum(here.get(node, {}).values()),
            held={reason: count for reason, count in here.get(node, {}).items() if reason},
            outcomes=outcomes.get(node, {}),
            skipped=skipped.get(node, {}),
            week=week.get(node, 0),
        )
        for node in {*here, *outcomes}
    }
    return _flow(nodes, bulk_sql.fetch(STATES, [since, since, journey_id]))


def glances(journey_ids: Sequence[int], now: datetime) -> dict[int, Glance]:
    """What the list shows of each, by two grouped statements."""
    since, ids = now - WEEK, list(journey_ids)
    mailed = dict(bulk_sql.fetch(MAILED, [ids, since]))
    found = {
        pk: Glance(waiting, armed, held_out, entered, mailed.get(pk, 0))
        for pk, waiting, armed, held_out, entered in bulk_sql.fetch(WAITING, [since, ids])
    }
    return {pk: found.get(pk) or Glance(mailed_week=mailed.get(pk, 0)) for pk in ids}


def skipped(journey_ids: Sequence[int], since: datetime) -> dict[tuple[int, str], list[tuple[str, int]]]:
    """{(journey id, step): (reason, how many) of who got no message there, the most frequent first}."""
    found: dict[tuple[int, str], list[tuple[str, int]]] = {}
    for journey_id, node, reason, count in bulk_sql.fetch(SKIPPED, [list(journey_ids), since]):
        found.setdefault((journey_id, node), []).append((reason, count))
    return found


def held_back(journey_id: int, now: datetime) -> list[tuple[str, int]]:
    """(reason, how many) of what was skipped or ended early in the last 7 days, the most frequent first."""
    since = now - WEEK
    return [(reason, count) for reason, count in bulk_sql.fetch(HELD_BACK, [journey_id, since, journey_id, since])]


def inside(journey_id: int, *, other_than: int | None = None) -> int:
    """How many are on their way through it; `other_than`: only those on another version (its id)."""
    rows = Enrollment.objects.filter(
        journey_id=journey_id, state__in=[Enrollment.State.WAITING, Enrollment.State.SENDING]
    )
    return (rows if other_than is None else rows.exclude(version_id=other_than)).count()


def _flow(nodes: Mapping[str, AtNode], states: Sequence[tuple[object, ...]]) -> Flow:
    sums = {"armed": 0, "entered": 0, "entered_week": 0, "goal": 0, "held_out": 0, "done": 0}
    exited: dict[str, int] = {}
    for state, reason, count, _, entered, lately, goal, held_out in states:
        values = {"entered": entered, "entered_week": lately, "goal": goal, "held_out": held_out}
        values["armed"] = count if state == "armed" else 0
        values["done"] = count if state == "done" else 0
        for name, value in values.items():
            sums[name] += int(str(value))
        if state == "exited":
            exited[str(reason)] = exited.get(str(reason), 0) + int(str(count))
    return Flow(nodes=nodes, exited=exited, **sums)
