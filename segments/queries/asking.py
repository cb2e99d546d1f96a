"""The answers of a few profiles to live segments, from PostgreSQL's rows by the SQL that answers for everybody."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import pyarrow as pa

from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from commerce.projections import ORDER_LINES, ORDERS
from events.projections import EVENTS
from lake.contracts import FACET_TYPES, Ask, Facet, Limits, Relation, Value, value_column
from lake.engines import Statement
from lake.queries.engine import engine_in_process
from lake.reading import asked_schema, read_rows
from profiles.projections import IDENTIFIERS, PROFILES
from segments.diff import Pair
from segments.halves import halves
from segments.projections import COMPUTED
from segments.queries.given import given_tables
from segments.queries.live import LiveSegment, by_level, company_zone
from segments.rules import NEVER, Node
from segments.rules.calendar import placeholders
from segments.rules.compiled import SHARED, CompiledRules, compile_rules
from segments.rules.scope import HI, LO

TOGETHER = 5
"""Rules a statement: fewer cost a plan each, more make plans that take longer than they save (measured)."""
LIMITS = Limits(seconds=60.0, threads=1)  # evaluators work side by side, and a few rows are no work for two threads
NO_KEYS = pa.table({})
PROJECTIONS = {one.name: one for one in (EVENTS, IDENTIFIERS, PROFILES, COMPUTED, ORDERS, ORDER_LINES)}
IDENTIFIERS_OF = """SELECT id, profile_id, minted_id, is_shared, kind FROM profiles_identifier
WHERE profile_id = ANY(%s::uuid[])"""
IDENTIFIER_TYPES = (pa.int64(), pa.int64(), pa.int64(), pa.bool_(), pa.string())
OF_PROFILES = "t.id = ANY(%s::uuid[])"
OF_IDENTIFIERS = "t.identifier_id = ANY(%s::bigint[])"
OF_ORDERS = "t.order_id IN (SELECT id FROM commerce_order WHERE identifier_id = ANY(%s::bigint[]))"
OF_WHOM = {"events": OF_IDENTIFIERS, "orders": OF_IDENTIFIERS, "order_lines": OF_ORDERS, "computed": OF_PROFILES}


@dataclass(frozen=True, slots=True)
class Living:
    """A profile that exists. `is_shared`: it is nobody, so it is in no segment. `once_were`: ids merged into it."""

    is_shared: bool
    once_were: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What every living profile answers: the pairs that hold, and when time alone may change an answer (µs)."""

    living: Mapping[UUID, Living]
    members: frozenset[Pair]
    dues: Mapping[Pair, int]


@dataclass(frozen=True, slots=True)
class Asking:
    """Rules that are asked in one statement."""

    rules: CompiledRules
    statement: Statement


def answers(
    profile_ids: Collection[UUID], segments: Sequence[LiveSegment], now: datetime, *, apart: bool = False
) -> Answers:
    """The answers of those of `profile_ids` that exist. `apart` asks one segment a statement, for changing selections.

    A statement to PostgreSQL for each table that some rule looks at, however many segments there are. Of segments that
    use others those are answered first: what was found of them counts, not what is stored.
    """
    groups = _groups(segments, 1 if apart else TOGETHER)
    used = frozenset[str]().union(*(segment.mentions.segments for segment in segments))
    just_now: dict[str, pa.Table] = {}
    asked = [(group, asking_of(tuple(segment.rule for segment in group))) for group in groups]
    asks = [asking.rules.asks(to_us(now)) for _, asking in asked]
    people = _People(list(profile_ids), asks)
    members: set[Pair] = set()
    dues: dict[Pair, int] = {}
    values = placeholders(to_us(now), company_zone())
    for (group, asking), wanted in zip(asked, asks, strict=True):
        relations: dict[str, Relation | pa.Table] = {name: people.relation(ask) for name, ask in wanted.items()}
        relations |= given_tables(asking.rules, now, people.profile_ids, people.identifier_ids, just_now)
        found = engine_in_process().query(asking.statement, relations, limits=LIMITS, values=values)
        ids = [people.ids.get(key) for key in zip(found[HI].to_pylist(), found[LO].to_pylist(), strict=True)]
        for index, segment in enumerate(group):
            if segment.slug in used:
                just_now[segment.slug] = found.filter(found[f"m{index}"]).select([HI, LO])
            for profile_id, holds, due in zip(
                ids, found[f"m{index}"].to_pylist(), found[f"d{index}"].to_pylist(), strict=True
            ):
                if profile_id is None:
                    continue
                if holds:
                    members.add(Pair(segment.id, profile_id))
                if due != NEVER:
                    dues[Pair(segment.id, profile_id)] = due
    return Answers(people.living, frozenset(members), dues)


