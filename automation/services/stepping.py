"""Due enrollments worked in slices: claimed with a lease, stories asked, steps done, all in one transaction.

Fenced: a slice works only what still carries its lease, under the rows' locks, and writes rows, passings, messages and
topics together, so that a worker that dies did nothing. One that cannot be worked is put off and stops nobody else.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.db.models import F

from automation.models import Enrollment, Journey
from automation.queries.journeys import is_behind
from automation.queries.ruling import holding
from automation.queries.stories import stories
from automation.queries.ways import Way, ways
from automation.services import moving, writing
from automation.services.claiming import claim
from automation.services.steps import DOERS
from cdp.lib import garbage
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import is_blameless, retrying
from cdp.lib.failures import describe
from mailing.contracts import END, WAIT
from mailing.queries.counts import policy

PUT_OFF_FOR = timedelta(minutes=15)
MOST_PUT_OFF = 6
# The negative control of the tests sets this to False and must be caught: nobody else touches it.
FENCED = True
log = structlog.get_logger(__name__)


def step_slice(*, now: datetime | None = None) -> int:
    """Work up to 300 due enrollments of live journeys in one transaction; how many were worked.

    None while staff stopped everything, or while processing is behind: an order may be waiting in front of us.
    """
    moment = now or utc_now()
    if policy().stopped_at is not None or is_behind():
        return 0
    lease = uuid4()
    ids = claim(lease, moment)
    if not ids:
        return 0
    try:
        with garbage.paused():
            return retrying(lambda: work(ids, lease, moment))
    except Exception as error:
        if is_blameless(error):
            raise
        log.error("step_slice_failed", failure=describe(error))
        return sum(_alone(pk, lease, moment) for pk in ids)


@transaction.atomic
def work(ids: Sequence[int], lease: UUID, now: datetime) -> int:
    """Those of the ids that are still this lease's, stepped as far as they go; how many."""
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related("journey")
    rows = rows.filter(pk__in=ids, state__in=(Enrollment.State.ARMED, Enrollment.State.WAITING), due_at__lte=now)
    rows = rows.filter(journey__state=Journey.State.LIVE).order_by("pk")
    held = list(rows.filter(lease=lease) if FENCED else rows)
    found = ways(held)
    _put_off({row.pk for row in held} - {way.row.pk for way in found}, now)
    _ask(found, now)
    entered = _enter(found, now)
    _move(found, now)
    writing.write(found, now, entered=entered)
    return len(found)


def _ask(found: Sequence[Way], now: datetime) -> None:
    """The goal, what the trigger was about, and the exits: before every step."""
    for way, said in zip(found, stories(found, now), strict=True):
        if said.action == END:
            moving.end_story(way, said.reason, now)
        elif said.action == WAIT:
            moving.wait(way, said.not_before or now, reason=said.reason, awaits=way.row.awaits)
            if way.row.state == Enrollment.State.ARMED:
                way.row.reason = ""
        way.said = said


def _enter(found: Sequence[Way], now: datetime) -> list[int]:
    armed = [way for way in found if way.is_moving and way.row.state == Enrollment.State.ARMED]
    rules = [way.graph.audience for way in armed if way.graph.audience is not None]
    holds = holding(rules, {way.person.profile_id for way in armed if way.person.profile_id}, now)
    for way in armed:
        if way.graph.audience is None or way.person.profile_id in holds[way.graph.audience]:
            moving.enter(way, now)
        else:
            moving.end_story(way, "audience", now)
    return [way.row.pk for way in armed if way.is_moving]


def _move(found: Sequence[Way], now: datetime) -> None:
    """Step by step, everybody's next one together, until all wait or are through. Sequences have no cycles."""
    while moving_on := [way for way in found if way.is_moving]:
        for kind in dict.fromkeys(type(way.step) for way in moving_on):
            DOERS[kind]([way for way in moving_on if type(way.step) is kind], now)


def _alone(pk: int, lease: UUID, now: datetime) -> int:
    """One enrollment in a transaction of its own; put off, longer each time, when it cannot be worked."""
    try:
        return retrying(lambda: work([pk], lease, now))
    except Exception as error:
        if is_blameless(error):
            raise
        log.error("enrollment_put_off", enrollment=pk, failure=describe(error))
        return _put_off(Enrollment.objects.filter(pk=pk, lease=lease).values_list("pk", flat=True), now)


def _put_off(ids: Iterable[int], now: datetime) -> int:
    """What cannot be worked, or has no graph that can be read, is looked at again, later each time."""
    rows = list(Enrollment.objects.filter(pk__in=list(ids)).values_list("pk", "attempts")) if ids else []
    for pk, tried in rows:
        later = now + PUT_OFF_FOR * 2 ** min(tried, MOST_PUT_OFF)
        changes = {"attempts": F("attempts") + 1, "lease": None, "leased_until": None}
        Enrollment.objects.filter(pk=pk).update(due_at=later, reason="error", **changes)
    return len(rows)
