"""`./run bench profile_api`: the profile API over HTTP, of people with 10,000 events each, at 300 requests a second.

Asked in turn: traits, our timeline, Segment's events. Figures and the page as it stood are measured apart: they
read a history and nobody asks for them three hundred times a second.
"""

import argparse
import os
from datetime import UTC, datetime, timedelta

import psycopg

from bench.ground import fresh_database, surroundings
from bench.ingest import web
from bench.recommend import Client
from bench.report import report

PEOPLE = 20
ROWS = """
INSERT INTO events_source (name, kind, write_key, enabled, asserts)
  VALUES ('bench', 'server', 'wk_bench', TRUE, '{{}}');
INSERT INTO profiles_identifier (kind, value, first_seen_at, minted_id, profile_id, degree, is_shared, created_at)
  SELECT 'user_id', 'u' || n, now() - interval '300 days', id, id, 0, FALSE, now() - interval '300 days'
  FROM (SELECT n, gen_random_uuid() AS id FROM generate_series(1, {people}) AS n) AS made;
INSERT INTO profiles_profile (id, traits, counters, event_count, first_seen_at, last_seen_at, is_shared, updated_at)
  SELECT profile_id, (SELECT jsonb_object_agg('trait' || k, jsonb_build_array('value ' || k, 1700000000000000, ''))
    FROM generate_series(1, 40) AS k), jsonb_build_object('Product Viewed', jsonb_build_array({events}, 1, 2)),
    {events}, now() - interval '300 days', now(), FALSE, now() FROM profiles_identifier;
INSERT INTO events_event (id, source_id, inbox_id, index, message_hash, type, name, identifier_id, server_side,
    occurred_at, received_at, flags, properties, context)
  SELECT (i.id - 1) * {events} + k, 1, 1, 1, decode(md5(i.id || '-' || k), 'hex'),
    CASE WHEN k % 100 = 0 THEN 'identify' ELSE 'track' END,
    CASE WHEN k % 100 = 0 THEN 'identify' WHEN k % 3 = 0 THEN 'page' ELSE 'Product Viewed' END, i.id, FALSE,
    now() - k * interval '40 minutes', now() - k * interval '40 minutes', '{{}}',
    jsonb_build_object('product_id', 'p' || k % 500, 'category', 'c' || k % 20, 'price', k % 90),
    jsonb_build_object('page', jsonb_build_object('url', 'https://shop.example/p/' || k), 'locale', 'de-DE')
  FROM profiles_identifier AS i, generate_series(1, {events}) AS k;
ANALYZE;
"""
SPACE = "/v1/spaces/shop/collections/users/profiles/user_id:u{n}"


def fill(url: str, events: int) -> None:
    """People with long histories."""
    with psycopg.connect(url, autocommit=True) as database:
        for statement in ROWS.format(people=PEOPLE, events=events).split(";\n"):
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


def asked(path: str, key: str) -> list[bytes]:
    """The request, of each person in turn."""
    head = f"HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n"
    return [f"GET {path.format(n=n)} {head}".encode() for n in range(1, PEOPLE + 1)]


def main() -> None:
    """Fill, serve, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=10_000, help="of each person")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()
    with fresh_database() as url:
        around = surroundings()
        fill(url, options.events)
        key = server_key()
        note = f"{options.events:,} events a person; {around}"
        paced = {
            "traits": f"{SPACE}/traits?limit=40",
            "timeline": "/v1/profiles/user_id:u{n}/timeline",
            "events": f"{SPACE}/events",
        }
        single = {
            "computed": f"{SPACE}/traits?class=computed_trait",
            "as_of": f"{SPACE}/traits?at={datetime.now(UTC) - timedelta(days=100):%Y-%m-%d}",
        }
        with web("cdp.wsgi:application", workers=options.workers, threads=options.threads) as port:
            client = Client(port, 16)
            client.run(asked(paced["traits"], key), seconds=3, rate=100)
            for name, path in paced.items():
                tell(f"{name}_p99_ms_at_300", client.run(asked(path, key), seconds=options.seconds, rate=300), 15, note)
            for name, path in single.items():
                tell(f"{name}_p99_ms_at_5", client.run(asked(path, key), seconds=options.seconds, rate=5), None, note)


def tell(metric: str, latencies: list[float], goal: float | None, note: str) -> None:
    """The 99th percentile, with the median beside it."""
    p50, p99 = (latencies[int(len(latencies) * part)] * 1000 for part in (0.5, 0.99))
    report("profile_api", metric, p99, "ms", goal=goal, note=f"p50 {p50:.1f} ms; {note}")


if __name__ == "__main__":
    main()
