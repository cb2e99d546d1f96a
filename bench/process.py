"""`./run bench process`: the inbox drained into log, identity, traits and commerce; the wait until an event is
visible; a merge.

Two worker processes call what the Celery tasks call, each consumer for up to two seconds in turn. Segments,
recommendations and automation are off: the subscriptions are those of the product named in MEASURED below.
"""

import argparse
import json
import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from bench.ground import fresh_database, single, surroundings
from bench.report import report
from cdp import subscriptions

MEASURED = ("events.process", "commerce.refold", "commerce.rejoin")
CONSUMERS = tuple(consumer for consumer in subscriptions.CONSUMERS if consumer.name in MEASURED)
PUBLIC_TOPICS = dict.fromkeys(
    ("profile.changed", "cart.changed", "order.changed", "consent.changed"),
    "off in this benchmark",
)
SOURCE = """
INSERT INTO events_source (name, kind, write_key, enabled, asserts)
VALUES ('bench', 'server', 'wk_bench', TRUE, '{}') RETURNING id
"""
FILL = "COPY events_inbox (source_id, path_type, body, items) FROM STDIN (FORMAT BINARY)"
COUNTED = """
SELECT event_count FROM profiles_profile
WHERE id = (SELECT profile_id FROM profiles_identifier WHERE value = 'left')
"""
EVENTS_A_PERSON = 25
EVENTS_A_VISIT = 6
NEW_PEOPLE = 0.1
SECOND_DEVICE = 0.15
TURN_S = 2.0
START = datetime.now(UTC) - timedelta(days=30)
MIX = {
    "Product Viewed": 0.60,
    "page": 0.15,
    "Product Added": 0.10,
    "identify": 0.05,
    "Product List Viewed": 0.05,
    "Order Completed": 0.03,
    "Product Removed": 0.02,
}
PRODUCT = {"name": "Canvas shoe", "category": "Shoes", "price": 19.99, "quantity": 1}


