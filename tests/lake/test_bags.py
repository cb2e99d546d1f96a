"""Facets read back from Parquet by an engine are the facets of lake.facets, for any JSON value."""

import io
from collections.abc import Sequence
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.bags import bag_fields, encode, facet_expression
from lake.contracts import FACET_TYPES, Bag, Facet, Projection
from lake.facets import NOTHING, Facets, read

BAG = Bag(sql="t.bag", pick="t.bag->%s", promoted=("price", "product_id"))
PROJECTION = Projection(name="things", table="things", columns=(), is_append_only=True, bag=BAG)
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**19) + 1, 10**19),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(-(10**6), 10**6, places=4).map(float),
    TEXTS,
    st.sampled_from(
        ["", " ", "\t", "01067", "1.50", "-0", "0.0", "2026-01-01", "2026-01-01T10:00:00+02:00", "STRASSE ß"]
    ),
    st.integers(0, 4_000_000_000),
)
NAMES = st.one_of(st.sampled_from(["price", "product_id", "color", "it's", 'a"b', "back\\slash", "", "Größe"]), TEXTS)
OBJECTS = st.dictionaries(
    NAMES, st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(TEXTS, SCALARS, max_size=2))
)


def written(objects: Sequence[str | None]) -> pa.Table:
    """The bag's columns after a round through Parquet."""
    columns = encode(BAG, objects)
    schema = pa.schema(bag_fields(BAG))
    buffer = io.BytesIO()
    pq.write_table(pa.table([columns[name] for name in schema.names], schema=schema), buffer)
    return pq.read_table(io.BytesIO(buffer.getvalue()))


def from_files(objects: Sequence[str | None], names: Sequence[str]) -> list[list[Facets]]:
    """Each row's facets by name, as DuckDB reads them from what was written."""
    things = written(objects)
    asked = [
        facet_expression(PROJECTION, name, facet, "things").sql("duckdb") for name in names for facet in FACET_TYPES
    ]
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.register("things", things)
        rows = engine.sql(f"SELECT {', '.join(asked)} FROM things").fetchall()
    width = len(FACET_TYPES)
    return [[Facets(*row[at : at + width]) for at in range(0, len(row), width)] for row in rows]


@pytest.mark.nightly
@settings(max_examples=25)
@given(st.lists(OBJECTS, min_size=1, max_size=6))
def test_facets_from_files_are_the_facets_of_the_values(objects: list[dict[str, Any]]) -> None:
    texts = [msgspec.json.encode(one).decode() for one in objects]
    names = sorted({name for one in objects for name in one} | {"never sent", "price"})
    expected = [
        [read(msgspec.json.encode(one[name]).decode()) if name in one else NOTHING for name in names] for one in objects
    ]
    assert from_files(texts, names) == expected


def test_what_is_no_object_has_no_values() -> None:
    assert from_files([None, "", "[1]", '{"price": 2}'], ["price"])[:3] == [[NOTHING]] * 3


def test_promoted_values_stand_in_columns_of_their_own_only() -> None:
    row = written(['{"price": 19.99, "product_id": "P1", "color": "Red", "tags": [1], "gift": true}']).to_pylist()[0]
    assert str(row["price_number"]) == "19.990000"
    assert (row["price_text"], row["product_id_text"]) == (None, "P1")
    assert (row["numbers"], row["texts"]) == ([], [("color", "Red")])
    assert row["folded"] == [("product_id", "p1"), ("color", "red")]
    assert (row["flags"], row["others"], row["instants"]) == ([("gift", True)], ["tags"], [])


def test_a_table_without_a_bag_has_no_facets() -> None:
    plain = Projection(name="plain", table="plain", columns=(), is_append_only=True)
    with pytest.raises(ValueError, match="plain of the lake has no named values"):
        facet_expression(plain, "x", Facet.NUMBER)
