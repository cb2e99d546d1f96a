"""How a bag of named JSON values stands in the files, and how an engine reads a facet back from there. Pure.

The writer (`encode`) and the reader (`facet_expression`) are on one page because each is meaningless without the other.
Columns of a bag, in this order:

- `<name>_number` decimal(18,6) and `<name>_text` of each promoted name;
- `numbers` map(text → decimal(18,6)) and `texts` map(text → text) of all other names: facets `number` and `text`;
- `folded` map(text → text): the facet only where it is neither the text itself nor, for a number, its plain digits;
  '' says that there is none although the value is a text (blanks only);
- `instants` map(text → int64 µs) and `flags` map(text → bool): facets `instant` and `flag`;
- `others` list(text): names of values with neither number nor text nor flag (lists, objects, very large integers).

A value is present when it has a number, a text or a flag, or stands in `others`. JSON null is nowhere.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from sqlglot import exp

from lake.contracts import Bag, Facet, Projection
from lake.facets import NOTHING, Facets, read

NUMBER = pa.decimal128(18, 6)
MAPS: dict[str, pa.DataType] = {
    "numbers": NUMBER,
    "texts": pa.string(),
    "folded": pa.string(),
    "instants": pa.int64(),
    "flags": pa.bool_(),
}
OTHERS = pa.field("others", pa.list_(pa.string()))
NO_FOLDED = ""  # stands in `folded` for a text of blanks, which would otherwise be taken for its own folded form
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_OTHER = Facets(present=True)


def bag_fields(bag: Bag) -> list[pa.Field]:
    """The columns of a bag with their Arrow types."""
    promoted = [
        pa.field(f"{name}_{kind}", kind_type)
        for name in bag.promoted
        for kind, kind_type in (("number", NUMBER), ("text", pa.string()))
    ]
    return [*promoted, *(pa.field(name, pa.map_(pa.string(), item)) for name, item in MAPS.items()), OTHERS]


def encode(bag: Bag, objects: Iterable[str | None]) -> dict[str, pa.Array]:
    """The columns of a bag from the text of its JSON objects, one a row; None and what is no object is empty."""
    found = _Entries(objects)
    columns: dict[str, pa.Array] = {}
    in_maps = np.ones(len(found.names), dtype=bool)
    for name in bag.promoted:
        mine = found.names == found.name_ids.get(name, -1)
        in_maps &= ~mine
        columns[f"{name}_number"] = found.column(mine, found.number)
        columns[f"{name}_text"] = found.column(mine, found.text)
    columns["numbers"] = found.map(in_maps, found.number)
    columns["texts"] = found.map(in_maps, found.text)
    everywhere = np.ones(len(found.names), dtype=bool)
    columns["folded"] = found.map(everywhere, found.folded)
    columns["instants"] = found.map(everywhere, found.instant)
    columns["flags"] = found.map(everywhere, found.flag)
    columns["others"] = found.list_of_others()
    return columns


def facet_expression(projection: Projection, name: str, facet: Facet, table: str = "") -> exp.Expr:
    """The facet of the bag value `name` over the columns of a file; NULL where it has none.

    `name` becomes a literal, never an identifier. `table` is the alias that the columns are qualified with, if any.
    """
    bag = projection.bag
    if bag is None:
        raise ValueError(f"{projection.name} of the lake has no named values")
    number = _plain(bag, name, "number", table)
    text = _plain(bag, name, "text", table)
    if facet is Facet.NUMBER:
        return number
    if facet is Facet.TEXT:
        return text
    if facet is Facet.FOLDED:
        kept = exp.func("COALESCE", _entry("folded", name, table), text, digits_expression(number))
        return exp.func("NULLIF", kept, exp.Literal.string(NO_FOLDED))
    if facet is Facet.INSTANT:
        return _entry("instants", name, table)
    flag = _entry("flags", name, table)
    if facet is Facet.FLAG:
        return flag
    is_other = exp.func("COALESCE", _contains("others", name, table), exp.false())
    has_reading = exp.or_(*(exp.Not(this=exp.Is(this=part, expression=exp.null())) for part in (number, text, flag)))
    # Present is true or null, never false: that is how the reference and the tail say it.
    return exp.Case(ifs=[exp.If(this=exp.or_(has_reading, is_other), true=exp.true())])


def plain_digits(number: Decimal) -> str:
    """A number's folded form as an engine derives it: no exponent, no zeros at the end, no sign on zero."""
    return format(number.normalize(), "f") if number else "0"


