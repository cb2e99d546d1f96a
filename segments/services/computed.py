"""Values computed of people (computed.*, rfm.*, score.*), written in batches; whom a live rule asks is marked dirty.

Several services write names of their own into one row a person: writers take turns, a batch at a time, so that none
loses what another wrote. A row that would say what it says already is not touched.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pyarrow as pa
from django.db import connection, transaction

from cdp.lib import bulk_sql
from cdp.lib.conflicts import retrying
from cdp.outbox.services import wake
from segments.halves import joined
from segments.queries import live_segments, mentions_of
from segments.rules.scope import HI, LO, RESERVED
from segments.services import locks

BATCH = 10_000
WRITERS_LOCK = 0x5E6_0003
FIRST, LAST = UUID(int=0), UUID(int=(1 << 128) - 1)

# {held}: the rows that are read and locked; those without news lose the names that are written now.
WRITE = """
WITH given AS (
  SELECT g.id, g.told::jsonb AS told FROM unnest(%s::uuid[], %s::text[]) AS g(id, told)
  WHERE EXISTS (SELECT FROM profiles_profile AS p WHERE p.id = g.id)),
held AS (
  SELECT c.id, c."values" AS old FROM segments_computedvalues AS c WHERE {held} ORDER BY c.id FOR UPDATE),
merged AS (
  SELECT id, coalesce(h.old, '{{}}') AS old, coalesce(kept.rest, '{{}}') || coalesce(g.told, '{{}}') AS new
  FROM given AS g FULL JOIN held AS h USING (id)
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(o.key, o.value) AS rest FROM jsonb_each(h.old) AS o
      WHERE NOT EXISTS (SELECT FROM unnest(%s::text[]) AS n WHERE o.key = n OR starts_with(o.key, n || '.'))
    ) AS kept),
changed AS (SELECT id, old, new FROM merged WHERE new <> old),
written AS (
  INSERT INTO segments_computedvalues (id, "values", updated_at)
  SELECT id, new, %s::timestamptz FROM changed ORDER BY id
  ON CONFLICT (id) DO UPDATE SET "values" = excluded."values", updated_at = excluded.updated_at)
SELECT id, EXISTS (SELECT FROM unnest(%s::text[]) AS asked WHERE old -> asked IS DISTINCT FROM new -> asked)
FROM changed ORDER BY id
"""
OF_THESE = WRITE.format(held="c.id = ANY(%s::uuid[])")
OF_A_RANGE = WRITE.format(held="c.id > %s::uuid AND c.id <= %s::uuid")
FORGET = "DELETE FROM segments_computedvalues WHERE id = ANY(%s)"
Told = tuple[list[UUID], list[str]]
_encode = msgspec.json.Encoder(decimal_format="number").encode


def write_values(
    values: Mapping[UUID, Mapping[str, Any]] | pa.Table,
    names: Collection[str],
    now: datetime,
    *,
    everybody: bool = False,
    report: Callable[[int, int], object] | None = None,
) -> int:
    """Make `names`, each with all below it ("rfm" is rfm.group too), say this and nothing else. How many rows changed.

    `values`: {profile: {name: number, text, truth or ISO instant}}, or a table with profile_hi, profile_lo and a column
    a name (null: no value; binary: JSON as it is). Of profiles that are not in it nothing changes; with `everybody`
    they lose these names. `report` is told the profiles done of how many, after each batch, outside a transaction.
    Profiles that exist no more are left out. Raises ValueError for a name that is not reserved for what is computed.
    """
    wrong = sorted(name for name in names if not f"{name}.".startswith(RESERVED))
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no computed value: names begin with {', '.join(RESERVED)}")
    asked, segment_ids = _asked(names)
    total = values.num_rows if isinstance(values, pa.Table) else len(values)
    changed, done = 0, 0
    for part, (after, until) in _ranges(_batches(values)):
        held = (after, until) if everybody else (part[0],)
        changed += retrying(lambda part=part, held=held: _write(part, held, list(names), asked, segment_ids, now))  # type: ignore[misc]
        done += len(part[0])
        if report is not None:
            report(done, total)
    return changed


def forget_values(profile_ids: Collection[UUID]) -> None:
    """Delete what was computed of profiles that are no more."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [sorted(profile_ids)])


@transaction.atomic
def _write(
    part: Told, held: tuple[Any, ...], names: list[str], asked: list[str], segment_ids: list[int], now: datetime
) -> int:
    bulk_sql.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [WRITERS_LOCK])
    statement = OF_A_RANGE if len(held) == 2 else OF_THESE
    rows = bulk_sql.fetch(statement, [*part, *held, names, now, asked])
    concerned = [profile_id for profile_id, is_asked in rows if is_asked]
    locks.mark_dirty(concerned, segment_ids)
    if concerned:
        wake("segments.evaluate")
    return len(rows)


def _asked(names: Collection[str]) -> tuple[list[str], list[int]]:
    """Those of the names (or below them) that a live rule looks at, and the segments of these rules."""
    segments = live_segments()
    every = mentions_of(segments).computed
    found = {one for one in every if any(one == name or one.startswith(f"{name}.") for name in names)}
    return sorted(found), [one.id for one in segments if not found.isdisjoint(one.mentions.computed)]


def _batches(values: Mapping[UUID, Mapping[str, Any]] | pa.Table) -> Iterator[Told]:
    """Ids in ascending order with their values as JSON, some thousand at a time."""
    if isinstance(values, pa.Table):
        yield from _of_table(values)
        return
    ids = sorted(values)
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        yield part, [_json(values[each].items()) for each in part]


def _of_table(table: pa.Table) -> Iterator[Told]:
    names = [name for name in table.column_names if name not in (HI, LO)]
    keys = [table[name].to_numpy().astype(np.int64).view(np.uint64) for name in (LO, HI)]
    order = np.lexsort(keys)
    for start in range(0, len(order), BATCH):
        part = table.take(pa.array(order[start : start + BATCH]))
        ids = [joined(hi, lo) for hi, lo in zip(part[HI].to_pylist(), part[LO].to_pylist(), strict=True)]
        columns = [part[name].to_pylist() for name in names]
        rows = zip(*columns, strict=True) if columns else iter([()] * len(ids))
        yield ids, [_json(zip(names, row, strict=True)) for row in rows]


def _json(pairs: Iterable[tuple[str, Any]]) -> str:
    return _encode({name: _plain(value) for name, value in pairs if value is not None}).decode()


def _plain(value: Any) -> Any:
    """Decimals without the zeros they were computed with; bytes are JSON already."""
    if isinstance(value, Decimal):
        return value.normalize()
    return msgspec.Raw(value) if isinstance(value, bytes) else value


def _ranges(batches: Iterator[Told]) -> Iterator[tuple[Told, tuple[UUID, UUID]]]:
    """Each batch with the ids it stands for, after … until: together every id there can be."""
    after, waiting = FIRST, next(batches, ([], []))
    for following in batches:
        yield waiting, (after, waiting[0][-1])
        after, waiting = waiting[0][-1], following
    yield waiting, (after, LAST)
