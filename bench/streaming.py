"""`./run bench streaming`: from the acceptance of an event until the membership it brings is committed, at 500 events a
second with 50 live segments of twelve kinds.

The pipeline is the product's: a Celery worker of two processes with every consumer of its queues, woken by the door
and by beat; the door is called in this process. What limits it is told by the CPU of the worker and of PostgreSQL.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from bench.crowd import build_lake, fill, save_segments
from bench.ground import ROOT, fresh_database, single, surroundings
from bench.report import report

PROBE = {"did": "Probe Sent", "count": {"gte": 1}, "within": {"days": 30}}
FOUND = """SELECT i.value FROM profiles_identifier AS i JOIN segments_membership AS m ON m.profile_id = i.profile_id
WHERE i.kind = 'user_id' AND i.value = ANY(%s) AND m.segment_id = %s AND m.left_at IS NULL"""
NAMES = ("Product Viewed", "Product Viewed", "Product Viewed", "page", "Product Added", "Order Completed")
BEHIND = "SELECT count(*) FROM segments_dirtyprofile"
WAITING = "SELECT count(*) FROM outbox_delivery WHERE done_at IS NULL AND parked_at IS NULL AND consumer = %s"


@contextmanager
def worker() -> Iterator[list[int]]:
    """The product's worker and beat on the benchmark's database; answers the ids of their processes."""
    celery = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "cdp.celery", "--quiet"]
    queues = ["--queues", "ingest,default,segments,mail", "--concurrency", "2", "--loglevel", "WARNING"]
    quick = ["--without-gossip", "--without-mingle", "--prefetch-multiplier", "1", "--hostname", f"b{os.getpid()}@%h"]
    folder = tempfile.mkdtemp(prefix="bench-beat-")
    programs = [
        subprocess.Popen([*celery, "worker", *queues, *quick], cwd=ROOT),
        subprocess.Popen([*celery, "beat", "--schedule", f"{folder}/beat", "--pidfile="], cwd=ROOT),
    ]
    try:
        yield [program.pid for program in programs]
    finally:
        for program in programs:
            program.terminate()
        for program in programs:
            with suppress(subprocess.TimeoutExpired):
                program.wait(10)
            program.kill()
        shutil.rmtree(folder, ignore_errors=True)


def cpu_s(pids: list[int]) -> float:
    """Seconds of CPU of these processes and their children, so far; 0 where there is no /proc."""
    total, ticks = 0.0, os.sysconf("SC_CLK_TCK")
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(folder.name) in pids or int(fields[1]) in pids:
                total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def backends_cpu_s(database: psycopg.Connection[Any]) -> float:
    """Seconds of CPU of PostgreSQL's processes for this database, so far; 0 where they are elsewhere."""
    rows = database.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()").fetchall()
    return cpu_s([row[0] for row in rows]) if rows else 0.0


def batch(dice: random.Random, people: int, number: int, size: int, probe: str) -> list[dict[str, Any]]:
    """Events of people there are, and one by which somebody new enters."""
    items: list[dict[str, Any]] = []
    for each in range(size - 1):
        name, product = dice.choice(NAMES), f"p{dice.randrange(5000)}"
        item: dict[str, Any] = {
            "type": "track",
            "event": name,
            "userId": f"user-{1 + int(people * dice.random() ** 2)}",
            "messageId": f"s-{number}-{each}",
            "properties": {"product_id": product, "category": f"Category {dice.randrange(40)}", "price": 19.99},
        }
        if name == "page":
            item |= {"type": "page", "name": "Category", "properties": {"url": "https://shop.example/c"}}
            del item["event"]
        if name == "Order Completed":
            lines = [{"product_id": product, "price": 19.99, "quantity": 2}]
            order = {"order_id": f"s-{number}-{each}", "revenue": 39.98, "currency": "EUR", "products": lines}
            item["properties"] = order
        items.append(item)
    return [*items, {"type": "track", "event": "Probe Sent", "userId": probe, "messageId": probe}]


