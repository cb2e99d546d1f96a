"""People made up for a test as the lake's tables: as rows alone, or as Parquet files with a tail and hidden rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from events.projections import EVENTS
from lake.contracts import Ask, LakeFile, Relation
from lake.facets import facets_of
from lake.reading import asked_schema
from profiles.projections import IDENTIFIERS, PROFILES
from segments.rules import PersonFacts
from tests.lake.tables import Row, write

PROJECTIONS = {"events": EVENTS, "identifiers": IDENTIFIERS, "profiles": PROFILES}


def rows_of(people: Sequence[PersonFacts]) -> dict[str, list[Row]]:
    """The rows of every table. Person n is profile (hi n, lo 7n); each has two identifiers and the events on both."""
    events: list[Row] = []
    identifiers: list[Row] = []
    profiles: list[Row] = []
    for number, person in enumerate(people):
        key = {"profile_hi": number, "profile_lo": 7 * number, "is_shared": False}
        profiles.append({**key, "bag": dict(person.traits)})
        identifiers += [{"id": 2 * number + 1 + each, **key} for each in (0, 1)]
        for index, event in enumerate(person.events):
            events.append(
                {
                    "id": len(events) + 1,
                    "identifier_id": 2 * number + 1 + index % 2,
                    "name": event.name,
                    "occurred_us": event.occurred_us,
                    "bag": dict(event.properties),
                }
            )
    return {"events": events, "identifiers": identifiers, "profiles": profiles}


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
        outdated = [{**row, "bag": {"country": "XX", "price": 18.99}} for row in newer]
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
