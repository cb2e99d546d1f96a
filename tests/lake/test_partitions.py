"""Partitions: pruning never drops a row that was asked for."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.lib.clock import to_us
from events.projections import EVENTS
from lake.contracts import Ask
from lake.partitions import may_hold, month_of, split
from profiles.projections import IDENTIFIERS

NAMES = st.one_of(st.sampled_from([*EVENTS.heavy_names, "other", "Odd", ""]), st.text(max_size=5))
TIMES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)).map(to_us)  # noqa: DTZ001
ROWS = st.lists(st.tuples(NAMES, TIMES), max_size=20)
SCHEMA = pa.schema([("name", pa.string()), ("occurred_us", pa.int64())])


def rows_of(pairs: list[tuple[str, int]]) -> pa.Table:
    return pa.table([[name for name, _ in pairs], [at for _, at in pairs]], schema=SCHEMA)


@settings(max_examples=200)
@given(ROWS, st.none() | st.frozensets(NAMES, max_size=4), st.none() | TIMES)
def test_no_row_that_is_asked_for_lies_in_a_partition_that_is_left_out(
    pairs: list[tuple[str, int]], names: frozenset[str] | None, since: int | None
) -> None:
    ask = Ask("events", ("name",), names=names, since_us=since)
    kept = [
        tuple(row.values())
        for partition, part in split(EVENTS, rows_of(pairs))
        if may_hold(EVENTS, dict(partition), ask)
        for row in part.to_pylist()
    ]
    asked = [pair for pair in pairs if (names is None or pair[0] in names) and (since is None or pair[1] > since)]
    assert all(kept.count(pair) == pairs.count(pair) for pair in asked)


@given(ROWS)
def test_every_row_lies_in_one_partition_of_its_own_month(pairs: list[tuple[str, int]]) -> None:
    parts = list(split(EVENTS, rows_of(pairs)))
    assert sorted(tuple(row.values()) for _, part in parts for row in part.to_pylist()) == sorted(pairs)
    for partition, part in parts:
        assert {month_of(at) for at in part.column("occurred_us").to_pylist()} == {dict(partition)["month"]}


@pytest.mark.parametrize(
    ("names", "since", "held"),
    [
        (None, None, True),
        ({"Product Viewed"}, None, True),
        ({"Odd"}, None, False),
        ({"Odd", "Product Viewed"}, None, True),
        (None, datetime(2026, 3, 31, tzinfo=UTC), True),
        (None, datetime(2026, 4, 1, tzinfo=UTC), False),
    ],
)
def test_what_is_not_asked_for_is_left_out(names: set[str] | None, since: datetime | None, held: bool) -> None:
    ask = Ask("events", (), names=frozenset(names) if names else None, since_us=to_us(since) if since else None)
    assert may_hold(EVENTS, {"month": "2026-03", "part": "Product Viewed"}, ask) is held


def test_a_table_without_times_and_names_is_one_partition() -> None:
    rows = pa.table({"id": [1, 2]})
    assert [(partition, part.num_rows) for partition, part in split(IDENTIFIERS, rows)] == [((), 2)]
