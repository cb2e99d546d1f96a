"""Watching ingest: what looks wrong raises an alarm that says how to mend it, and is cleared when it is over."""

import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time

from django.conf import settings
from django.db import connection, transaction

from cdp.alarms.services import clear_alarm, clear_others, raise_alarm
from cdp.lib.clock import utc_now
from events.queries import counters, inbox_lag

LIVE_LATE_S, BULK_LATE_S = 60, 3600
STALLED_S = 300
SUMS_EVERY_S = 3600
QUARANTINE = "/admin/events/rejectedevent/"
INBOX = "/admin/events/inbox/?done_at__isempty=1"
COUNTERS = "/admin/events/counters/"
LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('events.watch'))"
_sums_due = [0.0]


def watch_slice() -> int:
    """Look once, by one process at a time; the counters are held against the requests once an hour. Always 0."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        if not cursor.fetchone()[0]:
            return 0
        now = utc_now()
        watch(now)
        if time.monotonic() >= _sums_due[0]:
            _sums_due[0] = time.monotonic() + SUMS_EVERY_S
            watch_sums(now)
    return 0


def watch(now: datetime) -> None:
    """Raise and clear what is cheap to ask: rejections, lateness, a standstill, silence."""
    _rejections(now)
    _lateness()
    _standstill()
    _silence(now)


def watch_sums(now: datetime) -> None:
    """Hold the counters of yesterday and today against the raw requests of these days, as far as they are kept."""
    days = 2 if settings.INBOX_KEEP_DAYS in (0, *range(3, 10_000)) else 1
    today = datetime.combine(now.astimezone(UTC).date(), clock_time(), UTC)
    found = counters.mismatches(today - timedelta(days=days - 1), today + timedelta(days=1))
    names = counters.names_of(one.source_id for one in found)
    standing = set()
    for one in found:
        key = f"{one.source_id}:{one.day}"
        standing.add(key)
        raise_alarm(
            "events.sums",
            key,
            f"The counters of {names[one.source_id]} on {one.day:%-d %B} say {one.counted:,} events received, its "
            f"requests hold {one.held:,}. Nothing is lost by this, but the figures are wrong: rows of the inbox or of "
            "the counters were changed by hand, or restored apart. Replay that day's requests to be sure that all is "
            "stored, and report it if nobody changed rows.",
            level="error",
            link=COUNTERS,
        )
    clear_others("events.sums", standing)


def _rejections(now: datetime) -> None:
    found = counters.much_rejected(now)
    names = counters.names_of(found)
    for source_id, (rejected, received) in found.items():
        raise_alarm(
            "events.rejected_share",
            str(source_id),
            f"{names[source_id]}: {rejected:,} of {received:,} events of the last hour went to quarantine "
            f"({rejected / received:.0%}). Open the quarantine, see the reason of the largest group, mend the tracker "
            "or the tracking plan, then replay the group: nothing is lost.",
            link=f"{QUARANTINE}?source_id={source_id}",
        )
    clear_others("events.rejected_share", {str(source_id) for source_id in found})


def _lateness() -> None:
    lag = inbox_lag()
    lanes = (("live", lag.oldest_live_age_s, LIVE_LATE_S), ("bulk", lag.oldest_bulk_age_s, BULK_LATE_S))
    for lane, age, limit in lanes:
        if age is None or age <= limit:
            clear_alarm("events.late", lane)
            continue
        what = "Live events" if lane == "live" else "Imports and replays"
        raise_alarm(
            "events.late",
            lane,
            f"{what} wait for {_words(age)} to be processed (more than {_words(limit)} is late). Nothing is lost. If "
            "it grows, more worker processes or cores are needed; System → Subscriptions shows where work piles up.",
            link=INBOX,
        )


def _standstill() -> None:
    found = counters.stalled()
    if found is None or found[0] <= STALLED_S or (found[1] is not None and found[1] <= STALLED_S):
        clear_alarm("events.stalled", "")
        return
    raise_alarm(
        "events.stalled",
        "",
        f"Requests have waited for {_words(found[0])}, and none was processed for five minutes. They are safe in the "
        "inbox. See in the log of the worker process why it fails (slice_failed), whether it runs at all, and whether "
        "the disk is full.",
        level="error",
        link=INBOX,
    )


def _silence(now: datetime) -> None:
    found = counters.fell_silent(now)
    names = counters.names_of(found)
    for source_id, last in found.items():
        since = f"since {last:%-d %B %H:%M} UTC" if last else "for days"
        raise_alarm(
            "events.silent",
            str(source_id),
            f"{names[source_id]} sent events every day of a week and has sent nothing {since}. See whether its tracker "
            "still loads and its write key is right; a source that is not needed any more is switched off on its page.",
            link=f"/admin/events/source/{source_id}/change/",
        )
    clear_others("events.silent", {str(source_id) for source_id in found})


def _words(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