def run(url: str, people: int, segment_id: int, rate: int, seconds: float, pids: list[int]) -> dict[str, Any]:
    """Send, look until every probe is in; what was found."""
    from events.contracts import SourceFacts
    from events.models import Source
    from events.services import accept
    from events.trust import trust_of

    made = Source.objects.create(name="bench", kind="server")
    source = SourceFacts(made.pk, "bench", "server", True, trust_of("server", (), ()))
    dice, sent, waits, number, most_dirty = random.Random(5), dict[str, float](), list[float](), 0, 0
    with psycopg.connect(url, autocommit=True) as database:

        def look() -> None:
            if sent:
                rows = database.execute(FOUND, [list(sent), segment_id]).fetchall()
                now = time.perf_counter()
                waits.extend(now - sent.pop(value) for (value,) in rows)

        def send(probe: str) -> None:
            items = batch(dice, people, number, rate // 25, probe)
            accept(source, json.dumps({"batch": items}).encode(), path_type="batch")
            sent[probe] = time.perf_counter()

        send("warm")  # the workers start, and compile what they ask
        until = time.perf_counter() + 120
        while sent and time.perf_counter() < until:
            look()
            time.sleep(0.05)
        waits.clear()
        before = cpu_s(pids), backends_cpu_s(database)
        started = time.perf_counter()
        while time.perf_counter() - started < seconds:
            due = started + (number + 1) * 0.04
            number += 1
            send(f"probe-{number}")
            if number % 25 == 0:
                most_dirty = max(most_dirty, single(database, BEHIND))
            look()
            while (left := due - time.perf_counter()) > 0:
                time.sleep(min(left, 0.01))
                look()
        spent = time.perf_counter() - started
        after = cpu_s(pids), backends_cpu_s(database)
        until = time.perf_counter() + 60
        while sent and time.perf_counter() < until:
            look()
            time.sleep(0.01)
        waits += [60.0] * len(sent)
    shares = [(now - then) / spent for then, now in zip(before, after, strict=True)]
    return {"waits": sorted(waits), "rate": number * (rate // 25) / spent, "dirty": most_dirty, "cpu": shares}


def main() -> None:
    """Fill, make segments true, send, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000, help="stored before")
    parser.add_argument("--segments", type=int, default=50)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    people = max(1_000, options.events // 25)
    folder = tempfile.mkdtemp(prefix="bench-streaming-")
    os.environ |= {"LAKE_URL": f"{folder}/lake", "VAR_DIR": folder, "RETENTION_HOUR": "-1", "SEGMENT_AUDIT_HOUR": "-1"}
    try:
        with fresh_database() as url:
            around = surroundings()
            fill(url, options.events, people)
            import django

            django.setup()
            from django.conf import settings
            from django.db import connection

            from cdp.jobs.models import Job
            from segments.contracts import SegmentDraft
            from segments.services import recompute, save_segment

            settings.OUTBOX_WAKES = False
            build_lake()
            ids = save_segments(options.segments - 1)
            ids.append(save_segment(SegmentDraft("probes", "Probes", PROBE)).segment_id)
            for pk in ids:
                recompute(pk)
            Job.objects.all().delete()
            settings.OUTBOX_WAKES = True
            with worker() as pids:
                found = run(url, people, ids[-1], options.rate, options.seconds, pids)
            connection.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _print(options, people, found, around)


def _print(options: Any, people: int, found: dict[str, Any], around: str) -> None:
    waits = found["waits"]
    p99, median = (waits[min(len(waits) - 1, int(len(waits) * part))] * 1000 for part in (0.99, 0.5))
    python, postgres = found["cpu"]
    size = f"{options.segments} live segments of 12 kinds, {people:,} people with {options.events:,} events before"
    pace = f"{options.rate} events/s asked for, {found['rate']:.0f}/s sent; {len(waits)} probes by new people"
    slow = f"median {median:.0f} ms, slowest {waits[-1] * 1000:.0f} ms; at most {found['dirty']:,} people waited"
    cost = f"the worker's two processes took {python:.2f} cores, PostgreSQL {postgres:.2f}"
    note = f"{size}; {pace}, {slow}; {cost}; {around}"
    report("streaming", "event_to_membership_p99_ms", p99, "ms", goal=2000, note=note)


if __name__ == "__main__":
    main()