def digits_expression(number: exp.Expr) -> exp.Expression:
    """The plain digits of a decimal(18,6), whose text always has six places: 18.500000 → 18.5, 20.000000 → 20."""
    text: exp.Expression = exp.cast(number.copy(), "text")
    for end in ("0", "."):
        text = exp.Trim(this=text, expression=exp.Literal.string(end), position="TRAILING")
    return text


def _plain(bag: Bag, name: str, kind: str, table: str) -> exp.Expr:
    return _column(f"{name}_{kind}", table) if name in bag.promoted else _entry(f"{kind}s", name, table)


def _entry(column: str, name: str, table: str) -> exp.Expr:
    return exp.Bracket(this=_column(column, table), expressions=[exp.Literal.string(name)])


def _contains(column: str, name: str, table: str) -> exp.Expr:
    return exp.ArrayContains(this=_column(column, table), expression=exp.Literal.string(name))


def _column(name: str, table: str) -> exp.Column:
    return exp.column(name, table=table or None, quoted=True)


class _Entries:
    """Every (row, name, value) of a batch as three integer arrays; a value that comes again is read once."""

    def __init__(self, objects: Iterable[str | None]) -> None:
        rows: list[int] = []
        names: list[int] = []
        values: list[int] = []
        self.name_ids: dict[str, int] = {}
        value_ids: dict[bytes, int] = {}
        facets: list[Facets] = [NOTHING, _OTHER]
        self.count = 0
        for row, text in enumerate(objects):
            self.count = row + 1
            for name, raw in _object(text).items():
                value_id = value_ids.get(raw)
                if value_id is None:
                    value_id = _read_into(raw, facets)
                    if value_id > 1:
                        value_ids[raw] = value_id
                if value_id:
                    rows.append(row)
                    names.append(self.name_ids.setdefault(name, len(self.name_ids)))
                    values.append(value_id)
        self.rows = np.array(rows, dtype=np.int64)
        self.names = np.array(names, dtype=np.int64)
        self.values = np.array(values, dtype=np.int64)
        self.name_array = pa.array(list(self.name_ids), pa.string())
        self.number = pa.array([one.number for one in facets], NUMBER)
        self.text = pa.array([one.text for one in facets], pa.string())
        self.folded = pa.array([_underivable(one) for one in facets], pa.string())
        self.instant = pa.array([one.instant for one in facets], pa.int64())
        self.flag = pa.array([one.flag for one in facets], pa.bool_())

    def column(self, mine: np.ndarray[Any, Any], readings: pa.Array) -> pa.Array:
        """A column of one name's readings; null where the row has none."""
        places = np.zeros(self.count, dtype=np.int64)  # 0: the reading of nothing
        places[self.rows[mine]] = self.values[mine]
        return readings.take(pa.array(places))

    def map(self, mine: np.ndarray[Any, Any], readings: pa.Array) -> pa.Array:
        """A map column of every name with such a reading."""
        chosen = mine & _valid(readings)[self.values]
        keys = self.name_array.take(pa.array(self.names[chosen]))
        return pa.MapArray.from_arrays(self._offsets(chosen), keys, readings.take(pa.array(self.values[chosen])))

    def list_of_others(self) -> pa.Array:
        """A list column of the names whose value is only present."""
        readable = _valid(self.number) | _valid(self.text) | _valid(self.flag)
        chosen = ~readable[self.values]
        return pa.ListArray.from_arrays(
            self._offsets(chosen), self.name_array.take(pa.array(self.names[chosen])), type=OTHERS.type
        )

    def _offsets(self, chosen: np.ndarray[Any, Any]) -> pa.Array:
        counts = np.bincount(self.rows[chosen], minlength=self.count)
        return pa.array(np.concatenate(([0], np.cumsum(counts))), pa.int32())


def _object(text: str | None) -> dict[str, bytes]:
    """The values of an object as the bytes of their JSON."""
    if not text:
        return {}
    try:
        return {name: bytes(raw) for name, raw in _decode(text).items()}
    except msgspec.ValidationError:  # no object: it has no named values
        return {}


def _read_into(raw: bytes, facets: list[Facets]) -> int:
    """The place of a value's facets, added at the end; 0 for null, 1 for lists and objects."""
    if raw[:1] in (b"[", b"{"):
        return 1
    found = read(raw.decode())
    if found.present is None:
        return 0
    facets.append(found)
    return len(facets) - 1


def _underivable(found: Facets) -> str | None:
    """What must stand in `folded`: nothing where an engine derives it from the text or the number."""
    derivable = found.text if found.number is None else plain_digits(found.number)
    if found.folded == derivable:
        return None
    return NO_FOLDED if found.folded is None else found.folded


def _valid(array: pa.Array) -> np.ndarray[Any, Any]:
    return np.asarray(array.is_valid())
