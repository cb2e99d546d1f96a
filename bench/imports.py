"""`./run bench imports`: a million rows of people, and of events, from a CSV file to the inbox and until processed.

The importing process is measured alone (rows a second, its peak memory for a tenth of the rows and for all), while two
workers process what it sends, as in the product. The import pauses while too many requests wait, so both end together.
"""

import argparse
import csv
import multiprocessing
import os
import random
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.ground import fresh_database, single, surroundings
from bench.process import work
from bench.report import report

GOAL_S = 300
NAMES = ("Anna", "Bert", "Carla", "David", "Jürgen", "Zoë")


def write_people(path: Path, rows: int) -> None:
    """Customers as a shop exports them: number, address, names, city, amount, flag, date."""
    dice = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(["Kundennummer", "E-Mail", "Vorname", "Nachname", "Stadt", "Umsatz", "Newsletter", "Geburtsdatum"])
        for n in range(1, rows + 1):
            amount = f"{dice.randrange(5000)},{dice.randrange(100):02d}"
            born = f"{dice.randrange(1, 29):02d}.{dice.randrange(1, 13):02d}.{dice.randrange(1940, 2005)}"
            row = [f"K{n}", f"person{n}@example.com", dice.choice(NAMES), f"Muster{n % 5000}", "Berlin", amount]
            out.writerow([*row, dice.choice(("ja", "nein")), born])


def write_events(path: Path, rows: int) -> None:
    """Events of a twentieth as many people, in the order of time."""
    dice = random.Random(2)
    start = datetime.now(UTC) - timedelta(days=300)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["user_id", "event", "time", "product_id", "price", "store"])
        for n in range(rows):
            at = start + timedelta(seconds=n * 20)
            who, product = dice.randrange(rows // 20 + 1) + 1, dice.randrange(2000)
            out.writerow([f"K{who}", "Store Visited", f"{at:%Y-%m-%d %H:%M:%S}", f"p{product}", "19.99", "Berlin"])


def import_file(path: str, kind: str, found: Any) -> None:
    """In a process of its own: take the file, import it; tells seconds and the process's peak memory."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "cdp.settings"
    import django

    django.setup()
    from django.conf import settings

    settings.OUTBOX_WAKES = False
    from cdp.jobs import services as jobs
    from imports import services

    started = time.perf_counter()
    with Path(path).open("rb") as file:
        kept = services.keep(iter(lambda: file.read(2**20), b""))
    job = services.draft(kept, kind=kind, name="bench.csv")
    services.start_run(job)
    taken = time.perf_counter()
    assert job.job_id is not None
    jobs.run_now(job.job_id)
    ended = time.perf_counter()
    job.refresh_from_db()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found.put((job.state, job.sent, job.rejected, taken - started, ended - taken, peak))


def measure(kind: str, rows: int, folder: Path, *, workers: int) -> tuple[float, float, float]:
    """(seconds the import took, seconds until all was processed, peak MB of the importing process)."""
    path = folder / f"{kind}-{rows}.csv"
    (write_people if kind == "people" else write_events)(path, rows)
    context = multiprocessing.get_context("spawn")
    with fresh_database() as url:
        os.environ["IMPORTS_DIR"] = str(folder / "imports")
        os.environ["IMPORT_MAX_WAITING"] = "200" if workers else "100000"
        found: Any = context.Queue()
        pool = [context.Process(target=work, args=(False, time.time() + 3600, "")) for _ in range(workers)]
        for process in pool:
            process.start()
        time.sleep(2 if workers else 0)
        started = time.perf_counter()
        importer = context.Process(target=import_file, args=(str(path), kind, found))
        importer.start()
        state, sent, rejected, _, seconds, peak = found.get()
        importer.join()
        if (state, sent, rejected) != ("done", rows, 0):
            raise SystemExit(f"bench: {state}, {sent} sent, {rejected} rejected of {rows}")
        until = _until_processed(url, rows, started) if workers else 0.0
        for process in pool:
            process.terminate()
            process.join()
    path.unlink()
    return seconds, until, peak


def _until_processed(url: str, rows: int, started: float) -> float:
    with psycopg.connect(url, autocommit=True) as database:
        while single(database, "SELECT EXISTS (SELECT FROM events_inbox WHERE done_at IS NULL)"):
            time.sleep(0.1)
        until = time.perf_counter() - started
        stored = single(database, "SELECT count(*) FROM events_event")
    if stored != rows:
        raise SystemExit(f"bench: {stored} of {rows} events were stored")
    return until


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kind", choices=("people", "events"), action="append")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for kind in options.kind or ("people", "events"):
            tenth = measure(kind, options.rows // 10, Path(name), workers=0)
            alone = measure(kind, options.rows, Path(name), workers=0)
            beside = measure(kind, options.rows, Path(name), workers=options.workers)
            note = f"{options.rows} rows of {kind} as CSV; {surroundings()}"
            report("imports", f"{kind}_recorded_per_s", options.rows / alone[0], "rows/s", note=f"alone; {note}")
            with_workers = f"with {options.workers} workers; {note}"
            report("imports", f"{kind}_processed_s", beside[1], "s", goal=GOAL_S, note=with_workers)
            growth = f"peak of the importing process; {tenth[2]:.0f} MB with a tenth of the rows; {note}"
            report("imports", f"{kind}_peak_mb", alone[2], "MB", goal=tenth[2] * 1.2, note=growth)


if __name__ == "__main__":
    main()
