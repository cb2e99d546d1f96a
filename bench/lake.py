"""`./run bench lake`: rebuild of 5 M events with their people, bytes an event, verification; then how far the projector
is behind at 2,000 events/s, and what it costs.

Rows are generated in PostgreSQL itself: this measures the lake, not the pipeline before it.
"""

import argparse
import multiprocessing
import os
import resource
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from bench.ground import fresh_database, surroundings
from bench.report import report

PEOPLE = (
    """
INSERT INTO profiles_profile (id, traits, counters, event_count, is_shared)
SELECT md5('profile' || n)::uuid, jsonb_build_object(
    'plan', jsonb_build_array((array['free', 'silver', 'gold'])[1 + mod(n, 3)], 1767225600000000, 'aa'),
    'age', jsonb_build_array(18 + mod(n, 60), 1767225600000000, 'aa'),
    'city', jsonb_build_array('City ' || mod(n, 500), 1767225600000000, 'aa'),
    'newsletter', jsonb_build_array(mod(n, 2) = 0, 1767225600000000, 'aa')),
  '{}', 0, FALSE
FROM generate_series(%(first)s::int, %(last)s::int) AS n""",
    """
INSERT INTO profiles_identifier (kind, value, first_seen_at, minted_id, profile_id)
SELECT 'user_id', 'user-' || n, timestamptz '2026-01-01', md5('profile' || n)::uuid, md5('profile' || n)::uuid
FROM generate_series(%(first)s::int, %(last)s::int) AS n
""",
)
# Ids run on, people are drawn with repetition, times spread over 90 days; a page is half as common as a product view.
EVENTS = """
INSERT INTO events_event (id, source_id, inbox_id, index, message_hash, type, name, identifier_id, server_side,
  occurred_at, received_at, flags, cart_id, order_id, properties, context)
SELECT n, 1, n / 100, mod(n, 100), decode(md5(n::text), 'hex'), 'track', name,
  1 + mod(hashint8(n)::bigint & 2147483647, %(people)s), FALSE, at, at, '{}',
  CASE WHEN name IN ('Product Added', 'Order Completed') THEN 'cart-' || n / 7 END,
  CASE WHEN name = 'Order Completed' THEN 'order-' || n END,
  CASE WHEN name = 'page' THEN
    jsonb_build_object('url', 'https://shop.example/c/' || mod(n, 300), 'path', '/c/' || mod(n, 300))
  WHEN name = 'Order Completed' THEN jsonb_build_object('order_id', 'order-' || n, 'revenue', 39.98, 'currency', 'EUR',
    'products', jsonb_build_array(jsonb_build_object('product_id', 'p' || mod(n, 5000), 'price', 19.99, 'quantity', 2)))
  ELSE jsonb_build_object('product_id', 'p' || mod(n, 5000), 'name', 'Product ' || mod(n, 5000),
    'category', 'Category ' || mod(n, 40), 'brand', 'Brand ' || mod(n, 90), 'price', 5 + mod(n, 200) + 0.99,
    'quantity', 1, 'currency', 'EUR') END,
  '{"library": {"name": "bench", "version": "1"}, "channel": "web"}'
FROM (
  SELECT n, (array['Product Viewed', 'Product Viewed', 'Product Viewed', 'Product Viewed', 'page', 'page',
      'Product Added', 'Product List Viewed', 'Quiz Answered', 'Order Completed'])[1 + mod(n, 10)] AS name,
    now() - interval '90 days' * (1 - least(1, n / %(events)s::float)) AS at
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
) AS made
"""
SLICE = 250_000


def fill(url: str, events: int, people: int) -> None:
    """People, and their events, in slices: one transaction each, as processing would."""
    with psycopg.connect(url, autocommit=True) as database:
        for first in range(1, people + 1, SLICE):
            for statement in PEOPLE:
                database.execute(statement, {"first": first, "last": min(people, first + SLICE - 1)})
        for first in range(1, events + 1, SLICE):
            bounds = {"first": first, "last": min(events, first + SLICE - 1), "people": people, "events": events}
            database.execute(EVENTS, bounds)
        database.execute("VACUUM ANALYZE events_event, profiles_identifier, profiles_profile")


