"""The Spark Connect engine keeps the engine's promises; asked of a real server, Sail on loopback."""

import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pytest_django import Settings
from sqlglot import exp

from events.projections import EVENTS
from lake.contracts import (
    Ask,
    Facet,
    LakeFile,
    Limits,
    QueryError,
    QueryStoppedError,
    QueryTooSlowError,
    Relation,
    Value,
)
from lake.engines import DuckDB, Engine, Spark, Statement
from lake.queries.engine import engine as configured
from lake.queries.engine import engine_in_process
from lake.reading import asked_schema
from tests.lake.sail import serving
from tests.lake.tables import write_events
from tests.lake.test_engine import NASTY, NUMBERS, relation_of, select

pytestmark = pytest.mark.filterwarnings("ignore:.RETRIES_EXCEEDED")
COUNT = "SELECT COUNT(*) AS n FROM events"
MANY = pa.table({"a": pa.array(range(100_000), pa.int64()), "b": pa.array([n % 5 for n in range(100_000)])})
SLOW = select("SELECT SUM(x.a * y.a % 7) AS total FROM many AS x JOIN many AS y ON x.b = y.b")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as found:
        yield found


@pytest.fixture(scope="module")
def engine(address: str) -> Iterator[Spark]:
    engine = Spark(remote=address)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


def test_a_statement_is_answered_as_arrow_with_its_values(engine: Spark) -> None:
    statement = Statement(select("SELECT SUM(a) AS total FROM numbers WHERE a > $low"))
    for low, total in ((0, 6), (1, 5), (2, 3), (2**40, None)):
        found = engine.query(statement, {"numbers": NUMBERS}, values={"low": low, "unused": 9})
        assert found["total"].to_pylist() == [total]
    with pytest.raises(QueryError, match="needs a value for low"):
        engine.query(statement, {"numbers": NUMBERS})


def test_a_small_value_is_reckoned_with_as_widely_as_a_large_one(engine: Spark) -> None:
    found = engine.query(
        select("SELECT a * $factor AS wide FROM numbers WHERE a = 3 AND $factor * $factor > 0"),
        {"numbers": NUMBERS},
        values={"factor": 2_000_000_000},
    )
    assert found["wide"].to_pylist() == [6_000_000_000]


def test_answers_have_the_types_that_duckdb_gives(engine: Spark, folder: Path) -> None:
    rows = pa.table(
        {
            "a": pa.array([1, 1], pa.int64()),
            "money": pa.array([Decimal("18.99"), None], pa.decimal128(18, 6)),
            "text": pa.array(["x", None]),
            "flag": pa.array([True, None]),
        }
    )
    text = """WITH one AS (SELECT a, money, text, flag, ROW_NUMBER() OVER (PARTITION BY a ORDER BY money) AS place,
      MAX(a) OVER (PARTITION BY a ORDER BY text ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM rows), two AS (SELECT * FROM one WHERE flag UNION ALL SELECT * FROM one WHERE flag IS NULL)
    SELECT a, money, text, flag, place, before FROM two ORDER BY text NULLS FIRST"""
    duckdb = DuckDB(folders=(), temp=folder / "spill")
    ours, theirs = (each.query(select(text), {"rows": rows}) for each in (engine, duckdb))
    duckdb.close()
    assert ours.schema == theirs.schema
    assert ours.select(["a", "money", "text", "flag"]).equals(theirs.select(["a", "money", "text", "flag"]))


def test_no_rows_have_columns_too(engine: Spark) -> None:
    found = engine.query(select("SELECT a FROM numbers"), {"numbers": NUMBERS.slice(0, 0)})
    assert (found.num_rows, found.schema.names) == (0, ["a"])


def test_what_is_no_plain_select_over_the_relations_is_refused(engine: Spark) -> None:
    for text in ("SELECT * FROM read_csv('/etc/passwd')", "SELECT getenv('HOME')", "SELECT * FROM other"):
        with pytest.raises(QueryError):
            engine.query(select(text), {"numbers": NUMBERS})


def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_answered(engine: Spark) -> None:
    with pytest.raises(QueryTooSlowError, match=r"longer than 1 s"):
        engine.query(SLOW, {"many": MANY}, limits=Limits(seconds=1))
    assert engine.query(select("SELECT COUNT(*) AS n FROM many"), {"many": MANY})["n"].to_pylist() == [100_000]


def test_a_query_that_somebody_stops_ends(engine: Spark) -> None:
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    with pytest.raises(QueryStoppedError):
        engine.query(SLOW, {"many": MANY}, limits=Limits(seconds=60, stop=stop))


def test_names_and_texts_are_values_whatever_they_hold(engine: Spark, folder: Path) -> None:
    rows = [
        {"id": n, "name": text, "occurred_us": n, "identifier_id": n, "bag": {text: text}}
        for n, text in enumerate(NASTY)
    ]
    path = write_events(folder / "nasty.parquet", rows)
    for number, text in enumerate(NASTY):
        ask = Ask("events", ("id",), (Value(text, frozenset({Facet.TEXT})),), frozenset({text}), -1)
        where = exp.column("v0_text").eq(exp.Literal.string(text))
        found = engine.query(exp.select("id").from_("events").where(where), {"events": relation_of(ask, path)})
        assert found["id"].to_pylist() == [number]


