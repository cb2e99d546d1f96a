"""`./run bench training`: what a training costs, in seconds and memory, by the product's own code.

A synthetic shop of 50,000 products (tastes, visits, heavy tails) is learned from end to end: settings, blends, judging,
the served fit, writing and loading. `--interactions 50000000` first reads that many from Parquet by the very statements
of a training, with people sampled to `max_interactions`, as the product does with more than that.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import django
import duckdb
import numpy as np
import pyarrow as pa

from bench.report import report
from recommendations import model as artifacts
from recommendations import training
from recommendations.estimators.facing import Article, TrainingData
from recommendations.estimators.interactions import DAY_US, Interactions
from recommendations.estimators.wording import text_of
from recommendations.training.metrics import MAIN, marks_of

PRODUCTS, TOPICS, DAYS = 50_000, 500, 720
MEMORY_MB = 2_048  # of DuckDB, as lake.contracts.Limits has it
EVENTS = """
COPY (SELECT (hash(n // 7) % {people})::BIGINT AS identifier_id,
  'p' || ((hash(n // 7) % {topics}) * {per_topic}
    + floor(pow((hash(n) % 1000) / 1000.0, 3) * {per_topic})::INT) AS v0_text,
  NULL::VARCHAR AS v0_folded,
  CASE WHEN hash(n + 1) % 10 < 9 THEN 'Product Viewed' ELSE 'Product Added' END AS name,
  ((hash(n // 7 + 5) % {days}) * 86400000000 + (n % 7) * 40000000)::BIGINT AS occurred_us
FROM range({rows}) AS t(n)) TO '{path}' (FORMAT parquet)
"""
IDENTIFIERS = """
COPY (SELECT n AS id, (hash(n) >> 1)::BIGINT AS profile_hi, (hash(n + 9) >> 1)::BIGINT AS profile_lo,
  FALSE AS is_shared FROM range({people}) AS t(n)) TO '{path}' (FORMAT parquet)
"""


def synthetic(rows: int, products: int = PRODUCTS, seed: int = 1) -> TrainingData:
    """About `rows` interactions: visits of a geometric length within a person's taste, popular products more often."""
    rng = np.random.default_rng(seed)
    people, per_topic = max(rows // 12, 1), max(products // TOPICS, 1)
    visits = rng.integers(0, people, max(rows // 6, 1))
    lengths = rng.geometric(1 / 6, len(visits)).clip(1, 40)
    who = np.repeat(visits, lengths)
    steps = np.arange(len(who)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    at_us = np.repeat(rng.integers(0, DAYS * DAY_US, len(visits)), lengths) + steps * 40_000_000
    topic = np.where(rng.random(len(who)) < 0.8, (who * 7_919) % TOPICS, rng.integers(0, TOPICS, len(who)))
    items = topic * per_topic + (rng.random(len(who)) ** 3 * per_topic).astype(np.int64)
    kinds = rng.choice(3, len(who), p=[0.82, 0.08, 0.1]).astype(np.int8)
    names = tuple(f"p{number}" for number in range(products))
    articles = [
        Article(name, f"topic {at // per_topic}", text_of(f"thing {at} kind {at % 97}", category=f"t{at // per_topic}"))
        for at, name in enumerate(names)
    ]
    columns = (who.astype(np.int32), items.astype(np.int32), at_us.astype(np.int64), kinds)
    return TrainingData(Interactions(*columns, products=names, n_people=people), articles)


def measure_training(data: TrainingData) -> None:
    """From interactions to a loaded model."""
    from recommendations.services.measuring import metered

    rows, begun_cpu = len(data.interactions), time.process_time()
    with metered() as meter:
        trained = training.train(data, training.Params(), training.Watch(lambda *_: None, time.perf_counter))
        learned_s, cpu_s = meter.seconds, time.process_time() - begun_cpu
        folder = Path(tempfile.mkdtemp()) / "model"
        checksum = artifacts.write(trained.model, folder)
    note = f"{rows:,} interactions, {len(data.interactions.products):,} products, taste by {trained.model.method}"
    report("training", "train_s", learned_s, "s", note=note)
    report("training", "train_cpu_s", cpu_s, "s", note="of this process, both cores; what others do does not count")
    report("training", "train_s_per_1m", learned_s / rows * 1e6, "s", note="interactions")
    report("training", "peak_mb", meter.peak_mb or 0, "MB", note="resident, synthetic data included")
    report("training", "model_mb", artifacts.size_bytes(folder) / 1e6, "MB", note="on disk, mapped by web processes")
    begun = time.perf_counter()
    artifacts.read(folder, checksum)
    report("training", "load_s", time.perf_counter() - begun, "s", digits=2, note="with every SHA-256 checked")
    artifacts.remove(folder)
    _say_tasks(trained.metrics)


def _say_tasks(metrics: Mapping[str, Any]) -> None:
    """The main mark of each task beside popularity and item kNN, and on whom."""
    for task, (where, mark) in MAIN.items():
        ours, popularity, knn = (marks_of(metrics, task, where, name) for name in ("model", "popularity", "item_knn"))
        if mark not in ours:
            continue
        judged = metrics["judged_on"][task]
        blend = ", ".join(f"{part} {weight:.2f}" for part, weight in metrics["blends"][task].items())
        beside = f", item kNN {knn[mark]:.4f}" if mark in knn else ""
        report(
            "training",
            f"{task}_{mark}20",
            ours[mark],
            mark.upper(),
            reference="popularity, same run",
            reference_value=popularity.get(mark),
            digits=4,
            note=f"{judged['cases']:,} questions of {judged['people']:,} of {judged['people_there_are']:,} people, "
            f"95 % {ours[f'{mark}_low']:.4f} to {ours[f'{mark}_high']:.4f}{beside}; blend: {blend}",
        )


def measure_reading(rows: int, most: int) -> None:
    """Counts and reads `rows` events by the statements of a training, people sampled to `most` interactions."""
    from commerce.queries.touches import BUCKETS, COUNT_EVENTS, EVENTS_OF_LAKE
    from recommendations.services.measuring import metered

    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        database.execute(f"SET memory_limit = '{MEMORY_MB}MB'; SET threads = 2; SET temp_directory = '{folder}'")
        database.execute("SET enable_progress_bar = false")
        _write(database, Path(folder), rows)
        values = {"since_us": 0, "until_us": DAYS * DAY_US * 2}
        with metered() as meter:
            ((there_are, _),) = database.execute(COUNT_EVENTS, {**values, "buckets": BUCKETS}).fetchall()
            share = min(1.0, most / there_are)
            buckets = max(1, round(share * BUCKETS))
            found: pa.Table = database.execute(EVENTS_OF_LAKE, {**values, "buckets": buckets}).to_arrow_table()
        note = f"{there_are:,} events in Parquet, {share:.1%} of the people read: {len(found):,} rows"
        report("training", "read_s", meter.seconds, "s", note=note)
        report("training", "read_peak_mb", meter.peak_mb or 0, "MB", note=f"DuckDB may take {MEMORY_MB:,} MB")


def _write(database: duckdb.DuckDBPyConnection, folder: Path, rows: int) -> None:
    people = max(rows // 12, 1)
    sizes = {"people": people, "topics": TOPICS, "per_topic": PRODUCTS // TOPICS, "days": DAYS, "rows": rows}
    for table, statement in (("events", EVENTS), ("identifiers", IDENTIFIERS)):
        path = folder / f"{table}.parquet"
        database.execute(statement.format(path=path, **sizes))
        database.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{path}')")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="run bench training", description=__doc__)
    parser.add_argument("--interactions", type=int, default=1_000_000, help="how many there are")
    parser.add_argument("--products", type=int, default=PRODUCTS)
    parser.add_argument("--max-interactions", type=int, default=training.Params().max_interactions)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
    django.setup()
    if options.interactions > options.max_interactions:
        measure_reading(options.interactions, options.max_interactions)
    measure_training(synthetic(min(options.interactions, options.max_interactions), options.products))


if __name__ == "__main__":
    main()
