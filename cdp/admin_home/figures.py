"""How fresh everything is, and how much there is: cheap at 3 M people and 50 M events (no count over a big table)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Sum

from cdp.outbox.queries import parked_count
from events import queries as events
from events.models import SourceDay
from lake import queries as lake
from profiles.models import Profile
from recommendations.models import ModelRun
from segments.models import Segment

EXACT_UP_TO = 10_000
LAKE_LATE_S = 3_600


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: what, how much, what it means, and the page behind it (`query` narrows it). `alarm`: needs a look."""

    title: str
    value: str
    note: str
    model: str
    alarm: bool = False
    query: str = ""


def home_figures(now: datetime) -> list[Figure]:
    """All lines in reading order; the caller drops those whose page the reader may not open."""
    cards = [_waiting(), _quarantined(now), _lake(), _model(now), _people(), _segments()]
    return [*cards, *_parked()]


def _people() -> Figure:
    known = Profile.objects.values("pk")[: EXACT_UP_TO + 1].count()
    if known <= EXACT_UP_TO:
        return Figure("People", f"{known:,}", "profiles known", "profiles.profile")
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [Profile._meta.db_table])
        estimate = max(cursor.fetchone()[0], EXACT_UP_TO)
    return Figure("People", f"≈ {estimate:,}", "profiles known, by the database's estimate", "profiles.profile")


def _day(now: datetime, days_ago: int, column: str) -> int:
    day = (now - timedelta(days=days_ago)).date()
    return SourceDay.objects.filter(day=day).aggregate(total=Sum(column))["total"] or 0


def _waiting() -> Figure:
    lag = events.inbox_lag()
    if not lag.waiting or lag.oldest_age_s is None:
        return Figure("Processing", "up to date", "everything received has been processed", "events.inbox")
    note = f"the oldest request has waited {lag.oldest_age_s:,.0f} s to be processed"
    return Figure(
        "Processing", f"{lag.waiting:,} waiting", note, "events.inbox", alarm=(lag.oldest_live_age_s or 0) > 60
    )


def _quarantined(now: datetime) -> Figure:
    count = _day(now, 0, "rejected")
    note = f"events set aside since midnight UTC; {_day(now, 1, 'rejected'):,} yesterday"
    return Figure("Quarantine", f"{count:,} today", note, "events.rejectedevent", alarm=count > 0)


def _lake() -> Figure:
    lag = lake.lag_s()
    if lag is None:
        return Figure("Lake", "up to date", "no change waits to be written to its files", "outbox.delivery")
    note = "age of the oldest change that its files lack; answers read it from the tail and are exact as of now"
    return Figure("Lake", f"{lag:,.0f} s behind", note, "outbox.delivery", alarm=lag > LAKE_LATE_S)


def _parked() -> list[Figure]:
    count = parked_count()
    if not count:
        return []
    note = "deliveries given up after repeated failures: mend the cause, then try them again"
    narrowed = "?parked_at__isempty=0&done_at__isempty=1"
    return [Figure("Parked", f"{count:,}", note, "outbox.delivery", alarm=True, query=narrowed)]


def _segments() -> Figure:
    live = Segment.objects.named().filter(state=Segment.State.LIVE).count()
    return Figure("Live segments", f"{live:,}", "kept up to date with every event", "segments.segment")


def _model(now: datetime) -> Figure:
    run = ModelRun.objects.filter(is_live=True).first()
    if run is None:
        return Figure(
            "Recommendations", "popular", "no model is live yet: the popular list is served", "recommendations.modelrun"
        )
    age = (now - run.created_at).days
    note = f"learned from {run.interactions:,} purchases and views; {run.verdict}".rstrip("; ")
    return Figure("Recommendations", _age(age), note, "recommendations.modelrun", alarm=age > 7)


def _age(days: int) -> str:
    return "trained today" if days == 0 else "1 day old" if days == 1 else f"{days} days old"