def history(count: int, visit: float = EVENTS_A_VISIT) -> Iterator[dict[str, Any]]:
    """A shop's events by MIX over 29 days, in the order they happen.

    Visits of `visit` events on average overlap, 25 at a time; one in ten begins a person never seen, until there are
    count / 25 people, the rest bring one back (half of them the regulars), some on a second device. `visit` = 1
    scatters every person's events over the whole time, the worst case for whatever is kept a person.
    """
    dice = random.Random(1)
    people = max(1, count // EVENTS_A_PERSON)
    step = timedelta(days=29) / count
    seen = 0
    visits: list[tuple[int, int]] = []  # (person, device)
    for number in range(count):
        if len(visits) < 25:
            is_new = seen < people and (not seen or dice.random() < NEW_PEOPLE)
            visits.append((seen if is_new else _returning(dice, seen), dice.random() < SECOND_DEVICE))
            seen += is_new
        place = dice.randrange(len(visits))
        yield _event(dice, number, *visits[place], START + step * number)
        if dice.random() < 1 / visit:
            visits.pop(place)


def _returning(dice: random.Random, seen: int) -> int:
    return min(int(dice.expovariate(3.0) * seen), seen - 1) if dice.random() < 0.5 else dice.randrange(seen)


def _event(dice: random.Random, number: int, person: int, device: int, at: datetime) -> dict[str, Any]:
    product = {"product_id": f"p{dice.randrange(2000)}", **PRODUCT}
    cart_id = f"cart-{person}-{number // 200_000}"
    event: dict[str, Any] = {
        "type": "track",
        "messageId": f"bench-{number:032d}",
        "anonymousId": f"anon-{device:d}-{person:030d}",
        "timestamp": at.isoformat(),
        "context": {
            "library": {"name": "bench", "version": "1"},
            "page": {"url": "https://shop.example/p", "path": "/p"},
        },
    }
    kind = dice.choices(list(MIX), list(MIX.values()))[0]
    if kind == "page":
        page = {"url": "https://shop.example/c", "path": "/c"}
        return event | {"type": "page", "name": "Category", "properties": page}
    if kind == "identify":
        traits = {"email": f"p{person}@example.com", "plan": "gold"}
        return event | {"type": "identify", "userId": f"user-{person}", "traits": traits}
    event["event"] = kind
    if kind == "Product List Viewed":
        return event | {"properties": {"list_id": "shoes", "products": [product, product]}}
    if kind == "Order Completed":
        order = {"order_id": f"order-{number}", "revenue": 39.98, "currency": "EUR", "cart_id": cart_id}
        return event | {"userId": f"user-{person}", "properties": {**order, "products": [product, product]}}
    if kind == "Product Viewed":
        return event | {"properties": {**product, "currency": "EUR"}}
    return event | {"properties": {**product, "currency": "EUR", "cart_id": cart_id}}


def fill(url: str, events: Iterator[dict[str, Any]]) -> int:
    """The inbox filled as the door would, in requests of 100."""
    with psycopg.connect(url) as database:
        found = database.execute(SOURCE).fetchone()
        assert found is not None
        with database.cursor().copy(FILL) as copy:
            copy.set_types(["bigint", "text", "bytea", "int4"])
            batch: list[dict[str, Any]] = []
            for event in events:
                batch.append(event)
                if len(batch) == 100:
                    copy.write_row(
                        (found[0], "batch", json.dumps({"batch": batch}, separators=(",", ":")).encode(), 100)
                    )
                    batch = []
        database.commit()
        return int(found[0])


def start_django() -> None:
    """Django, with this benchmark's subscriptions."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "cdp.settings"
    django.setup()
    from django.conf import settings

    settings.OUTBOX_CONSUMERS = "bench.process.CONSUMERS"
    settings.OUTBOX_PUBLIC_TOPICS = "bench.process.PUBLIC_TOPICS"
    settings.OUTBOX_WAKES = False


def work(
    until_empty: bool, stop_at: float, profile: str, spent: "multiprocessing.Queue[tuple[float, float]] | None" = None
) -> None:
    """One worker: every consumer in turn until it is empty or two seconds have passed, as a wake works it.

    `spent` is told the seconds of CPU that it and its PostgreSQL backend took.
    """
    start_django()
    from cdp.outbox import registry
    from cdp.outbox.services import delivering

    consumers = [registry.consumer(name) for name in MEASURED]
    profiler = _profiler(profile)
    cpu_before = time.process_time()
    idle_since = 0.0
    while time.time() < stop_at:
        found = sum(_turn(partial(delivering._slice, consumer, strict=True)) for consumer in consumers)
        if found:
            idle_since = 0.0
        elif until_empty and idle_since and time.time() - idle_since > 0.5:
            break
        else:
            idle_since = idle_since or time.time()
            time.sleep(0.005)
    if spent is not None:
        spent.put((time.process_time() - cpu_before, _backend_cpu_s()))
    if profiler:
        profiler.disable()
        profiler.dump_stats(f"{profile}.{os.getpid()}")


def _backend_cpu_s() -> float:
    """Seconds of CPU of this connection's backend; NaN where the server is on another machine or no Linux."""
    from django.db import connection

    try:
        stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text()
    except OSError:
        return float("nan")
    name, _, fields = stat.partition("(")[2].rpartition(")")
    ticks = sum(map(int, fields.split()[11:13]))  # utime and stime
    return ticks / os.sysconf("SC_CLK_TCK") if name.startswith("postgres") else float("nan")


def _turn(work_slice: Callable[[], int]) -> int:
    """Slices until there is nothing left or two seconds are over; how much was done."""
    end = time.monotonic() + TURN_S
    done = 0
    while found := work_slice():
        done += found
        if time.monotonic() >= end:
            break
    return done


def _profiler(profile: str) -> Any:
    if not profile:
        return None
    import cProfile

    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    return profiler


def drain(url: str, events: int, workers: int, profile: str, visit: float) -> None:
    """processed_per_s: from the first claim to the last refold."""
    context = multiprocessing.get_context("spawn")
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("VACUUM ANALYZE events_inbox")
        spent: multiprocessing.Queue[tuple[float, float]] = context.Queue()
        args = (True, time.time() + 3600, profile, spent)
        pool = [context.Process(target=work, args=args) for _ in range(workers)]
        for process in pool:
            process.start()
        while not single(database, "SELECT count(*) FROM events_inbox WHERE token IS NOT NULL OR done_at IS NOT NULL"):
            time.sleep(0.002)
        started = time.perf_counter()
        processed = 0.0
        while single(
            database, "SELECT count(*) FROM (SELECT FROM events_inbox WHERE done_at IS NULL LIMIT 1) AS q"
        ) or single(database, "SELECT count(*) FROM (SELECT FROM outbox_delivery WHERE done_at IS NULL LIMIT 1) AS q"):
            if not processed and not single(
                database, "SELECT count(*) FROM (SELECT FROM events_inbox WHERE done_at IS NULL LIMIT 1) AS q"
            ):
                processed = time.perf_counter() - started
            time.sleep(0.05)
        seconds = time.perf_counter() - started
        python_s, postgres_s = (sum(one) for one in zip(*(spent.get() for _ in pool), strict=True))
        for process in pool:
            process.join()
        stored = single(database, "SELECT count(*) FROM events_event")
        if stored != events:
            raise SystemExit(f"bench: {stored} of {events} events were stored")
        counts = ", ".join(
            f"{single(database, f'SELECT count(*) FROM {table}')} {name}"
            for table, name in (
                ("profiles_identifier", "identifiers"),
                ("profiles_profile", "profiles"),
                ("commerce_cart", "carts"),
                ("commerce_order", "orders"),
            )
        )
    off = "segments, recommendations and automation off"
    mix = ", ".join(f"{share:.0%} {name}" for name, share in MIX.items())
    note = f"{events} events in requests of 100, {workers} workers, commerce refold included; {off}; {counts}"
    visits = f"{NEW_PEOPLE:.0%} of them by somebody new, {SECOND_DEVICE:.0%} on a second device"
    note = f"{note}; {mix}; visits of {visit:g} events, {visits}"
    report(
        "process",
        "processed_per_s",
        events / seconds,
        "events/s",
        goal=15_000,
        reference="bare prototype of log, dedupe, identity, counters, two workers",
        reference_value=29_600,
        note=f"{note}; {surroundings()}",
    )
    report(
        "process",
        "cpu_us_an_event",
        (python_s + postgres_s) / events * 1e6,
        "µs",
        goal=2e6 / 15_000,
        note=f"of the workers and their backends: {python_s / events * 1e6:.1f} "
        f"Python, {postgres_s / events * 1e6:.1f} PostgreSQL; without WAL writer, checkpointer and autovacuum",
    )


def visible(url: str, source_id: int, seconds: float, rate: int) -> None:
    """visible_p99_ms: from acceptance until the event is counted on its profile, at `rate` events a second."""
    context = multiprocessing.get_context("spawn")
    pool = [context.Process(target=work, args=(False, time.time() + seconds + 120, "")) for _ in range(2)]
    for process in pool:
        process.start()
    start_django()
    waits: list[float] = []
    with psycopg.connect(url, autocommit=True) as database:
        warm = _send_probe(source_id, 10**9, 10)
        _wait_for(database, warm, [], seconds=60)
        time.sleep(2)  # the slower of the two workers
        sent: dict[str, float] = {}
        number = 0
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            due = time.perf_counter() + 0.02
            sent |= _send_probe(source_id, number, rate // 50)
            number += rate // 50
            while time.perf_counter() < due:
                _note_visible(database, sent, waits)
                time.sleep(0.002)
        _wait_for(database, sent, waits, seconds=10)
    for process in pool:
        process.terminate()
        process.join()
    waits += [10.0] * len(sent)
    p99, median = (sorted(waits)[int(len(waits) * part)] * 1000 for part in (0.99, 0.5))
    note = f"{rate} events/s asked for, {number / seconds:.0f}/s sent, {len(waits)} probes on new profiles"
    note = f"{note}, median {median:.0f} ms, workers polling every 5 ms; {surroundings()}"
    report("process", "visible_p99_ms", p99, "ms", goal=1000, note=note)


def _send_probe(source_id: int, number: int, count: int) -> dict[str, float]:
    """Accept `count` events, the last of a person never seen: {that person: now}."""
    from events.contracts import SourceFacts
    from events.services import accept
    from events.trust import trust_of

    probe = f"probe-{number}"
    users = [f"v{(number + i) % 3000}" for i in range(count - 1)] + [probe]
    items = [{"type": "track", "event": "Seen", "userId": user, "messageId": f"{user}-{number}"} for user in users]
    source = SourceFacts(source_id, "bench", "server", True, trust_of("server", (), ()))
    accept(source, json.dumps({"batch": items}).encode(), path_type="batch")
    return {probe: time.perf_counter()}


def _wait_for(database: psycopg.Connection[Any], sent: dict[str, float], waits: list[float], *, seconds: float) -> None:
    deadline = time.perf_counter() + seconds
    while sent and time.perf_counter() < deadline:
        _note_visible(database, sent, waits)
        time.sleep(0.005)


def _note_visible(database: psycopg.Connection[Any], sent: dict[str, float], waits: list[float]) -> None:
    rows = database.execute(
        """SELECT i.value FROM profiles_identifier i JOIN profiles_profile p ON p.id = i.profile_id
        WHERE i.kind = 'user_id' AND i.value = ANY(%s) AND p.event_count > 0""",
        [list(sent)],
    ).fetchall()
    now = time.perf_counter()
    waits.extend(now - sent.pop(value) for (value,) in rows)


def merge(url: str, source_id: int, size: int) -> None:
    """merge_100k_ms: the event that links two people of `size` events each, from its claim to the commit."""
    start_django()
    from events.contracts import SourceFacts
    from events.services import accept, process_slice
    from events.trust import trust_of

    source = SourceFacts(source_id, "bench", "server", True, trust_of("server", (), ()))
    for name in ("left", "right"):
        ids = {"anonymousId": name} if name == "left" else {"userId": name}
        for start in range(0, size, 2000):
            items = [{"type": "track", "event": "Seen", **ids, "messageId": f"{name}-{start + i}"} for i in range(2000)]
            accept(source, json.dumps({"batch": items}).encode(), path_type="batch")
    while process_slice():
        pass
    link = {"type": "identify", "anonymousId": "left", "userId": "right", "traits": {}, "messageId": "link"}
    accept(source, json.dumps({"batch": [link]}).encode(), path_type="batch")
    started = time.perf_counter()
    process_slice()
    took = (time.perf_counter() - started) * 1000
    with psycopg.connect(url) as database:
        count = single(database, COUNTED)
    assert count == 2 * size + 1, count
    report(
        "process",
        "merge_100k_ms",
        took,
        "ms",
        goal=50,
        note=f"two people of {size} events each; the whole slice of the linking event",
    )
    split(size)


def split(size: int) -> None:
    """split_100k_ms: staff part the two again, and join them once more."""
    from profiles.models import Identifier
    from profiles.services import lift, separate

    sides = [
        [Identifier.objects.get(kind=kind, value=value).pk]
        for kind, value in (("anonymous_id", "left"), ("user_id", "right"))
    ]
    started = time.perf_counter()
    made = separate(*sides, reason="bench", actor=None)
    took = (time.perf_counter() - started) * 1000
    report("process", "split_100k_ms", took, "ms", note=f"un-merge of two people of {size} events each, to the commit")
    started = time.perf_counter()
    lift(made.pk, reason="bench", actor=None)
    took = (time.perf_counter() - started) * 1000
    report("process", "remerge_100k_ms", took, "ms", note="the same separation lifted")


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--visible-seconds", type=float, default=8)
    parser.add_argument("--merge-events", type=int, default=100_000)
    parser.add_argument("--only", choices=("drain", "visible", "merge"))
    parser.add_argument("--visit", type=float, default=EVENTS_A_VISIT, help="events a visit; 1 is the worst case")
    parser.add_argument("--profile", default="", help="write cProfile data of the workers to this path + .pid")
    options = parser.parse_args()
    with fresh_database() as url:
        count = options.events - options.events % 100 if options.only in (None, "drain") else 0
        source_id = fill(url, history(count, options.visit) if count else iter(()))
        if options.only in (None, "drain"):
            drain(url, count, options.workers, options.profile, options.visit)
        if options.only in (None, "visible"):
            visible(url, source_id, options.visible_seconds, 500)
        if options.only in (None, "merge"):
            merge(url, source_id, options.merge_events)


if __name__ == "__main__":
    main()
