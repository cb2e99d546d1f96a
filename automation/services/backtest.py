"""Back-tests as jobs: a graph run over the last days of real events, with a kept list of what it would have done.

Nobody is enrolled and nothing is sent. People are worked in batches; progress is told, and a stop is heard.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from automation.backtest_models import BackTest, BackTestLine
from automation.graph import Graph, GraphError, SegmentEntered, SegmentLeft, WaitFor, parse
from automation.models import Journey
from automation.queries.journeys import experiment_key
from automation.queries.past import PersonThen, moves, persons_then, profiles_touched
from automation.replaying import IMPOSSIBLE, Occasion, names_for, occasions
from automation.services import backtesting
from automation.services.backtesting import Setting, Way, lines_of
from automation.services.holding_out import HOLDOUT, TREATED
from automation.simulating import Passed
from cdp.access.services import record_audit
from cdp.jobs import services as jobs
from cdp.jobs.contracts import JobCancelled, JobRefused, JobRun
from cdp.lib.clock import utc_now
from cdp.lib.failures import describe
from commerce.closing import PLACED
from experiments.assignment import assign
from experiments.queries import variants_now
from mailing.queries.counts import policy, rules_of

log = structlog.get_logger(__name__)
State = BackTest.State
DAYS = (7, 14, 30)
PEOPLE = 1_000
MOST_LINES = 20_000
KEPT = 10
BEFORE = timedelta(days=14)
"""How far before the first day events are read: carts filled earlier may be left behind in it."""


class BackTestRefusedError(ValueError):
    """It cannot be run; the message says why and what to do instead."""


def start_backtest(
    journey_id: int, graph: Mapping[str, Any], *, source: str, days: int, by: AbstractBaseUser | None, now: datetime
) -> BackTest:
    """Have a graph run over the last days. Older runs of the journey beyond the last ten are deleted.

    Raises BackTestRefusedError.
    """
    if days not in DAYS:
        raise BackTestRefusedError("Choose 7, 14 or 30 days.")
    read = _read(graph)
    if (why := IMPOSSIBLE.get(read.trigger.on)) is not None:
        raise BackTestRefusedError(why)
    with transaction.atomic():
        row = BackTest.objects.create(
            journey_id=journey_id,
            graph=dict(graph),
            source=source,
            days=days,
            since=now - timedelta(days=days),
            until=now,
            created_by_id=None if by is None else by.pk,
        )
        job = jobs.enqueue("automation.backtest", {"run": str(row.pk)}, created_by=by)
        BackTest.objects.filter(pk=row.pk).update(job_id=job.pk)
        old = BackTest.objects.filter(journey_id=journey_id).order_by("-created_at").values_list("pk", flat=True)[KEPT:]
        BackTest.objects.filter(pk__in=list(old)).delete()
        record_audit(by, "ran a back-test", f"journey:{journey_id}", f"{days} days of {source}")
    row.refresh_from_db()
    return row


def cancel_backtest(row: BackTest, now: datetime) -> None:
    """Stop it; what was found so far is not kept."""
    if row.job_id is not None:
        jobs.cancel([row.job_id])
    stopped = BackTest.objects.filter(pk=row.pk, state=State.RUNNING)
    stopped.update(state=State.CANCELLED, finished_at=now)


def backtest_job(run: JobRun) -> dict[str, Any]:
    """The handler of automation.backtest, params {"run"}. The result: how many ways and mails."""
    row = BackTest.objects.select_related("journey").filter(pk=UUID(run.params["run"]), state=State.RUNNING).first()
    if row is None:
        return {"note": "it was stopped before its job began"}
    BackTestLine.objects.filter(run=row).delete()  # of a worker that was lost
    try:
        totals = _work(row, run)
    except JobCancelled:
        cancel_backtest(row, utc_now())
        raise
    except Exception as error:
        problem = str(error) if isinstance(error, BackTestRefusedError | JobRefused) else describe(error)
        log.error("automation.backtest_failed", run=str(row.pk), error=describe(error))
        held = BackTest.objects.filter(pk=row.pk, state=State.RUNNING)
        held.update(state=State.FAILED, problem=problem, finished_at=utc_now())
        raise
    done = BackTest.objects.filter(pk=row.pk, state=State.RUNNING)
    done.update(state=State.DONE, totals=totals, finished_at=utc_now())
    return {"ways": totals["ways"], "mails": totals["sent"]}


def _work(row: BackTest, run: JobRun) -> dict[str, Any]:
    graph = _read(row.graph)
    setting = _setting(row, graph)
    profile_ids, given = _whom(graph, row)
    totals = Totals()
    for start in range(0, len(profile_ids), PEOPLE):
        run.progress(start, len(profile_ids), "going through what people did")
        part = profile_ids[start : start + PEOPLE]
        people = persons_then(
            part,
            _names(graph),
            row.since - BEFORE,
            purpose=row.journey.purpose_code,
            journey_id=row.journey_id,
            time_zone=policy().time_zone,
            now=row.until,
        )
        found = [(one, list(_occasions(one, graph, row, given))) for one in people]
        ways = backtesting.run(setting, [(one, times) for one, times in found if times])
        _keep(row, ways, totals)
    run.progress(len(profile_ids), len(profile_ids), "done")
    return totals.told(len(profile_ids))


class Totals:
    """Figures by step and reason, while they are counted."""

    def __init__(self) -> None:
        self.lines = 0
        self.ways = 0
        self.people: set[UUID] = set()
        self.mailed: set[UUID] = set()
        self.kept_out: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.by_node: dict[str, Counter[str]] = {}
        self.days: Counter[str] = Counter()

    def count(self, way: Way) -> None:
        """One more way."""
        if way.walk is None:
            self.kept_out[way.kept_out] += 1
            return
        self.ways += 1
        self.people.add(way.profile_id)
        self.ended[way.walk.reason] += 1
        for node, key in dict.fromkeys((one.node, _key(one)) for one in way.walk.passed):
            self.by_node.setdefault(node, Counter())[key] += 1
        for one in way.walk.passed:
            if one.outcome == "sent":
                self.mailed.add(way.profile_id)
                self.days[f"{one.at:%Y-%m-%d}"] += 1

    def told(self, looked_at: int) -> dict[str, Any]:
        """As they are kept."""
        return {
            "looked_at": looked_at,
            "ways": self.ways,
            "people": len(self.people),
            "mailed": len(self.mailed),
            "sent": sum(of_node["sent"] for of_node in self.by_node.values()),
            "kept_out": dict(self.kept_out),
            "ended": dict(self.ended),
            "by_node": {node: dict(found) for node, found in self.by_node.items()},
            "days": dict(self.days),
            "lines": self.lines,
        }


def _key(one: Passed) -> str:
    return f"{one.outcome}:{one.reason}" if one.reason else one.outcome


def _keep(row: BackTest, ways: Sequence[Way], totals: Totals) -> None:
    made = []
    for way in ways:
        totals.count(way)
        for one in lines_of(way):
            if totals.lines < MOST_LINES:
                totals.lines += 1
                made.append(
                    BackTestLine(
                        run=row,
                        identifier_id=way.identifier_id,
                        at=one.at,
                        node=one.node,
                        outcome=one.outcome,
                        reason=one.reason,
                        until=one.until,
                    )
                )
    BackTestLine.objects.bulk_create(made, batch_size=1_000)


def _occasions(
    then: PersonThen, graph: Graph, row: BackTest, given: Mapping[UUID, Sequence[datetime]]
) -> Iterator[Occasion]:
    """When they would have come in: from their events, or when they moved between segments."""
    if isinstance(graph.trigger, SegmentEntered | SegmentLeft):
        for at in given.get(then.history.profile_id, ()):
            yield Occasion(f"segment:{at.isoformat()}", then.person.identifier_id, at, at)
    else:
        yield from occasions(graph.trigger, then.history, row.since, row.until)


def _whom(graph: Graph, row: BackTest) -> tuple[list[UUID], Mapping[UUID, Sequence[datetime]]]:
    trigger = graph.trigger
    if isinstance(trigger, SegmentEntered | SegmentLeft):
        given = moves(trigger.segment, row.since, row.until, entered=isinstance(trigger, SegmentEntered))
        return sorted(given), given
    names = names_for(trigger) or frozenset()
    return profiles_touched(names, row.since - timedelta(days=1), row.until), {}


def _names(graph: Graph) -> frozenset[str]:
    """Every event that bears on it."""
    waited = {step.what.event for step in graph.nodes.values() if isinstance(step, WaitFor)}
    return frozenset({*(names_for(graph.trigger) or ()), *graph.heard(), *waited, PLACED})


def _setting(row: BackTest, graph: Graph) -> Setting:
    journey: Journey = row.journey
    key, share = experiment_key(journey), float(journey.holdout_share)

    def is_held_out(unit: bytes) -> bool:
        found = variants_now(key, [unit]).get(unit)
        return (found or assign(key, unit, {HOLDOUT: share, TREATED: 1 - share})) == HOLDOUT

    return Setting(
        graph=graph,
        journey_id=journey.pk,
        is_held_out=is_held_out,
        reentry=journey.reentry,
        reentry_days=journey.reentry_days,
        rules=_rules_running(),
        company_zone=settings.COMPANY_TIME_ZONE,
        until=row.until,
    )


def _rules_running() -> Any:
    """The policy, as if mail were not stopped: what stands still today did not then."""
    found = policy()
    found.stopped_at = None
    return rules_of(found)


def _read(graph: Mapping[str, Any]) -> Graph:
    try:
        return parse(graph)
    except GraphError as error:
        raise BackTestRefusedError("Something is missing in it: mend what is marked in the flow first.") from error
