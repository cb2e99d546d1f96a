"""Turns: days in traits, turns of schedules and news of products, for many people at once and each in their own zone.

A run is noted once an occasion; a slice works one batch of people of one run in one transaction, so a crash repeats a
batch at most, and whom it let in is known. A pass asks who is due at its instant; another follows when the next zone's
clock shows the hour. What was missed for more than twelve hours is let go.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Case, When

from automation.contracts import Entry
from automation.graph import BackInStock, DateTrait, PriceDrop, Schedule
from automation.models import Journey, TriggerRun
from automation.queries.versions import graph_of, running
from automation.services.triggers import from_products
from automation.services.triggers.entering import enter
from automation.services.triggers.runs import BATCH, Batch, open_runs
from automation.triggers import days, occasions
from automation.triggers.freshness import MISSED
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import is_blameless, retrying
from cdp.lib.failures import describe
from mailing.queries.people import Whom, people
from profiles import queries as profiles
from segments.queries.in_turn import members_after

KEPT = timedelta(days=90)
EARLIER = timedelta(minutes=1)
AT_ONCE = 4
"""So many times more people a batch where each batch asks about everybody who wanted a product."""
PUT_OFF_FOR = timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(days=2)
NEWS = (TriggerRun.Kind.BACK_IN_STOCK.value, TriggerRun.Kind.PRICE_DROP.value)
log = structlog.get_logger(__name__)


def turn_slice(*, now: datetime | None = None, limit: int = BATCH) -> int:
    """Note the occasions that have begun, and work one batch of the run that is due longest. How many it looked at."""
    now = now or utc_now()
    _note(now)
    return retrying(lambda: _work(now, limit))


@transaction.atomic
def _note(now: datetime) -> None:
    """A run for each day or turn whose hour has come somewhere in the world, and is not over everywhere for long."""
    runs = []
    for journey, graph in running():
        trigger = graph.trigger
        if isinstance(trigger, DateTrait | Schedule):
            for day in days.days_about(now, MISSED):
                begins, ends = days.begins(day, trigger.at), days.ends(day, trigger.at)
                if begins <= now < ends + MISSED and _falls_on(trigger, day):
                    name = f"{trigger.on}:{day:%Y%m%d}"
                    facts = {"day": day.isoformat()}
                    runs.append(TriggerRun(journey=journey, occasion=name, kind=trigger.on, facts=facts, due_at=begins))
    open_runs(runs)


def _falls_on(trigger: DateTrait | Schedule, day: date) -> bool:
    return isinstance(trigger, DateTrait) or days.falls_on(day, trigger.every, trigger.weekday, trigger.day)


@transaction.atomic
def _work(now: datetime, limit: int) -> int:
    # Days and turns keep to a clock: thousands of products that became cheaper at once do not hold them up.
    is_news = Case(When(kind__in=NEWS, then=True), default=False)
    due = TriggerRun.objects.filter(done_at__isnull=True, due_at__lte=now).order_by(is_news, "due_at", "pk")
    run = due.select_for_update(skip_locked=True, of=("self",)).select_related("journey__version").first()
    if run is None:
        TriggerRun.objects.filter(done_at__lt=now - KEPT).delete()
        return 0
    run.pass_at = run.pass_at or now
    try:
        with transaction.atomic():
            found = _batch(run, limit)
            run.entered += enter(run.journey, found.entries, now)
    except Exception as error:
        if is_blameless(error):
            raise
        return _put_off(run, error, now)
    if found.next_at is not None:
        run.next_at = min(found.next_at, run.next_at or found.next_at)
    if found.last is not None:
        run.cursor = str(found.last)
    else:
        _end_pass(run, now)
    run.save()
    return max(1, found.looked_at)


def _put_off(run: TriggerRun, error: Exception, now: datetime) -> int:
    """One that cannot be worked stops no other, and is given up once nobody would want it any more."""
    log.error("trigger_run_put_off", run=run.pk, occasion=run.occasion, failure=describe(error))
    is_old = run.created_at < now - GIVEN_UP_AFTER
    TriggerRun.objects.filter(pk=run.pk).update(due_at=now + PUT_OFF_FOR, done_at=now if is_old else None)
    return 1


def _end_pass(run: TriggerRun, now: datetime) -> None:
    """The pass has met everybody: the next begins with the next hour to come, or the run is over."""
    if run.next_at is None:
        run.done_at = now
    else:
        run.due_at, run.passed_at = run.next_at, run.pass_at
    run.cursor, run.pass_at, run.next_at = "", None, None


def _batch(run: TriggerRun, limit: int) -> Batch:
    """Of a journey that is not live, or is about something else by now, nobody."""
    graph = graph_of(run.journey) if run.journey.state == Journey.State.LIVE else None
    trigger = graph.trigger if graph is not None else None
    if trigger is None or trigger.on != run.kind:
        return Batch()
    if isinstance(trigger, BackInStock | PriceDrop):
        return from_products.batch(run, trigger, limit * AT_ONCE)
    if isinstance(trigger, DateTrait):
        return _of_trait(run, trigger, limit)
    return _of_schedule(run, trigger, limit) if isinstance(trigger, Schedule) else Batch()


def _of_trait(run: TriggerRun, trigger: DateTrait, limit: int) -> Batch:
    day = date.fromisoformat(run.facts["day"])
    target = day + timedelta(days=trigger.days_before)
    after, zone = _after(run), str(settings.COMPANY_TIME_ZONE)
    rows = profiles.with_trait(trigger.trait, days.written_as(target), after, limit)
    theirs = [one for one, value in rows if (told := days.day_in(value, zone)) and _is_theirs(told, target, trigger)]
    return _due_now(
        run,
        trigger,
        theirs,
        looked_at=len(rows),
        last=rows[-1][0] if len(rows) == limit else None,
    )


def _is_theirs(told: date, target: date, trigger: DateTrait) -> bool:
    return days.comes_on(told, target, annual=trigger.annual)


def _of_schedule(run: TriggerRun, trigger: Schedule, limit: int) -> Batch:
    members = members_after(trigger.segment, _after(run), limit)
    last = members[-1] if len(members) == limit else None
    return _due_now(run, trigger, members, looked_at=len(members), last=last)


def _due_now(
    run: TriggerRun, trigger: DateTrait | Schedule, profile_ids: list[UUID], *, looked_at: int, last: UUID | None
) -> Batch:
    """Those whose own clock came to the hour since the pass before; of the others, when the first one's will."""
    day = date.fromisoformat(run.facts["day"])
    pass_at = run.pass_at or run.due_at
    since = _since(run, pass_at)
    hanging = sorted(profiles.strongest_of(profile_ids).items())
    asked = people([Whom(pk) for _, pk in hanging])
    entries, later = [], []
    for (profile_id, identifier_id), person in zip(hanging, asked, strict=True):
        at = days.instant_of(day, trigger.at, person.zone)
        if since < at <= pass_at:
            entries.append(Entry(identifier_id, _occasion(trigger, day, profile_id), {"day": day.isoformat()}, at=at))
        elif at > pass_at:
            later.append(at)
    return Batch(entries, looked_at, last, min(later, default=None))


def _since(run: TriggerRun, pass_at: datetime) -> datetime:
    """Hours until this are over: of the pass before, missed for too long, or from before it was published."""
    version = run.journey.version
    known = [pass_at - MISSED, run.passed_at, version.published_at - EARLIER if version is not None else None]
    return max(at for at in known if at is not None)


def _occasion(trigger: DateTrait | Schedule, day: date, profile_id: UUID) -> str:
    if isinstance(trigger, DateTrait):
        return occasions.of_day(trigger.trait, day, profile_id)
    return occasions.of_turn(day, profile_id)


def _after(run: TriggerRun) -> UUID | None:
    return UUID(run.cursor) if run.cursor else None
