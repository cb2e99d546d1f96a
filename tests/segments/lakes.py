"""People made up for a test as the lake's tables: as rows alone, or as Parquet files with a tail and hidden rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from commerce.projections import ORDER_LINES, ORDERS
from events.projections import EVENTS
from lake.contracts import FACET_TYPES, Ask, LakeFile, Relation, value_column
from lake.facets import facets_of
from lake.reading import asked_schema
from profiles.projections import IDENTIFIERS, PROFILES
from segments.projections import COMPUTED
from segments.rules import PersonFacts
from segments.rules.compiled import CompiledRules
from segments.rules.facts import PastOrder
from segments.rules.scope import GIVEN
from tests.lake.tables import Row, write

PROJECTIONS = {one.name: one for one in (EVENTS, IDENTIFIERS, PROFILES, COMPUTED, ORDERS, ORDER_LINES)}
OUTDATED = {"country": "XX", "price": 18.99}
GIVEN_TYPES = {
    "profile_hi": pa.int64(),
    "profile_lo": pa.int64(),
    "identifier_id": pa.int64(),
    "until_us": pa.int64(),
    "allowed": pa.bool_(),
}


def rows_of(people: Sequence[PersonFacts]) -> dict[str, list[Row]]:
    """The rows of every table. Person n is profile (hi n, lo 7n); each has two identifiers or as many as kinds, and the
    events and orders on the first two."""
    tables: dict[str, list[Row]] = {name: [] for name in PROJECTIONS}
    for number, person in enumerate(people):
        key = {"profile_hi": number, "profile_lo": 7 * number, "is_shared": False}
        tables["profiles"].append({**key, "bag": dict(person.traits)})
        if person.computed:
            tables["computed"].append({"profile_hi": number, "profile_lo": 7 * number, "bag": dict(person.computed)})
        kinds = [*sorted(person.kinds), "anonymous_id", "anonymous_id"][: max(2, len(person.kinds))]
        tables["identifiers"] += [
            {"id": identifier_id(number, each), "kind": kind, **key} for each, kind in enumerate(kinds)
        ]
        for index, event in enumerate(person.events):
            tables["events"].append(
                {
                    "id": 1_000 * number + (event.id or index + 1),  # a person's own order, nobody's id twice
                    "identifier_id": identifier_id(number, index % 2),
                    "name": event.name,
                    "occurred_us": event.occurred_us,
                    "channel": event.channel,
                    "order_id": event.properties.get("order_id"),
                    "bag": dict(event.properties),
                }
            )
        for index, order in enumerate(person.orders):
            _add_order(tables, order, identifier_id(number, index % 2))
    return tables


def identifier_id(person: int, each: int) -> int:
    """The id of one of a person's identifiers."""
    return 100 * person + 1 + each


def _add_order(tables: dict[str, list[Row]], order: PastOrder, owner: int) -> None:
    row_id = len(tables["orders"]) + 1
    whole = {name: getattr(order, name) for name in ("order_id", "status", "currency", "revenue", "total", "refunded")}
    tables["orders"].append(whole | {"id": row_id, "identifier_id": owner, "placed_us": order.placed_us, "bag": {}})
    for line in order.lines:
        told = {name: getattr(line, name) for name in ("product_id", "quantity", "amount", "occurred_us")}
        kind = "refund" if line.is_refund else "goods"
        keys = {"id": len(tables["order_lines"]) + 1, "order_row": row_id, "identifier_id": owner, "kind": kind}
        tables["order_lines"].append(told | keys | {"bag": {}})


def given(people: Sequence[PersonFacts], compiled: CompiledRules) -> dict[str, pa.Table]:
    """The tables that rules are given beside the lake's (`segments.queries.given`), of these people."""
    rows: dict[str, list[Row]] = {name: [] for name in GIVEN}
    for number, person in enumerate(people):
        key = {"profile_hi": number, "profile_lo": 7 * number}
        rows["memberships"] += [{"segment": slug, **key} for slug in sorted(person.segments)]
        rows["listed"] += [{"list": slug, "identifier_id": identifier_id(number, 0)} for slug in sorted(person.lists)]
        rows["consents"] += [{"purpose": one, **key, **said._asdict()} for one, said in person.consents.items()]
    catalog = {product: entry for person in people for product, entry in person.catalog.items()}
    for product, entry in catalog.items():
        bag = {**entry.attributes, "category": entry.category or None, "brand": entry.brand or None}
        row: Row = {"product_id": product, "product_key": product, "bag": bag}
        for index, value in enumerate(compiled.given.get("catalog", ())):
            for facet in value.facets:
                row[value_column(index, facet)] = getattr(facets_of(bag.get(value.name)), facet)
        rows["catalog"].append(row)
    return {name: _given(compiled, name, rows[name]) for name in compiled.given}


def _given(compiled: CompiledRules, name: str, rows: list[Row]) -> pa.Table:
    fields = [pa.field(column, GIVEN_TYPES.get(column, pa.string())) for column in GIVEN[name]]
    for index, value in enumerate(compiled.given[name]):
        facets = [facet for facet in FACET_TYPES if facet in value.facets]
        fields += [pa.field(value_column(index, facet), FACET_TYPES[facet]) for facet in facets]
    arrays = [pa.array([row.get(field.name) for row in rows], field.type) for field in fields]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def as_rows(rows: Mapping[str, list[Row]], asks: Mapping[str, Ask]) -> dict[str, Relation]:
    """Relations without files, as they come from PostgreSQL for touched profiles."""
    return {name: _relation(ask, [], rows[name], []) for name, ask in asks.items()}


def as_files(rows: Mapping[str, list[Row]], asks: Mapping[str, Ask], folder: Path) -> dict[str, Relation]:
    """Relations of two files and a tail, with outdated rows in the files that are hidden."""
    found = {}
    for name, ask in asks.items():
        projection = PROJECTIONS[name]
        mine = rows[name]
        cut = len(mine) - len(mine) // 3
        kept, newer = mine[:cut], mine[cut:]
        outdated = [{**row, "bag": OUTDATED if projection.bag else {}} for row in newer]
        first, second = kept[: cut // 2], kept[cut // 2 :] + outdated
        files = [
            LakeFile(str(write(projection, folder / f"{name}-{index}.parquet", part)))
            for index, part in enumerate((first, second))
        ]
        found[name] = _relation(ask, files, newer, newer)
    return found


def _relation(ask: Ask, files: list[LakeFile], tail: list[Row], hidden: list[Row]) -> Relation:
    projection = PROJECTIONS[ask.table]
    keys = ["profile_hi", "profile_lo"] if projection.is_keyed_by_profile else [projection.columns[0].name]
    away = pa.table({key: pa.array([row[key] for row in hidden], pa.int64()) for key in keys})
    return Relation(ask, projection, tuple(files), _tail(ask, tail), away)


def _tail(ask: Ask, rows: list[Row]) -> pa.Table:
    rows = [row for row in rows if ask.names is None or row["name"] in ask.names]
    rows = [row for row in rows if ask.since_us is None or row["occurred_us"] > ask.since_us]
    columns: list[list[Any]] = [[row.get(name) for row in rows] for name in ask.columns]
    schema = asked_schema(PROJECTIONS[ask.table], ask)
    for field in list(schema)[len(ask.columns) :]:
        index, _, facet = field.name[1:].partition("_")
        name = ask.values[int(index)].name
        columns.append([getattr(facets_of(row["bag"].get(name)), facet) for row in rows])
    return pa.Table.from_arrays([pa.array(v, f.type) for v, f in zip(columns, schema, strict=True)], schema=schema)
