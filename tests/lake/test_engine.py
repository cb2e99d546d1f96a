"""The engine: it answers a SELECT over what it is given, within its limits, and does nothing else."""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
from sqlglot import exp

from events.projections import EVENTS
from lake.contracts import (
    Ask,
    Facet,
    LakeFile,
    Limits,
    QueryError,
    QueryTooLargeError,
    QueryTooSlowError,
    Relation,
    Value,
)
from lake.engines import DuckDB, Statement
from lake.queries.engine import engine as configured
from lake.reading import asked_schema
from lake.rows import key_schema
from tests.lake.tables import write_events

NUMBERS = pa.table({"a": pa.array([1, 2, 3], pa.int64())})
NASTY = ("it's", '"quoted"', "'); DROP TABLE events; --", "back\\slash", "$now_us", "{brace}", "новый 🛒", "%s")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[DuckDB]:
    engine = DuckDB(folders=(folder,), temp=folder.parent / "spill")
    yield engine
    engine.close()


def select(text: str) -> exp.Select:
    return sqlglot.parse_one(text, dialect="duckdb", into=exp.Select)


def test_a_statement_is_answered_as_arrow_with_its_values(engine: DuckDB) -> None:
    statement = Statement(select("SELECT SUM(a) AS total FROM numbers WHERE a > $low"))
    for low, total in ((0, 6), (1, 5), (2, 3)):
        found = engine.query(statement, {"numbers": NUMBERS}, values={"low": low, "unused": 9})
        assert found["total"].to_pylist() == [total]
    with pytest.raises(QueryError, match="needs a value for low"):
        engine.query(statement, {"numbers": NUMBERS})


@pytest.mark.parametrize(
    "text",
    [
        "COPY (SELECT 1) TO 'evil.csv'",
        "ATTACH 'evil.db'",
        "CREATE TABLE evil AS SELECT 1",
        "INSERT INTO numbers VALUES (1)",
        "DELETE FROM numbers",
        "DROP TABLE numbers",
        "SET threads = 64",
        "PRAGMA database_list",
        "INSTALL httpfs",
        "WITH gone AS (DELETE FROM numbers RETURNING a) SELECT * FROM gone",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "SELECT getenv('HOME')",
    ],
)
def test_what_is_no_plain_select_over_the_relations_is_refused(engine: DuckDB, folder: Path, text: str) -> None:
    tree = sqlglot.parse_one(text, dialect="duckdb")
    before = sorted(os.listdir(folder))
    with pytest.raises(QueryError):
        engine.query(tree, {"numbers": NUMBERS})  # type: ignore[arg-type]
    assert sorted(os.listdir(folder)) == before


def test_the_instance_itself_reads_the_lake_only_and_takes_no_setting(engine: DuckDB, tmp_path: Path) -> None:
    """The second lock: what the check would let through finds a closed door."""
    pq.write_table(NUMBERS, tmp_path / "secret.parquet")
    instance = engine._instance(Limits())
    for text in (
        f"SELECT * FROM read_parquet('{tmp_path}/secret.parquet')",
        f"COPY (SELECT 1) TO '{tmp_path}/evil.csv'",
        f"ATTACH '{tmp_path}/evil.db'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SET enable_external_access = true",
        "SET memory_limit = '64GB'",
        "SELECT * FROM NUMBERS",
    ):
        with pytest.raises(Exception, match=r"disabled|locked|does not exist"):
            instance.execute(text).fetchall()
    assert sorted(os.listdir(tmp_path)) == ["secret.parquet"]


def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_answered(engine: DuckDB) -> None:
    many = pa.table({"a": pa.array(range(100_000), pa.int64())})
    slow = select("SELECT SUM(x.a * y.a % 7) AS total FROM many AS x CROSS JOIN many AS y")
    with pytest.raises(QueryTooSlowError, match=r"longer than 0\.2 s"):
        engine.query(slow, {"many": many}, limits=Limits(seconds=0.2))
    assert engine.query(select("SELECT COUNT(*) AS n FROM many"), {"many": many})["n"].to_pylist() == [100_000]


def test_a_query_that_needs_too_much_memory_is_refused(folder: Path) -> None:
    engine = DuckDB(folders=(folder,), temp=folder.parent / "small")
    many = pa.table({"a": pa.array(range(1_000_000), pa.int64())})
    large = select("SELECT LIST(x.a ORDER BY x.a * 7 % 1000003) AS all_of_them FROM many AS x CROSS JOIN ten AS y")
    ten = pa.table({"b": pa.array(range(20), pa.int64())})
    with pytest.raises(QueryTooLargeError, match="more than 40 MB"):
        engine.query(large, {"many": many, "ten": ten}, limits=Limits(memory_mb=40))
    engine.close()


def test_names_and_texts_are_values_whatever_they_hold(engine: DuckDB, folder: Path) -> None:
    rows = [
        {"id": n, "name": text, "occurred_us": n, "identifier_id": n, "bag": {text: text}}
        for n, text in enumerate(NASTY)
    ]
    path = write_events(folder / "nasty.parquet", rows)
    for number, text in enumerate(NASTY):
        ask = Ask("events", ("id",), (Value(text, frozenset({Facet.TEXT})),), frozenset({text}), -1)
        relation = relation_of(ask, path)
        where = exp.column("v0_text").eq(exp.Literal.string(text))
        found = engine.query(exp.select("id").from_("events").where(where), {"events": relation})
        assert found["id"].to_pylist() == [number]


def test_files_lose_what_is_hidden_and_gain_the_tail(engine: DuckDB, folder: Path) -> None:
    rows = [{"id": n, "name": "A", "occurred_us": n, "identifier_id": n, "bag": {}} for n in range(6)]
    path = write_events(folder / "plain.parquet", rows)
    ask = Ask("events", ("id", "occurred_us"), (), frozenset({"A"}), 1)
    tail = pa.Table.from_pylist([{"id": 9, "occurred_us": 9}], schema=asked_schema(EVENTS, ask))
    hidden = pa.table({"id": pa.array([3, 5], pa.int64())})
    relation = Relation(ask, EVENTS, (LakeFile(str(path)),), tail, hidden)
    found = engine.query(select("SELECT id FROM events ORDER BY id"), {"events": relation})
    assert found["id"].to_pylist() == [2, 4, 9]


def test_a_missing_file_is_an_error_that_says_what_to_do(engine: DuckDB, folder: Path) -> None:
    relation = relation_of(Ask("events", ("id",)), folder / "gone.parquet")
    with pytest.raises(QueryError, match="rebuild the lake"):
        engine.query(select("SELECT id FROM events"), {"events": relation})


def test_an_engine_that_is_not_known_is_refused_by_name(settings: object) -> None:
    settings.LAKE_ENGINE = "sqlite"  # type: ignore[attr-defined]
    with pytest.raises(QueryError, match=r"'sqlite' is not known; it takes duckdb, .* or sc://host:port"):
        configured()


def relation_of(ask: Ask, path: Path) -> Relation:
    return Relation(
        ask, EVENTS, (LakeFile(str(path)),), asked_schema(EVENTS, ask).empty_table(), key_schema(EVENTS).empty_table()
    )
