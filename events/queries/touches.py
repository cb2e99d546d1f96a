"""What identifiers did with products, as small rows: what a recommendation needs of an event, and no more."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from cdp.lib import bulk_sql

# A product id is text or a number, as in the training set; lines are told of orders only.
COLUMNS = """name,
  CASE WHEN jsonb_typeof(properties->'product_id') IN ('string', 'number') THEN properties->>'product_id' ELSE '' END,
  CASE WHEN name = %s::text THEN (properties->'products')::text END,
  (extract(epoch FROM occurred_at) * 1000000)::bigint
"""
TOUCHES = f"""
SELECT {COLUMNS}
FROM events_event WHERE identifier_id = ANY(%s::bigint[]) AND occurred_at >= %s::timestamptz AND name = ANY(%s::text[])
ORDER BY occurred_at DESC, message_hash DESC LIMIT %s::int
"""  # noqa: S608 - our own columns
OF_EACH = f"""
SELECT person.place, done.*
FROM (
  SELECT place, array_agg(id) AS ids FROM unnest(%s::bigint[], %s::bigint[]) AS known(place, id) GROUP BY place
) AS person, LATERAL (
  SELECT {COLUMNS}
  FROM events_event WHERE identifier_id = ANY(person.ids) AND occurred_at >= %s::timestamptz AND name = ANY(%s::text[])
  ORDER BY occurred_at DESC, message_hash DESC LIMIT %s::int
) AS done(name, product_id, lines, at_us)
"""  # noqa: S608


class ProductEvent(NamedTuple):
    """`product_id` is empty where the event names none; `lines` are the JSON of an order's products."""

    name: str
    product_id: str
    lines: str | None
    at_us: int


def product_events(
    ids: Sequence[int], names: Collection[str], *, lines_of: str, since: datetime, limit: int
) -> list[ProductEvent]:
    """The newest events of these names that hang on these identifiers, newest first; `since` is included."""
    rows = bulk_sql.fetch_often(TOUCHES, [lines_of, list(ids), since, sorted(names), limit]) if ids else []
    return [ProductEvent(*row) for row in rows]


def product_events_of_each(
    people: Sequence[Sequence[int]], names: Collection[str], *, lines_of: str, since: datetime, limit: int
) -> list[list[ProductEvent]]:
    """`product_events` for each of several people by their identifiers, in their order, by one statement."""
    found: list[list[ProductEvent]] = [[] for _ in people]
    known = [(place, pk) for place, ids in enumerate(people) for pk in ids]
    if known:
        places, ids = [place for place, _ in known], [pk for _, pk in known]
        for place, *row in bulk_sql.fetch(OF_EACH, [places, ids, lines_of, since, sorted(names), limit]):
            found[place].append(ProductEvent(*row))
    return found
