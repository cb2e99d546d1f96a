"""`./run bench profile_api`: what one answer about one person costs, and how many the web server gives.

Asked are people of 10,000 events and one of 100,000, beside 100,000 others. A cost is CPU, of Python and of the
PostgreSQL backend together, since others may load the machine; latencies are over HTTP.
"""

import argparse
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.ground import fresh_database, surroundings
from bench.ingest import web
from bench.recommend import Client
from bench.report import report

PEOPLE = 20
ROWS = """
INSERT INTO events_source (name, kind, write_key, enabled, asserts)
  VALUES ('bench', 'server', 'wk_bench', TRUE, '{{}}');
CREATE TEMP TABLE made AS SELECT n, CASE WHEN n = 0 THEN {long} WHEN n <= {people} THEN {events} ELSE 2 END AS events,
  gen_random_uuid() AS id FROM generate_series(0, {people} + {others}) AS n;
INSERT INTO profiles_identifier (kind, value, first_seen_at, minted_id, profile_id, degree, is_shared, created_at)
  SELECT 'user_id', 'u' || n, now() - interval '300 days', id, id, 0, FALSE, now() - interval '300 days' FROM made;
INSERT INTO profiles_profile (id, traits, counters, event_count, first_seen_at, last_seen_at, is_shared, updated_at)
  SELECT id, (SELECT jsonb_object_agg('trait' || k, jsonb_build_array('value ' || k, 1700000000000000, ''))
    FROM generate_series(1, 40) AS k), jsonb_build_object('Product Viewed', jsonb_build_array(events, 1, 2)),
    events, now() - interval '300 days', now(), FALSE, now() FROM made;
INSERT INTO events_event (id, source_id, inbox_id, index, message_hash, type, name, identifier_id, server_side,
    occurred_at, received_at, flags, properties, context)
  SELECT row_number() OVER (ORDER BY k DESC, n), 1, 1, 1, decode(md5(n || '-' || k), 'hex'),
    CASE WHEN k % 100 = 0 THEN 'identify' ELSE 'track' END,
    CASE WHEN k % 100 = 0 THEN 'identify' WHEN k % 3 = 0 THEN 'page' ELSE 'Product Viewed' END, i.id, FALSE,
    now() - k * interval '40 minutes', now() - k * interval '40 minutes', '{{}}',
    jsonb_build_object('product_id', 'p' || k % 500, 'category', 'c' || k % 20, 'brand', 'b' || k % 30,
      'name', 'Canvas shoe ' || k % 500, 'price', (k % 90) + 0.99, 'currency', 'EUR', 'quantity', 1),
    jsonb_build_object('page', jsonb_build_object('url', 'https://shop.example/p/' || k), 'locale', 'de-DE',
      'client', jsonb_build_object('browser', 'Chrome', 'os', 'Android', 'device', 'phone'))
  FROM made JOIN profiles_identifier AS i ON i.value = 'u' || n, LATERAL generate_series(1, events) AS k;
INSERT INTO commerce_order (order_id, identifier_id, status, is_guest, currency, country, revenue, refunded, placed_at,
    digest)
  SELECT i.id || '-' || k, i.id, 'placed', FALSE, 'EUR', 'DE', 20 + k, 0, now() - k * interval '9 days',
    decode(md5(''), 'hex')
  FROM made JOIN profiles_identifier AS i ON i.value = 'u' || n, generate_series(1, 30) AS k WHERE n <= {people};
VACUUM ANALYZE;
"""
SPACE = "/v1/spaces/shop/collections/users/profiles/user_id:{who}"
OWN = "/v1/profiles/user_id:{who}"
CALLS = {
    "traits": f"{SPACE}/traits?limit=40",
    "external_ids": f"{SPACE}/external_ids",
    "events": f"{SPACE}/events",
    "metadata": f"{SPACE}/metadata",
    "timeline": f"{OWN}/timeline",
    "timeline_by_name": f"{OWN}/timeline?name=identify",
    "timeline_found": f"{OWN}/timeline?q=shoe+77",
    "timeline_not_found": f"{OWN}/timeline?q=nothing+like+it",
    "whole": OWN,
    "computed": f"{SPACE}/traits?class=computed_trait",
    "as_of": f"{SPACE}/traits?at={{then}}",
}
PACED = ("traits", "timeline", "events", "computed", "as_of")


def fill(url: str, *, events: int, long: int, others: int) -> None:
    """People with long histories among many with short ones."""
    with psycopg.connect(url, autocommit=True) as database:
        for statement in ROWS.format(people=PEOPLE, events=events, long=long, others=others).split(";\n"):
            if statement.strip():
                database.execute(statement.encode())


def server_key() -> str:
    """A key that may read, and the shipped computed traits."""
    import django

    django.setup()
    from django.db import connection

    from cdp.access.services import make_server_key
    from people import services

    services.ship()
    made = make_server_key("bench", ["profiles:read"])[1]
    connection.close()
    return made


def path_of(call: str, who: str) -> str:
    """The address of a call about somebody."""
    return CALLS[call].format(who=who, then=f"{datetime.now(UTC) - timedelta(days=100):%Y-%m-%d}")


