"""`./run bench segment`: previews of four reference rules over a lake of its own, beside hand-written SQL on its files.

The lake is written through the product's own store and kept below VAR_DIR, so that a second run starts at once. Asked
through the product: the snapshot, the compiled rule, the engine, the sample; the database behind it is empty (no tail).
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.ground import fresh_database, surroundings
from bench.report import report

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAYS, CHUNK, GENERATION, PRODUCTS = 730, 500_000, "bench1", 100_000
NAMES = (
    ("page", 0.28),
    ("Product Viewed", 0.45),
    ("Product List Viewed", 0.08),
    ("Product Added", 0.11),
    ("Checkout Started", 0.04),
    ("Order Completed", 0.04),
)
VIEWED, ADDED, BOUGHT = 1, 3, 5  # places in NAMES
RULES: dict[str, Any] = {
    "3 purchases in 90 days": {"did": "Order Completed", "count": {"gte": 3}, "within": {"days": 90}},
    "added, not bought in 30 days": {
        "all": [
            {"did": "Product Added", "within": {"days": 30}},
            {"did": "Order Completed", "count": {"eq": 0}, "within": {"days": 30}},
        ]
    },
    "viewed products 100 to 200, never bought one": {
        "all": [
            {"did": "Product Viewed", "where": [{"property": "product_id", "is": "between", "value": [100, 200]}]},
            {
                "did": "Order Completed",
                "where": [{"property": "product_id", "is": "between", "value": [100, 200]}],
                "count": {"eq": 0},
            },
        ]
    },
}
PEOPLE = """SELECT i.profile_hi, i.profile_lo FROM ({inner}) AS e
JOIN read_parquet({identifiers}) AS i ON e.identifier_id = i.id WHERE NOT i.is_shared GROUP BY ALL HAVING {having}"""
BY_HAND = {
    "3 purchases in 90 days": (
        """SELECT identifier_id, count(*) AS n FROM read_parquet({files})
        WHERE name = 'Order Completed' AND occurred_us > {now} - 90 * 86400000000 AND occurred_us <= {now}
        GROUP BY 1""",
        "sum(n) >= 3",
    ),
    "added, not bought in 30 days": (
        """SELECT identifier_id, count_if(name = 'Product Added') AS a, count_if(name = 'Order Completed') AS b
        FROM read_parquet({files}) WHERE name IN ('Product Added', 'Order Completed')
        AND occurred_us > {now} - 30 * 86400000000 AND occurred_us <= {now} GROUP BY 1""",
        "sum(a) > 0 AND sum(b) = 0",
    ),
    "viewed products 100 to 200, never bought one": (
        """SELECT identifier_id, count_if(name = 'Product Viewed') AS a, count_if(name = 'Order Completed') AS b
        FROM read_parquet({files}) WHERE name IN ('Product Viewed', 'Order Completed')
        AND product_id_number BETWEEN 100 AND 200 AND occurred_us <= {now} GROUP BY 1""",
        "sum(a) > 0 AND sum(b) = 0",
    ),
}
RFM = """WITH spent AS (
  SELECT i.profile_hi, i.profile_lo, MAX(o.placed_us) AS latest, COUNT(*) AS orders,
    SUM(o.revenue - o.refunded) AS spent
  FROM read_parquet({orders}) AS o JOIN read_parquet({identifiers}) AS i ON o.identifier_id = i.id
  WHERE NOT i.is_shared AND o.status <> 'cancelled' AND o.placed_us > {since} AND o.placed_us <= {now}
  GROUP BY i.profile_hi, i.profile_lo
), ranked AS (
  SELECT NTILE(5) OVER (ORDER BY latest, profile_lo) AS r, NTILE(5) OVER (ORDER BY orders, profile_lo) AS f,
    NTILE(5) OVER (ORDER BY spent, profile_lo) AS m, spent, orders FROM spent
) SELECT r, f, m, COUNT(*) AS people, SUM(spent) AS spent, SUM(orders) AS orders FROM ranked GROUP BY r, f, m"""
ORDERS_SHARE = 0.04


def generate(events: int, people: int) -> None:
    """The three tables of the lake, if they are not there yet."""
    from lake.contracts import Projection
    from lake.models import LakeTable
    from lake.registry import projection
    from lake.services.writing import Writer
    from lake.store import Table

    made: dict[str, Callable[[Any], Iterator[pa.Table]]] = {
        "identifiers": lambda schema: identifiers(schema, people),
        "profiles": lambda schema: profiles(schema, people * 2 // 3),
        "events": lambda schema: rows_of_events(schema, events, people),
        "orders": lambda schema: rows_of_orders(schema, int(events * ORDERS_SHARE), people),
    }
    for name, rows in made.items():
        described: Projection = projection(name)
        table = Table(described, GENERATION)
        if not _is_there(table):
            table.drop()
            table.create()
            writer = Writer(table)
            for part in rows(described):
                writer.add(part)
            table.commit(writer.finish(), 1, seen=None)
        LakeTable.objects.create(name=name, generation=GENERATION, rebuilt_at=NOW, flushed_at=NOW)


def identifiers(projection: Any, people: int) -> Iterator[pa.Table]:
    """Three identifiers for two people."""
    for start in range(0, people, CHUNK):
        ids = np.arange(start, min(people, start + CHUNK))
        who = ids * 2 // 3
        yield _filled(projection, ids.size, id=ids, profile_hi=who, profile_lo=_scattered(who))


def profiles(projection: Any, people: int) -> Iterator[pa.Table]:
    """Everybody, without traits: none of the four rules asks for one."""
    for start in range(0, people, CHUNK):
        who = np.arange(start, min(people, start + CHUNK))
        yield _filled(projection, who.size, profile_hi=who, profile_lo=_scattered(who))


def rows_of_events(projection: Any, events: int, people: int) -> Iterator[pa.Table]:
    """Two years, oldest first; some people and some products far busier than others."""
    dice = np.random.default_rng(7)
    names = pa.array([name for name, _ in NAMES])
    shares = [share for _, share in NAMES]
    end = int(NOW.timestamp()) * 1_000_000
    step = DAYS * 86_400_000_000 // events
    for start in range(0, events, CHUNK):
        size = min(CHUNK, events - start)
        kind = dice.choice(len(NAMES), size, p=shares)
        product = (PRODUCTS * dice.random(size) ** 2).astype(np.int64)
        about_product = np.isin(kind, (VIEWED, ADDED, BOUGHT))
        revenue = np.where(kind == BOUGHT, dice.integers(500, 20_000, size), 0)
        yield _filled(
            projection,
            size,
            id=np.arange(start, start + size),
            identifier_id=(people * dice.random(size) ** 1.5).astype(np.int64),
            name=names.take(pa.array(kind)),
            occurred_us=end - (events - np.arange(start, start + size)) * step,
            product_id_number=_decimals(product, 0, about_product),
            revenue_number=_decimals(revenue, 2, kind == BOUGHT),
        )


def rows_of_orders(projection: Any, orders: int, people: int) -> Iterator[pa.Table]:
    """As many orders over the same two years, by the same people about."""
    dice = np.random.default_rng(8)
    end = int(NOW.timestamp()) * 1_000_000
    step = DAYS * 86_400_000_000 // orders
    for start in range(0, orders, CHUNK):
        size = min(CHUNK, orders - start)
        ids = np.arange(start, start + size)
        always = np.ones(size, bool)
        yield _filled(
            projection,
            size,
            id=ids,
            identifier_id=(people * dice.random(size) ** 1.5).astype(np.int64),
            order_id=pa.array(ids).cast(pa.string()),
            status=pa.array(["placed"] * size),
            currency=pa.array(["EUR"] * size),
            revenue=_decimals(dice.integers(500, 20_000, size), 2, always),
            refunded=_decimals(np.zeros(size, np.int64), 2, always),
            placed_us=end - (orders - ids) * step,
        )


def _filled(projection: Any, size: int, **columns: Any) -> pa.Table:
    """Rows of a file with these columns; false, nothing or an empty map in all others."""
    from lake.rows import file_schema

    schema = file_schema(projection)
    arrays = []
    for field in schema:
        if field.name in columns:
            given = columns[field.name]
            arrays.append(given if isinstance(given, pa.Array) else pa.array(given, field.type))
        elif pa.types.is_map(field.type):
            none, offsets = pa.array([], field.type.item_type), pa.array(np.zeros(size + 1, np.int32))
            arrays.append(pa.MapArray.from_arrays(offsets, pa.array([], pa.string()), none))
        elif pa.types.is_boolean(field.type):
            arrays.append(pa.array(np.zeros(size, bool)))
        else:
            arrays.append(pa.nulls(size, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _decimals(numbers: np.ndarray, places: int, where: np.ndarray) -> pa.Array:
    """decimal(18, 6) of whole numbers with so many of their digits behind the point; null elsewhere."""
    sixteen_bytes = np.zeros((numbers.size, 2), np.int64)
    sixteen_bytes[:, 0] = numbers * 10 ** (6 - places)
    data = pa.py_buffer(sixteen_bytes.tobytes())
    found = pa.Array.from_buffers(pa.decimal128(18, 6), numbers.size, [None, data])
    return pc.if_else(pa.array(where), found, pa.scalar(None, found.type))


def _scattered(who: np.ndarray) -> np.ndarray:
    """The lower half of a made-up id: as random as a UUID's."""
    mixed = who.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed ^ (mixed >> np.uint64(29))).astype(np.int64)


