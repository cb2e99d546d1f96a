"""The four reference rules of `bench.segment` asked of PostgreSQL's own tables by SQL written for it, beside the
product over the lake made of the same rows. Started by `./run bench segment`.
"""

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable
from typing import Any

import psycopg

from bench.crowd import build_lake
from bench.ground import fresh_database, surroundings
from bench.report import report
from bench.segment import RULES, best, rfm_settings

PROFILES = """
INSERT INTO profiles_profile (id, traits, counters, event_count, is_shared)
SELECT md5('p' || n)::uuid, '{}', '{}', 0, FALSE FROM generate_series(0, %(people)s * 2 / 3) AS n"""
IDENTIFIERS = """
INSERT INTO profiles_identifier (id, kind, value, first_seen_at, minted_id, profile_id)
SELECT n, 'user_id', 'user-' || n, timestamptz '2024-01-01', md5('m' || n)::uuid, md5('p' || n * 2 / 3)::uuid
FROM generate_series(1, %(people)s) AS n"""
EVENTS = """
INSERT INTO events_event (id, source_id, inbox_id, index, message_hash, type, name, identifier_id, server_side,
  occurred_at, received_at, flags, order_id, properties, context)
SELECT n, 1, n / 100, mod(n, 100), decode(md5(n::text), 'hex'), 'track', name,
  1 + floor(%(people)s * power((hashint8(n + 7) & 1048575) / 1048576.0, 1.5))::int, FALSE, at, at, '{}',
  CASE WHEN name = 'Order Completed' THEN n::text END,
  CASE name WHEN 'page' THEN '{"path": "/"}' WHEN 'Product List Viewed' THEN '{}' WHEN 'Checkout Started' THEN '{}'
  WHEN 'Order Completed' THEN jsonb_build_object('product_id', product, 'revenue', 39.98, 'currency', 'EUR')
  ELSE jsonb_build_object('product_id', product, 'price', 19.99) END, '{}'
FROM (
  SELECT n, CASE WHEN dice < 28 THEN 'page' WHEN dice < 73 THEN 'Product Viewed'
      WHEN dice < 81 THEN 'Product List Viewed' WHEN dice < 92 THEN 'Product Added'
      WHEN dice < 96 THEN 'Checkout Started' ELSE 'Order Completed' END AS name,
    floor(100000 * power((hashint8(n + 99) & 1048575) / 1048576.0, 2))::int AS product,
    now() - interval '730 days' * (1 - n / (%(events)s + 1.0)) AS at
  FROM (SELECT n, mod(hashint8(n)::bigint & 2147483647, 100) AS dice
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n) AS thrown
) AS made"""
ORDERS = """
INSERT INTO commerce_order (order_id, identifier_id, status, is_guest, currency, country, revenue, total, refunded,
  placed_at, digest)
SELECT e.order_id, e.identifier_id, 'placed', FALSE, 'EUR', '', 39.98, 39.98, 0, e.occurred_at, decode(md5(''), 'hex')
FROM events_event AS e WHERE e.order_id IS NOT NULL"""
PEOPLE = """SELECT count(*) FROM (SELECT i.profile_id FROM events_event AS e
JOIN profiles_identifier AS i ON i.id = e.identifier_id WHERE NOT i.is_shared AND {where}
GROUP BY i.profile_id HAVING {having}) AS q"""
PRODUCT = "(e.properties->>'product_id')::numeric BETWEEN 100 AND 200"
BY_HAND = {
    "3 purchases in 90 days": (
        "e.name = 'Order Completed' AND e.occurred_at > %(now)s - interval '90 days' AND e.occurred_at <= %(now)s",
        "count(*) >= 3",
    ),
    "added, not bought in 30 days": (
        "e.name IN ('Product Added', 'Order Completed') AND e.occurred_at > %(now)s - interval '30 days' "
        "AND e.occurred_at <= %(now)s",
        "bool_or(e.name = 'Product Added') AND NOT bool_or(e.name = 'Order Completed')",
    ),
    "viewed products 100 to 200, never bought one": (
        f"e.name IN ('Product Viewed', 'Order Completed') AND {PRODUCT} AND e.occurred_at <= %(now)s",
        "bool_or(e.name = 'Product Viewed') AND NOT bool_or(e.name = 'Order Completed')",
    ),
}
RFM = """WITH spent AS (
  SELECT i.profile_id, max(o.placed_at) AS latest, count(*) AS orders, sum(o.revenue - o.refunded) AS spent
  FROM commerce_order AS o JOIN profiles_identifier AS i ON i.id = o.identifier_id
  WHERE NOT i.is_shared AND o.status <> 'cancelled' AND o.placed_at > %(now)s - make_interval(days => %(days)s)
    AND o.placed_at <= %(now)s GROUP BY i.profile_id
), ranked AS (
  SELECT ntile(5) OVER (ORDER BY latest, profile_id) AS r, ntile(5) OVER (ORDER BY orders, profile_id) AS f,
    ntile(5) OVER (ORDER BY spent, profile_id) AS m FROM spent
) SELECT sum(people)::bigint FROM (SELECT r, f, m, count(*) AS people FROM ranked GROUP BY r, f, m) AS cells"""
SLICE = 500_000


