"""Of whom a segment is made, beside everybody: by country, by where they were last seen, by value. Asked of the lake.

Shared identifiers are nobody and count nowhere. Values are as they stand in the lake; what they are called is the
page's matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import pyarrow as pa
import sqlglot
from sqlglot import exp

from cdp.lib.clock import to_us
from events.models import Source
from lake.contracts import Ask, Facet, Limits, Relation, Value
from lake.engines import Statement
from lake.queries import snapshot
from lake.queries.engine import engine
from lake.reading import copy_rows
from segments.queries.everybody import KEYS, PRESENT
from segments.queries.turns import alone
from segments.rules.scope import HI, LO

COUNTRY, CHANNEL, VALUE, RFM = "country", "channel", "value", "rfm"
SEEN_WITHIN = timedelta(days=30)
RFM_GROUP = "rfm.group"
LIMITS = Limits(seconds=10.0)
EDGES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
"""Amounts at which bands of value may begin. Band n holds what is at least EDGES[n - 1] and less than EDGES[n]."""
NO_ORDER, OTHER_CURRENCY = -1, -2

COUNTED = "COUNT(*) AS everybody, COUNT(m.profile_hi) AS members"
BESIDE = "LEFT JOIN members AS m ON m.profile_hi = p.profile_hi AND m.profile_lo = p.profile_lo"
BY_TRAIT = f"SELECT p.v0_text AS value, {COUNTED} FROM profiles AS p {BESIDE} WHERE NOT p.is_shared GROUP BY 1"  # noqa: S608
BY_RFM = f"""
SELECT c.v0_text AS value, {COUNTED} FROM profiles AS p
LEFT JOIN computed AS c ON c.profile_hi = p.profile_hi AND c.profile_lo = p.profile_lo
{BESIDE} WHERE NOT p.is_shared GROUP BY 1
"""  # noqa: S608 - parts of this file
# The latest event of each identifier first: there are far fewer of them than of events.
BY_CHANNEL = f"""
WITH last_of AS (
  SELECT e.identifier_id, ARG_MAX(COALESCE(e.channel, s.channel), e.occurred_us) AS channel,
    MAX(e.occurred_us) AS occurred_us
  FROM events AS e JOIN sources AS s ON s.id = e.source_id GROUP BY 1),
seen AS (
  SELECT i.profile_hi, i.profile_lo, ARG_MAX(l.channel, l.occurred_us) AS channel
  FROM last_of AS l JOIN identifiers AS i ON i.id = l.identifier_id GROUP BY 1, 2)
SELECT seen.channel AS value, {COUNTED} FROM profiles AS p
LEFT JOIN seen ON seen.profile_hi = p.profile_hi AND seen.profile_lo = p.profile_lo
{BESIDE} WHERE NOT p.is_shared GROUP BY 1
"""  # noqa: S608 - parts of this file
BANDS = " ".join(f"WHEN total < {edge} THEN {band}" for band, edge in enumerate(EDGES))
BY_VALUE = f"""
WITH bought AS (
  SELECT i.profile_hi, i.profile_lo, o.currency, o.revenue - o.refunded AS net FROM orders AS o
  JOIN identifiers AS i ON i.id = o.identifier_id WHERE o.status IN ('placed', 'refunded', 'partly_refunded')),
main AS (SELECT currency FROM bought GROUP BY 1 ORDER BY COUNT(*) DESC, currency LIMIT 1),
spent AS (
  SELECT b.profile_hi, b.profile_lo, SUM(CASE WHEN b.currency = main.currency THEN b.net END) AS total
  FROM bought AS b CROSS JOIN main GROUP BY 1, 2),
banded AS (
  SELECT profile_hi, profile_lo, CASE WHEN total IS NULL THEN {OTHER_CURRENCY} {BANDS} ELSE {len(EDGES)} END AS band
  FROM spent)
