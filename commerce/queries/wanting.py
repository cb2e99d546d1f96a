"""Who wanted a product lately, everybody at once, and who has bought it: for news of its stock and price."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlglot
from sqlglot import exp

from cdp.lib import bulk_sql
from cdp.lib.clock import from_us, to_us
from commerce.models import Order
from lake.contracts import Ask, Facet, LakeNotReadyError, Limits, Value
from lake.engines import Statement
from lake.queries import snapshot
from lake.queries.engine import engine

LIMITS = Limits(seconds=60.0)
PEOPLE = Ask("identifiers", ("id", "profile_hi", "profile_lo", "is_shared"))
PRODUCT = Value("product_id", frozenset({Facet.TEXT, Facet.FOLDED}))
OF_LAKE = """
SELECT i.profile_hi, i.profile_lo, MAX(e.occurred_us) AS last_us
FROM events AS e JOIN identifiers AS i ON i.id = e.identifier_id
WHERE NOT i.is_shared AND COALESCE(e.v0_text, e.v0_folded) = :product AND e.occurred_us >= $since_us
  AND e.occurred_us < $until_us
GROUP BY i.profile_hi, i.profile_lo
"""
OF_ROWS = """
SELECT i.profile_id, max(e.occurred_at) FROM events_event AS e JOIN profiles_identifier AS i ON i.id = e.identifier_id
WHERE e.name = ANY(%s::text[]) AND NOT i.is_shared AND e.properties->>'product_id' = %s::text
  AND e.occurred_at >= %s::timestamptz AND e.occurred_at < %s::timestamptz GROUP BY i.profile_id
"""
BOUGHT = """
SELECT i.profile_id, max(l.occurred_at) FROM profiles_identifier AS i JOIN commerce_order AS o ON o.identifier_id = i.id
  JOIN commerce_orderline AS l ON l.order_id = o.id
WHERE i.profile_id = ANY(%s::uuid[]) AND o.status = ANY(%s::text[]) AND l.kind = 'goods' AND l.product_id = %s::text
GROUP BY i.profile_id
"""
UNSIGNED = 1 << 64


def who_wanted(product_id: str, names: Collection[str], *, since: datetime, until: datetime) -> dict[UUID, datetime]:
    """{profile id: when they last did} of those who did one of these events with the product in [since, until).

    Everybody at once, by the lake; by the database's rows where it cannot tell exactly as of now. Who is nobody is left
    out.
    """
    try:
        return _of_lake(product_id, names, since, until)
    except LakeNotReadyError:
        return dict(bulk_sql.fetch(OF_ROWS, [sorted(names), product_id, since, until]))


def last_bought(product_id: str, profile_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """{profile id: when they last ordered the product} of those who did, given back or not."""
    if not profile_ids:
        return {}
    return dict(bulk_sql.fetch(BOUGHT, [list(profile_ids), list(Order.BOUGHT), product_id]))


def _of_lake(product_id: str, names: Collection[str], since: datetime, until: datetime) -> dict[UUID, datetime]:
    asked = Ask(
        "events", ("id", "identifier_id", "name", "occurred_us"), (PRODUCT,), frozenset(names), to_us(since) - 1
    )
    with snapshot([asked.table, PEOPLE.table]) as snap:
        relations = {ask.table: snap.relation(ask) for ask in (asked, PEOPLE)}
        if snap.as_of is not None:
            raise LakeNotReadyError(f"the lake knows what was there until {snap.as_of}")
        values = {"since_us": to_us(since), "until_us": to_us(until)}
        found = engine().query(_statement(product_id), relations, limits=LIMITS, values=values)
    columns = (found[name].to_pylist() for name in ("profile_hi", "profile_lo", "last_us"))
    return {
        UUID(int=((hi % UNSIGNED) << 64) | (lo % UNSIGNED)): from_us(last_us)
        for hi, lo, last_us in zip(*columns, strict=True)
    }


def _statement(product_id: str) -> Statement:
    """The product's id goes in as a literal of the tree: engines take numbers only beside it."""
    tree = sqlglot.parse_one(OF_LAKE.replace(":product", "'?'"), dialect="duckdb", into=exp.Select)
    for literal in tree.find_all(exp.Literal):
        if literal.is_string:
            literal.replace(exp.Literal.string(product_id))
    return Statement(tree)
