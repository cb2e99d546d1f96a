"""`./run bench expire`: how fast answers are worked off that become due at one instant, as at midnight.

Everybody did something today, so the window "today" ends for all of them at once. One process calls what the worker
calls; the clock is moved, not waited for.
"""

import argparse
import os
import shutil
import tempfile
import time
from datetime import timedelta

import psycopg

from bench.crowd import build_lake
from bench.ground import fresh_database, surroundings
from bench.lake import fill
from bench.report import report

RULES = {
    "today": {"did": "*", "within": {"calendar": "today"}},
    "not-today": {"all": [{"did": "*"}, {"not": {"in_segment": "today"}}]},
}
TODAY = "UPDATE events_event SET occurred_at = now() - interval '1 minute'"


def main() -> None:
    """Fill, make everybody due, let midnight pass, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="bench-expire-")
    os.environ["LAKE_URL"] = f"{folder}/lake"
    try:
        with fresh_database() as url:
            around = surroundings()
            fill(url, options.people * 2, options.people)
            with psycopg.connect(url, autocommit=True) as database:
                database.execute(TODAY)
                database.execute("VACUUM ANALYZE events_event")
            due, seconds, left = expire()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    note = f"{due:,} answers due at one instant, of two segments, one using the other; {left:,} left; one process"
    report("expire", "due_at_once_s", seconds, "s", goal=300, note=f"{note}; {around}")
    report("expire", "due_per_s", due / seconds, "answers/s", note="the same run")


def expire() -> tuple[int, float, int]:
    """Answers due, seconds until none is, memberships closed."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from cdp.lib.clock import utc_now
    from segments.contracts import SegmentDraft
    from segments.models import DueAnswer, Membership
    from segments.services import expire_slice, recompute, save_segment

    settings.OUTBOX_WAKES = False
    build_lake()
    for pk in [save_segment(SegmentDraft(slug, slug, rule)).segment_id for slug, rule in RULES.items()]:
        recompute(pk)
    tomorrow = utc_now() + timedelta(days=1)
    due = DueAnswer.objects.filter(due_at__lte=tomorrow).count()
    started = time.perf_counter()
    while expire_slice(now=tomorrow):
        pass
    seconds = time.perf_counter() - started
    left = Membership.objects.filter(left_at__isnull=False).count()
    connection.close()
    return due, seconds, left


if __name__ == "__main__":
    main()