def asked(call: str, key: str) -> list[bytes]:
    """The request, of each person in turn."""
    head = f"HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n"
    return [f"GET {path_of(call, f'u{n}')} {head}".encode() for n in range(1, PEOPLE + 1)]


def costs(key: str, note: str, times: int) -> None:
    """CPU, time and statements of each call, and of each tab of the page in the admin."""
    from django.contrib.auth.models import User
    from django.test import Client as Browser

    from cdp.admin_person.page import TABS
    from profiles.models import Identifier

    staff = Browser(headers={"host": "127.0.0.1"})
    staff.force_login(User.objects.create_superuser("bench@staff.example"))
    machine = Browser(headers={"authorization": f"Bearer {key}", "host": "127.0.0.1"})
    for who, size in (("u1", "10k"), ("u0", "100k")):
        for call in CALLS:
            cost(f"{call}_{size}", machine, path_of(call, who), note, times)
        profile_id = Identifier.objects.get(kind="user_id", value=who).profile_id
        pages = {tab: f"?tab={tab}" for tab, _ in TABS} | {
            "timeline_found": "?q=shoe+77",
            "timeline_not_found": "?q=nothing+like+it",
            "as_it_stood": f"?at={datetime.now(UTC) - timedelta(days=100):%Y-%m-%d}",
        }
        for tab, query in pages.items():
            cost(f"page_{tab}_{size}", staff, f"/admin/profiles/profile/{profile_id}/change/{query}", note, times)


def cost(metric: str, browser: Any, path: str, note: str, times: int) -> None:
    """Ask `times` times: CPU in ms of Python and of the backend, and the median time."""

    def ask() -> None:
        answer = browser.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"bench: {path} answered {answer.status_code}: {answer.content[:300]!r}")

    ask()
    statements = statements_of(ask)
    took: list[float] = []
    server, cpu = backend_cpu_s(), time.process_time()
    start = time.perf_counter()
    while len(took) < times and (len(took) < 3 or time.perf_counter() - start < 5):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    python, server = (time.process_time() - cpu) / len(took) * 1000, (backend_cpu_s() - server) / len(took) * 1000
    middle = sorted(took)[len(took) // 2] * 1000
    said = f"Python {python:.1f} ms, PostgreSQL {server:.1f} ms, {statements} statements, median {middle:.1f} ms"
    report("profile_api", f"{metric}_cpu_ms", python + server, "ms", note=f"{said}; {note}", digits=2)


def statements_of(ask: Callable[[], None]) -> int:
    """How many statements a call sends, whichever cursor sends them."""
    sent: list[object] = []
    execute = psycopg.Cursor.execute

    def counted(self: Any, query: Any, *given: Any, **named: Any) -> Any:
        sent.append(query)
        return execute(self, query, *given, **named)

    psycopg.Cursor.execute = counted  # type: ignore[method-assign]  # counts whatever sends
    try:
        ask()
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]  # and back
    return len(sent)


def backend_cpu_s() -> float:
    """CPU seconds of this connection's backend, where the server runs on this machine; else 0."""
    from django.db import connection

    connection.ensure_connection()
    try:
        stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text()
    except OSError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def served(key: str, note: str, options: argparse.Namespace) -> None:
    """Over HTTP: how many a second of each, and the latencies at a third of that and at --rate."""
    with web("cdp.wsgi:application", workers=options.workers, threads=options.threads) as port:
        client = Client(port, 16)
        client.run(asked("traits", key), seconds=3, rate=100)
        for call in PACED:
            requests = asked(call, key)
            full = len(client.run(requests, seconds=options.seconds, rate=None)) / options.seconds
            report("profile_api", f"{call}_most_per_s", full, "requests/s", note=note)
            rate = min(options.rate, full / 3)
            tell(f"{call}_p99_ms_at_{rate:.0f}", client.run(requests, seconds=options.seconds, rate=rate), 15, note)


def tell(metric: str, latencies: list[float], goal: float | None, note: str) -> None:
    """The 99th percentile, with the median beside it."""
    p50, p99 = (latencies[int(len(latencies) * part)] * 1000 for part in (0.5, 0.99))
    report("profile_api", metric, p99, "ms", goal=goal, note=f"p50 {p50:.1f} ms; {note}")


def main() -> None:
    """Fill, ask, serve, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=10_000, help="of each of twenty people")
    parser.add_argument("--long", type=int, default=100_000, help="of one person")
    parser.add_argument("--others", type=int, default=100_000, help="people with two events each")
    parser.add_argument("--times", type=int, default=100, help="each call is asked for its cost")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--only", choices=["costs", "served"])
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    with fresh_database() as url:
        around = surroundings()
        fill(url, events=options.events, long=options.long, others=options.others)
        key = server_key()
        note = f"{options.events:,} events a person; {around}"
        if options.only != "served":
            costs(key, note, options.times)
        if options.only != "costs":
            served(key, note, options)


if __name__ == "__main__":
    main()