def test_every_facet_is_read_from_files_as_duckdb_reads_it(engine: Spark, folder: Path) -> None:
    values = [
        "Größe",
        "18.500000",
        20,
        -0.5,
        True,
        False,
        "2027-01-14T10:00:00Z",
        " ",
        "",
        None,
        ["a"],
        {"b": 1},
        10**30,
    ]
    rows = [
        {"id": n, "name": "A", "occurred_us": n, "identifier_id": n, "bag": {"price": value, "other": value}}
        for n, value in enumerate(values)
    ]
    path = write_events(folder / "facets.parquet", rows)
    asked = tuple(Value(name, frozenset(Facet)) for name in ("price", "other"))
    relation = relation_of(Ask("events", ("id",), asked), path)
    columns = asked_schema(EVENTS, relation.ask).names
    duckdb = DuckDB(folders=(folder,), temp=folder / "spill")
    statement = exp.select(*columns).from_("events").order_by("id")
    ours, theirs = (each.query(statement, {"events": relation}) for each in (engine, duckdb))
    duckdb.close()
    assert ours.to_pylist() == theirs.to_pylist()


def test_files_lose_what_is_hidden_and_gain_the_tail(engine: Spark, folder: Path) -> None:
    rows = [{"id": n, "name": "A", "occurred_us": n, "identifier_id": n, "bag": {}} for n in range(6)]
    path = write_events(folder / "plain.parquet", rows)
    ask = Ask("events", ("id", "occurred_us"), (), frozenset({"A"}), 1)
    tail = pa.Table.from_pylist([{"id": 9, "occurred_us": 9}], schema=asked_schema(EVENTS, ask))
    hidden = pa.table({"id": pa.array([3, 5], pa.int64())})
    relation = Relation(ask, EVENTS, (LakeFile(str(path), rows=6),), tail, hidden)
    found = engine.query(select("SELECT id FROM events ORDER BY id"), {"events": relation})
    assert found["id"].to_pylist() == [2, 4, 9]


def test_a_file_that_the_server_does_not_see_is_an_error_and_never_an_empty_one(engine: Spark, folder: Path) -> None:
    rows = [{"id": n, "name": "A", "occurred_us": n, "identifier_id": n, "bag": {}} for n in range(6)]
    path = write_events(folder / "there.parquet", rows)
    whole = relation_of(Ask("events", ("id",)), path)
    files = (LakeFile(str(path), rows=6), LakeFile(str(folder / "gone.parquet"), rows=4))
    relation = Relation(whole.ask, EVENTS, files, whole.tail, whole.hidden)
    with pytest.raises(QueryError, match=r"sees 6 of 10 rows in the files of events: it must see the lake .*LAKE_URL"):
        engine.query(select(COUNT), {"events": relation})


def test_queries_at_the_same_time_never_meet(engine: Spark) -> None:
    """Every one names its table the same."""
    found: dict[int, list[int]] = {}

    def ask(number: int) -> None:
        rows = pa.table({"a": pa.array([number] * 10, pa.int64())})
        for _ in range(5):
            found.setdefault(number, []).extend(
                engine.query(select("SELECT SUM(a) AS n FROM events"), {"events": rows})["n"].to_pylist()
            )

    threads = [threading.Thread(target=ask, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [10 * number] * 5 for number in range(6)}


def test_a_session_keeps_nothing_of_a_query(engine: Spark) -> None:
    engine.query(select("SELECT SUM(a) AS n FROM kept"), {"kept": NUMBERS})
    with engine._sessions.borrowed() as session:
        assert [table.name for table in session.spark.catalog.listTables()] == []


def test_a_server_that_is_not_there_is_said_soon_and_without_the_token() -> None:
    engine = Spark(remote="sc://127.0.0.1:1/;token=hush")
    with pytest.raises(QueryError, match=r"^sc://127.0.0.1:1 does not answer; see LAKE_ENGINE") as raised:
        engine.query(select("SELECT a FROM numbers"), {"numbers": NUMBERS}, limits=Limits(seconds=20))
    assert "hush" not in str(raised.value)


def test_a_client_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyspark.sql.connect.session", None)
    with pytest.raises(QueryError, match=r"LAKE_ENGINE=sc://spark:15002 needs the package pyspark-client"):
        Spark(remote="sc://spark:15002").query(select("SELECT a FROM numbers"), {"numbers": NUMBERS})


def test_an_address_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(QueryError, match="LAKE_ENGINE is no address of a Spark Connect server"):
        Spark(remote="sc://").query(select("SELECT a FROM numbers"), {"numbers": NUMBERS})


def test_the_deployment_says_which_engine_is_asked_and_rows_at_hand_stay_in_process(
    settings: Settings, address: str
) -> None:
    settings.LAKE_ENGINE = address
    engines: tuple[Engine, Engine] = configured(), engine_in_process()
    assert [type(one) for one in engines] == [Spark, DuckDB]
    for one in engines:
        assert one.query(select("SELECT SUM(a) AS n FROM numbers"), {"numbers": NUMBERS})["n"].to_pylist() == [6]