SELECT COALESCE(b.band, {NO_ORDER}) AS value, {COUNTED}, (SELECT MAX(currency) FROM main) AS currency
FROM profiles AS p LEFT JOIN banded AS b ON b.profile_hi = p.profile_hi AND b.profile_lo = p.profile_lo
{BESIDE} WHERE NOT p.is_shared GROUP BY 1
"""  # noqa: S608 - parts of this file
STATEMENTS = {COUNTRY: BY_TRAIT, CHANNEL: BY_CHANNEL, VALUE: BY_VALUE, RFM: BY_RFM}
PEOPLE = {
    "profiles": Ask("profiles", (HI, LO, "is_shared")),
    "identifiers": Ask("identifiers", ("id", HI, LO)),
}


@dataclass(frozen=True, slots=True)
class Part:
    """People with one value (None: not known): how many of the segment, and of everybody."""

    value: str | int | None
    members: int
    everybody: int


@dataclass(frozen=True, slots=True)
class Composition:
    """Parts by country (as told), channel (where last seen in 30 days), value (bands: see EDGES) and RFM group.

    `rfm` is empty where nobody was given a group. `currency` is the one most orders are in. `as_of`: None = now.
    """

    country: tuple[Part, ...]
    channel: tuple[Part, ...]
    value: tuple[Part, ...]
    rfm: tuple[Part, ...]
    currency: str
    members: int
    everybody: int
    as_of: datetime | None


def composition(segment_id: int, now: datetime) -> Composition:
    """Of whom a segment is made now: about a second at 3 M people, so pages keep it for a while.

    Raises QueryError (too slow, too large, or LakeNotReadyError while the lake is being built), and PreviewBusyError:
    a process asks one such question at a time.
    """
    with alone():
        return _composition(segment_id, now)


def _composition(segment_id: int, now: datetime) -> Composition:
    asks = _asks(now)
    given = {"members": copy_rows(PRESENT.format(int(segment_id)), KEYS), "sources": _sources()}
    with snapshot({ask.table for each in asks.values() for ask in each.values()}) as snap:
        found = {}
        for facet, wanted in asks.items():
            relations: dict[str, Relation | pa.Table] = {name: snap.relation(ask) for name, ask in wanted.items()}
            found[facet] = engine().query(_statement(facet), relations | given, limits=LIMITS)
        as_of = snap.as_of
    parts = {facet: _parts(table) for facet, table in found.items()}
    has_groups = any(part.value is not None for part in parts[RFM])
    currencies = [one for one in found[VALUE]["currency"].to_pylist() if one]
    return Composition(
        country=parts[COUNTRY],
        channel=parts[CHANNEL],
        value=parts[VALUE],
        rfm=parts[RFM] if has_groups else (),
        currency=currencies[0] if currencies else "",
        members=sum(part.members for part in parts[COUNTRY]),
        everybody=sum(part.everybody for part in parts[COUNTRY]),
        as_of=as_of,
    )


def _asks(now: datetime) -> Mapping[str, Mapping[str, Ask]]:
    country = Ask("profiles", (HI, LO, "is_shared"), (Value("country", frozenset({Facet.TEXT})),))
    group = Ask("computed", (HI, LO), (Value(RFM_GROUP, frozenset({Facet.TEXT})),))
    columns = ("identifier_id", "source_id", "channel", "occurred_us")
    events = Ask("events", columns, since_us=to_us(now - SEEN_WITHIN))
    orders = Ask("orders", ("identifier_id", "status", "currency", "revenue", "refunded"))
    return {
        COUNTRY: {"profiles": country},
        CHANNEL: {**PEOPLE, "events": events},
        VALUE: {**PEOPLE, "orders": orders},
        RFM: {"profiles": PEOPLE["profiles"], "computed": group},
    }


@lru_cache(maxsize=8)
def _statement(facet: str) -> Statement:
    return Statement(sqlglot.parse_one(STATEMENTS[facet], dialect="duckdb", into=exp.Select))


def _sources() -> pa.Table:
    """What an event that names no channel came by: the kind of its source."""
    called = {Source.Kind.BROWSER: "web", Source.Kind.SERVER: "server", Source.Kind.IMPORT: "import"}
    rows = Source.objects.values_list("pk", "kind")
    ids, kinds = zip(*rows, strict=True) if rows else ((), ())
    return pa.table(
        {"id": pa.array(ids, pa.int64()), "channel": pa.array([called[Source.Kind(one)] for one in kinds], pa.string())}
    )


def _parts(table: pa.Table) -> tuple[Part, ...]:
    rows = zip(*(table[name].to_pylist() for name in ("value", "members", "everybody")), strict=True)
    return tuple(sorted((Part(*row) for row in rows), key=lambda one: (-one.everybody, str(one.value))))