def _groups(segments: Sequence[LiveSegment], most: int) -> list[list[LiveSegment]]:
    """What is asked in one statement each: no two of which one uses the other, and the used ones first."""
    return [level[start : start + most] for level in by_level(segments) for start in range(0, len(level), most)]


@lru_cache(maxsize=1024)
def asking_of(rules: tuple[Node, ...]) -> Asking:
    """These rules compiled; kept, since compiling costs more than asking."""
    compiled = compile_rules(rules, dues=True)
    return Asking(compiled, Statement(compiled.tree))


class _People:
    """The rows of some profiles, read once for every statement that asks about them."""

    def __init__(self, profile_ids: list[UUID], asks: Sequence[Mapping[str, Ask]]) -> None:
        rows = bulk_sql.fetch(IDENTIFIERS_OF, [profile_ids])
        self.profile_ids = profile_ids
        self.identifier_ids = [row[0] for row in rows]
        self._asks = {name: _joined([ask[name] for ask in asks if name in ask]) for name in ("profiles", *OF_WHOM)}
        traits = self._asks["profiles"] or Ask("profiles", (HI, LO, SHARED))
        self._asks["profiles"] = traits
        profiles = read_rows(PROFILES, traits, where=OF_PROFILES, params=[profile_ids])
        self._tables = {"identifiers": _identifiers(rows), "profiles": profiles}
        for name, where in OF_WHOM.items():
            if (asked := self._asks[name]) is not None:
                whose = profile_ids if where == OF_PROFILES else self.identifier_ids
                self._tables[name] = read_rows(PROJECTIONS[name], asked, where=where, params=[whose])
        by_key = {halves(profile_id): profile_id for profile_id in profile_ids}
        self.living = _living(rows, profiles, by_key)
        self.ids = {key: profile_id for key, profile_id in by_key.items() if profile_id in self.living}

    def relation(self, ask: Ask) -> Relation:
        """What was read, as this ask numbers its values. It may hold more rows than asked for: rules name theirs."""
        table, projection = self._tables[ask.table], PROJECTIONS[ask.table]
        wider = self._asks.get(ask.table)
        if ask.table == "identifiers":
            table = table.select(ask.columns)
        elif wider is not None and wider != ask:
            numbers = {value.name: number for number, value in enumerate(wider.values)}
            schema = asked_schema(projection, ask)
            taken = [*ask.columns]
            for value in ask.values:
                taken += [value_column(numbers[value.name], facet) for facet in FACET_TYPES if facet in value.facets]
            table = table.select(taken).rename_columns(schema.names)
        return Relation(ask, projection, (), table, NO_KEYS)


def _joined(asks: Sequence[Ask]) -> Ask | None:
    """One ask for all that several need of a table."""
    if not asks:
        return None
    facets: dict[str, frozenset[Facet]] = {}
    for value in (value for ask in asks for value in ask.values):
        facets[value.name] = facets.get(value.name, frozenset()) | value.facets
    names = [ask.names for ask in asks if ask.names is not None]
    since = [ask.since_us for ask in asks if ask.since_us is not None]
    return Ask(
        asks[0].table,
        tuple(dict.fromkeys(column for ask in asks for column in ask.columns)),
        tuple(Value(name, found) for name, found in facets.items()),
        frozenset().union(*names) if len(names) == len(asks) else None,
        min(since) if len(since) == len(asks) else None,
    )


def _identifiers(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    keys = [halves(row[1]) for row in rows]
    columns: list[list[Any]] = [[row[0] for row in rows], [hi for hi, _ in keys], [lo for _, lo in keys]]
    columns += [[row[3] for row in rows], [row[4] for row in rows]]
    arrays = [pa.array(each, kind) for each, kind in zip(columns, IDENTIFIER_TYPES, strict=True)]
    return pa.Table.from_arrays(arrays, names=["id", HI, LO, SHARED, "kind"])


def _living(
    rows: Sequence[tuple[Any, ...]], profiles: pa.Table, by_key: Mapping[tuple[int, int], UUID]
) -> dict[UUID, Living]:
    once_were: dict[UUID, list[UUID]] = {}
    for _, profile_id, minted_id, _, _ in rows:
        if minted_id != profile_id:
            once_were.setdefault(profile_id, []).append(minted_id)
    keys = zip(profiles[HI].to_pylist(), profiles[LO].to_pylist(), strict=True)
    found = {by_key[key]: is_shared for key, is_shared in zip(keys, profiles[SHARED].to_pylist(), strict=True)}
    return {
        profile_id: Living(is_shared, tuple(once_were.get(profile_id, ()))) for profile_id, is_shared in found.items()
    }
