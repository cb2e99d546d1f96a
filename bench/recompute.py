"""`./run bench recompute`: segments of mixed kinds recomputed over everybody: first all of them from nothing, then once
more with everybody where they belong. Seconds, and the most memory of the process that does it.

The job is the product's (`segments.recompute_all`), run in a process of its own as worker-ml would.
"""

import argparse
import multiprocessing
import os
import shutil
import tempfile
import time
from typing import Any

from bench.crowd import build_lake, fill, save_segments
from bench.ground import fresh_database, surroundings
from bench.report import report


def prepare() -> None:
    """In a process of its own, since writing files takes memory of its own: the lake."""
    import django

    django.setup()
    build_lake()


def work(segments: int, told: Any) -> None:
    """In a process of its own: the segments, both recomputations."""
    import django

    django.setup()
    from django.conf import settings

    settings.OUTBOX_WAKES = False
    from cdp.jobs.models import Job
    from cdp.jobs.services import run_now
    from segments.models import Membership
    from segments.services.recomputing_all import peak_mb, recompute_everything

    save_segments(segments)
    Job.objects.all().delete()
    before = peak_mb()
    for turn in ("first", "again"):
        job_id = recompute_everything()
        started = time.perf_counter()
        while run_now(job_id) and Job.objects.get(pk=job_id).state == Job.State.QUEUED:
            pass
        job = Job.objects.get(pk=job_id)
        if job.state != Job.State.DONE:
            raise SystemExit(f"bench: {job.state}: {job.error}")
        members = Membership.objects.filter(left_at=None).count()
        told.put((turn, time.perf_counter() - started, before, peak_mb(), members, job.result))


def main() -> None:
    """Fill, recompute twice, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--segments", type=int, default=200)
    options = parser.parse_args()
    people = max(1_000, options.events // 25)
    folder = tempfile.mkdtemp(prefix="bench-recompute-")
    os.environ["LAKE_URL"] = f"{folder}/lake"
    context = multiprocessing.get_context("spawn")
    try:
        with fresh_database() as url:
            around = surroundings()
            fill(url, options.events, people)
            preparing = context.Process(target=prepare)
            preparing.start()
            preparing.join()
            told = context.Queue()
            process = context.Process(target=work, args=(options.segments, told))
            process.start()
            for _ in range(2):
                _print(options, people, around, told.get())
            process.join()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _print(options: Any, people: int, around: str, found: Any) -> None:
    turn, seconds, before, peak, members, result = found
    size = f"{options.segments} segments of 12 kinds, {options.events:,} events of {people:,} people"
    slowest = ", ".join(f"{one['slug']} {one['seconds']} s" for one in result["slowest"][:3])
    what = "nobody was in one before" if turn == "first" else "everybody was where they belong"
    note = f"{size}; {what}; {result['entered']:,} entered, {members:,} members; slowest: {slowest}; {around}"
    report("recompute", f"all_{turn}_s", seconds, "s", note=note)
    note = f"the whole process, {before} MB before the first query; an engine's query may take 2,048 MB"
    report("recompute", f"all_{turn}_peak_mb", peak, "MB", note=note)


if __name__ == "__main__":
    main()