def start_django() -> None:
    """Django on the benchmark's database and folder."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "cdp.settings"
    django.setup()


def rebuild_all(answers: Any) -> None:
    """In a process of its own: seconds by table, its peak of memory, rows and bytes; then seconds of a verification."""
    start_django()
    from lake import services
    from lake.queries import status
    from lake.registry import projections

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = {}
    for projection in projections():
        started = time.perf_counter()
        services.rebuild(projection)
        seconds[projection.name] = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    verdicts = [services.verify(projection) for projection in projections()]
    verified = time.perf_counter() - started
    if unclean := [str(verdict) for verdict in verdicts if not verdict.is_clean]:
        raise SystemExit(f"bench: {unclean}")
    tables = {one.name: (one.rows, one.size, one.files) for one in status()}
    answers.put((seconds, before / 1024, peak / 1024, verified, tables))


def project_on(stop_at: float, every_s: float, answers: Any) -> None:
    """In a process of its own: the projector as beat wakes it. Commits as (time, watermark); its seconds of CPU."""
    start_django()
    from lake import services
    from lake.models import LakeTable
    from lake.registry import projection
    from lake.store import Table

    events = projection("events")
    cpu = time.process_time()
    commits: list[tuple[float, int]] = []
    while time.time() < stop_at:
        if services.project_slice():
            generation = LakeTable.objects.get(name="events").generation
            mark = Table(events, generation).version().watermark or 0
            commits.append((time.time(), mark))
        time.sleep(every_s)
    answers.put((commits, time.process_time() - cpu))


def send(url: str, first: int, rate: int, seconds: float, people: int) -> list[tuple[float, int, int]]:
    """Events at `rate` a second in ten transactions a second; each as (time of commit, transaction, events)."""
    sent: list[tuple[float, int, int]] = []
    with psycopg.connect(url) as database:
        number, started = first, time.perf_counter()
        for tick in range(int(seconds * 10)):
            wait = started + tick / 10 - time.perf_counter()
            time.sleep(max(0.0, wait))
            size = rate // 10
            bounds = {"first": number, "last": number + size - 1, "people": people, "events": 1}
            database.execute(EVENTS, bounds)
            found = database.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
            database.commit()
            assert found is not None
            sent.append((time.time(), found[0], size))
            number += size
    return sent


def measure_rebuild(events: int, people: int, context: Any) -> None:
    """rebuild_s, rebuild_peak_mb, bytes_an_event, verify_s."""
    answers = context.Queue()
    process = context.Process(target=rebuild_all, args=(answers,))
    process.start()
    seconds, before, peak, verified, tables = answers.get()
    process.join()
    rows, size, files = tables["events"]
    note = f"{events:,} events, {people:,} identifiers and profiles; {surroundings()}"
    parts = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items() if value > 0.5)
    report("lake", "rebuild_s", sum(seconds.values()), "s", note=f"{parts}; {note}")
    report("lake", "rebuild_rows_per_s", rows / seconds["events"], "events/s", note=note)
    report("lake", "rebuild_peak_mb", peak, "MB", note=f"{before:.0f} MB before it began; {note}")
    report("lake", "bytes_an_event", size / rows, "bytes", note=f"{files} files, zstd, with the raw JSON; {note}")
    report("lake", "verify_s", verified, "s", note=f"every value of every row; {note}")


def measure_lag(url: str, first: int, people: int, options: Any, context: Any) -> None:
    """projection_lag_p99_s and projector_cpu at `rate` events a second."""
    answers = context.Queue()
    stop_at = time.time() + options.seconds + options.flush_s + 20
    process = context.Process(target=project_on, args=(stop_at, options.every, answers))
    process.start()
    time.sleep(3)
    found: list[list[tuple[float, int, int]]] = []
    sender = threading.Thread(
        target=lambda: found.append(send(url, first, options.rate, options.seconds, people)), daemon=True
    )
    sender.start()
    sender.join()
    commits, cpu_s = answers.get()
    process.join()
    lags: list[float] = []
    for at, xid, size in found[0]:
        landed = next((commit for commit, mark in commits if mark > xid), None)
        lags += [float("inf") if landed is None else landed - at] * size
    lags.sort()
    p99, median = lags[int(len(lags) * 0.99)], lags[len(lags) // 2]
    sent_s = found[0][-1][0] - found[0][0][0]
    note = (
        f"{options.rate} events/s asked for, {len(lags) / sent_s:,.0f}/s sent for {sent_s:.0f} s, until in the files; "
        f"flush at {options.flush_rows:,} rows or {options.flush_s} s, projector woken every {options.every:g} s; "
        f"median {median:.1f} s, {len(commits)} commits; queries see them at once; {surroundings()}"
    )
    report("lake", "projection_lag_p99_s", p99, "s", note=note)
    report("lake", "projector_cpu_share", 100 * cpu_s / sent_s, "% of a core", note=note)


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--people", type=int, help="default: a sixteenth of the events")
    parser.add_argument("--rate", type=int, default=2000, help="events a second while the lag is measured")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--flush-rows", type=int, default=50_000)
    parser.add_argument("--flush-s", type=int, default=30)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between wakes of the projector")
    parser.add_argument("--only", choices=("rebuild", "lag"))
    options = parser.parse_args()
    people = options.people or max(1, options.events // 16)
    context = multiprocessing.get_context("spawn")
    folder = Path(tempfile.mkdtemp(prefix="lake-", dir=os.environ.get("VAR_DIR")))
    os.environ |= {
        "LAKE_URL": str(folder),
        "LAKE_FLUSH_ROWS": str(options.flush_rows),
        "LAKE_FLUSH_S": str(options.flush_s),
    }
    try:
        with fresh_database() as url:
            events = options.events if options.only != "lag" else 1000
            fill(url, events, people)
            measure_rebuild(events, people, context)
            if options.only != "rebuild":
                measure_lag(url, events + 1, people, options, context)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