def _is_there(table: Any) -> bool:
    from lake.store import LostTableError

    try:
        return table.version().watermark is not None
    except LostTableError:
        return False


def asked_by_product(rule: Any) -> int:
    """The members as the segment's form previews them."""
    from segments.queries import preview
    from segments.rules import parse_rule

    return preview(parse_rule(rule), segment_id=None, now=NOW).count


def asked_by_hand(connection: Any, name: str, rule: Any) -> int:
    """The same rule in DuckDB's own SQL on the same files."""
    inner, having = BY_HAND[name]
    files, identifier_files = _files(rule)
    inner = inner.format(files=files, now=int(NOW.timestamp()) * 1_000_000)
    text = PEOPLE.format(inner=inner, identifiers=identifier_files, having=having)
    return int(connection.sql(text).to_arrow_table().num_rows)


def rfm_by_product() -> int:
    """Everybody scored as the grid's page shows it; answers how many bought."""
    from audiences.services.rfm import preview

    return preview(rfm_settings(), NOW).people


def rfm_by_hand(connection: Any) -> int:
    """The same in DuckDB's own SQL, by tiles."""
    from lake.queries import snapshot
    from lake.registry import projection

    tables = ("orders", "identifiers")
    with snapshot(tables) as snap:
        asks = {name: _all_of(projection(name)) for name in tables}
        files = {name: str([file.path for file in snap.relation(ask).files]) for name, ask in asks.items()}
    now = int(NOW.timestamp()) * 1_000_000
    since = now - (rfm_settings().window_days or 36_500) * 86_400_000_000
    found = connection.sql(RFM.format(now=now, since=since, **files)).to_arrow_table()
    return int(pc.sum(found["people"]).as_py())


