"""Arrays as the server reads them: what goes in comes out, and what is not known is left to the driver."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.lib import binary_arrays, bulk_sql

pytestmark = pytest.mark.django_db
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    st.one_of(
        st.tuples(st.just("bigint"), st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1)),
        st.tuples(st.just("text"), st.lists(st.none() | TEXTS, min_size=1)),
        st.tuples(st.just("bytea"), st.lists(st.none() | st.binary(max_size=1500), min_size=1)),
        st.tuples(st.just("timestamptz"), st.lists(st.none() | INSTANTS, min_size=1)),
        st.tuples(st.just("uuid"), st.lists(st.none() | st.uuids(), min_size=1)),
    )
)
def test_the_server_reads_what_was_meant(case: tuple[str, list[Any]]) -> None:
    kind, values = case
    found = bulk_sql.fetch(f"SELECT unnest(%s::{kind}[])", [values])
    assert [value for (value,) in found] == values


def test_what_is_not_known_is_left_to_the_driver() -> None:
    elsewhere = datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    for values in ([], [None], [1, "a"], [True], [2**63], [1, None], [Decimal(1)], ["\ud800"], [elsewhere]):
        assert binary_arrays.array(values) is None
    assert bulk_sql.fetch("SELECT unnest(%s::bigint[])", [[1, None]]) == [(1,), (None,)]
    assert bulk_sql.fetch("SELECT unnest(%s::timestamptz[])", [[elsewhere]]) == [(elsewhere,)]
    assert bulk_sql.fetch("SELECT unnest(%s::numeric[])", [[Decimal("1.50")]]) == [(Decimal("1.50"),)]
    assert bulk_sql.fetch("SELECT cardinality(%s::text[])", [[]]) == [(0,)]
