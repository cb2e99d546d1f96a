"""Health: `live` says the process answers, `ready` whether it can serve and how far work is behind."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from automation import queries as automation
from cdp.alarms import queries as alarms
from cdp.outbox import queries as outbox
from events import queries as events
from lake import queries as lake


@dataclass(frozen=True, slots=True)
class Age:
    """The age of the oldest row that waits, and the age from which it counts as late."""

    name: str
    measure: Callable[[], float | None]
    late_after_s: float


def _age_by(statement: str) -> Callable[[], float | None]:
    def measure() -> float | None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT extract(epoch FROM statement_timestamp() - ({statement}))")  # noqa: S608  # constants
            age = cursor.fetchone()[0]
        return None if age is None else max(0.0, float(age))

    return measure


# A paused journey keeps what it has for later: that is not late, nor is what staff stopped.
DUE = (
    "SELECT min(due_at) FROM automation_enrollment WHERE state IN ('armed', 'waiting')"
    " AND journey_id IN (SELECT id FROM automation_journey WHERE state = 'live')"
    " AND NOT EXISTS (SELECT FROM mailing_policy WHERE stopped_at IS NOT NULL)"
)
# Campaigns take their time, and what staff stopped is not late either.
QUEUED = (
    "SELECT min(greatest(queued_at, not_before_at)) FROM mailing_message WHERE state = 'queued'"
    " AND (lane = 0 OR lane = 1 AND NOT EXISTS (SELECT FROM mailing_policy WHERE stopped_at IS NOT NULL))"
)
AGES: tuple[Age, ...] = (
    Age("inbox", lambda: events.inbox_lag().oldest_live_age_s, 60),
    Age("imports", lambda: events.inbox_lag().oldest_bulk_age_s, 3600),
    Age("deliveries", outbox.oldest_open_age_s, 60),
    Age("enrollments", _age_by(DUE), 300),
    Age("messages", _age_by(QUEUED), 900),
    Age("segments", _age_by("SELECT min(marked_at) FROM segments_dirtyprofile"), 60),
    Age("lake", lake.lag_s, 2 * settings.LAKE_FLUSH_S + 60),
    Age("jobs", _age_by("SELECT min(heartbeat_at) FROM jobs_job WHERE state = 'running'"), 120),
)


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 while the process answers; touches nothing."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 `ok`, or `late` with the ages that are; 503 with the reason when the database is away.

    Given-up deliveries through which an order may have to pass hold every mail about a cart back: `mail` is late.
    The Redis-compatible server is no store: without it work waits for beat's ticks, so it only makes the answer `late`.
    """
    try:
        ages = {age.name: (age.measure(), age.late_after_s) for age in AGES}
        parked, held_by = outbox.parked_count(), automation.parked_before_mail()
        alarms_open = alarms.open_counts()
    except Error as error:
        reason = f"the database cannot be asked ({type(error).__name__})"
        away = {"status": "unavailable", "reason": reason, "database": "away"}
        return JsonResponse(away, status=503, headers={"Retry-After": "5"})
    late = [name for name, (age, limit) in ages.items() if age is not None and age > limit]
    if held_by:
        late.append("mail")
    broker = _redis_state()
    body = {
        "status": "late" if late or broker != "ok" else "ok",
        "database": "ok",
        "redis": broker,
        "late": late,
        "oldest_waiting_s": {name: None if age is None else round(age, 3) for name, (age, _) in ages.items()},
        "late_after_s": {name: limit for name, (_, limit) in ages.items()},
        "deliveries_parked": parked,
        "mail_held_by_parked": held_by,
        "alarms_open": alarms_open,
    }
    return JsonResponse(body)


def _redis_state() -> str:
    try:
        _client(settings.REDIS_URL).ping()
    except (redis.RedisError, OSError):
        return "away"
    return "ok"


@cache
def _client(url: str) -> Any:
    return redis.Redis.from_url(url, socket_connect_timeout=0.3, socket_timeout=0.5)