def rfm_settings() -> Any:
    from dataclasses import replace

    from audiences.rfm import Settings

    return replace(Settings(), currency="EUR")


def _all_of(projection: Any) -> Any:
    from lake.contracts import Ask

    return Ask(projection.name, (projection.columns[0].name,))


def _files(rule: Any) -> tuple[str, str]:
    from cdp.lib.clock import to_us
    from lake.queries import snapshot
    from segments.rules import parse_rule
    from segments.rules.compiled import members_of

    asks = members_of(parse_rule(rule)).asks(to_us(NOW))
    with snapshot(asks) as snap:
        lists = [[file.path for file in snap.relation(asks[name]).files] for name in ("events", "identifiers")]
    return str(lists[0]), str(lists[1])


def best(ask: Callable[[], int], times: int) -> tuple[float, int]:
    """The median of several runs in seconds, after one that warms the file cache, and the answer."""
    answer = ask()
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        if ask() != answer:
            raise AssertionError("the answer changed between runs")
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), answer


def main() -> None:
    """Generate, ask both ways, compare the answers, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--postgres", type=int, default=1_000_000, help="events of the comparison with it; 0: none")
    options = parser.parse_args()
    var = Path(os.environ.get("VAR_DIR", "var/bench"))
    os.environ["LAKE_URL"] = str((var / f"segment-lake-{options.events}").resolve())
    with fresh_database():
        around = surroundings()
        import django

        django.setup()
        import duckdb
        from django.db import connection

        started = time.perf_counter()
        generate(options.events, options.events * 3 // 50)
        spent = time.perf_counter() - started
        by_hand = duckdb.connect(config={"memory_limit": "2048MB", "threads": 2})
        measured: dict[str, tuple[float, float, int]] = {}
        for name, rule in RULES.items():
            ours, count = best(lambda rule=rule: asked_by_product(rule), options.runs)  # type: ignore[misc]
            theirs, expected = best(lambda n=name, r=rule: asked_by_hand(by_hand, n, r), options.runs)  # type: ignore[misc]
            if count != expected:
                raise AssertionError(f"{name}: {count} by the rule, {expected} by hand")
            measured[name] = ours, theirs, count
        ours, people = best(rfm_by_product, options.runs)
        theirs, expected = best(lambda: rfm_by_hand(by_hand), options.runs)
        if people != expected:
            raise AssertionError(f"RFM: {people} people by the product, {expected} by hand")
        measured["RFM of all, quintiles"] = ours, theirs, people
        connection.close()
    _print(measured, options.events, f"{around}; lake ready after {spent:.0f} s")
    if options.postgres:
        command = [sys.executable, "-m", "bench.segment_postgres", "--events", str(options.postgres)]
        subprocess.run([*command, "--runs", str(options.runs)], check=True)


def _print(measured: dict[str, tuple[float, float, int]], events: int, around: str) -> None:
    size = f"{events:,} events, {events * 3 // 50:,} identifiers, no tail, files in the cache"
    each = "; ".join(
        f"{name}: {ours:.2f} s, by hand {hand:.2f} s, {count:,} found" for name, (ours, hand, count) in measured.items()
    )
    seconds, by_hand = zip(*((ours, hand) for ours, hand, _ in measured.values()), strict=True)
    worst = max(measured.values())
    reference = "DuckDB's own SQL on the same files, same run"
    figures = (
        ("preview_worst_s", worst[0], "s", 2, worst[1], f"{size}; {each}; {around}"),
        ("preview_typical_s", statistics.median(seconds), "s", 0.5, statistics.median(by_hand), "median of the four"),
        ("preview_ratio", sum(seconds) / sum(by_hand), "times", 1.2, None, "all four together, ours over by hand"),
    )
    for metric, value, unit, goal, beside, note in figures:
        report(
            "segment",
            metric,
            value,
            unit,
            goal=goal,
            reference=reference,
            reference_value=beside,
            note=note,
            digits=3,
        )


if __name__ == "__main__":
    main()