def fill(url: str, events: int, people: int) -> None:
    """The real tables with all their indexes, analyzed."""
    with psycopg.connect(url, autocommit=True) as database:
        for statement in (PROFILES, IDENTIFIERS):
            database.execute(statement, {"people": people})
        for first in range(1, events + 1, SLICE):
            last = min(events, first + SLICE - 1)
            database.execute(EVENTS, {"first": first, "last": last, "events": events, "people": people})
        database.execute(ORDERS)
        database.execute("VACUUM ANALYZE events_event, profiles_identifier, profiles_profile, commerce_order")


def main() -> None:
    """Fill, ask both ways, compare the answers, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    people = max(1_000, options.events * 3 // 50)
    folder = tempfile.mkdtemp(prefix="bench-segment-postgres-")
    os.environ["LAKE_URL"] = f"{folder}/lake"
    try:
        with fresh_database() as url:
            around = surroundings()
            fill(url, options.events, people)
            measured = _measured(url, options.runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    each = "; ".join(
        f"{name}: {ours:.2f} s, PostgreSQL {theirs:.2f} s, {count:,} found" for name, ours, theirs, count in measured
    )
    ours = statistics.fmean(row[1] for row in measured)
    theirs = statistics.fmean(row[2] for row in measured)
    note = f"{options.events:,} events, {people:,} identifiers in both; {each}; all four together; {around}"
    report(
        "segment",
        "postgres_over_lake",
        theirs / ours,
        "times",
        reference="SQL by hand on PostgreSQL's tables with their indexes, seconds a rule",
        reference_value=theirs,
        note=note,
        digits=2,
    )


def _measured(url: str, runs: int) -> list[tuple[str, float, float, int]]:
    import django

    django.setup()
    from django.db import connection

    from audiences.services.rfm import preview as grid
    from cdp.lib.clock import utc_now
    from segments.queries import preview
    from segments.rules import parse_rule

    build_lake()
    now = utc_now()
    asked: list[tuple[str, Callable[[], int], str]] = []
    for name, rule in RULES.items():
        where, having = BY_HAND[name]
        node = parse_rule(rule)
        text = PEOPLE.format(where=where, having=having)
        asked.append((name, lambda node=node: preview(node, segment_id=None, now=now).count, text))  # type: ignore[misc]
    asked.append(("RFM of all, quintiles", lambda: grid(rfm_settings(), now).people, RFM))
    found = []
    with psycopg.connect(url, autocommit=True) as database:
        for name, ours, text in asked:
            seconds, count = best(ours, runs)
            theirs, expected = best(lambda text=text: _by_hand(database, text, now), runs)  # type: ignore[misc]
            if count != expected:
                raise AssertionError(f"{name}: {count} by the rule, {expected} by PostgreSQL")
            found.append((name, seconds, theirs, count))
    connection.close()
    return found


def _by_hand(database: psycopg.Connection[Any], text: str, now: Any) -> int:
    row = database.execute(text, {"now": now, "days": rfm_settings().window_days or 36_500}).fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    main()
