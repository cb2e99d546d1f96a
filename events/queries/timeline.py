"""A person's timeline: their events, newest first, filtered and paged by a cursor that is exact at equal times.

Each identifier is read by its own index to the page's length, so a page costs the same however long the history is;
a filter that few events meet reads on until the page is full or the history ends.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.clock import from_us, to_us
from cdp.lib.values import read_number

PAGE = 50
SEARCHED = ("name", "product_id", "sku", "category", "brand", "query", "order_id", "cart_id", "path", "title")
"""A search of the timeline looks at these and the event's name."""
IMPERSONAL = ("product_id", "sku", "category", "brand", "order_id", "cart_id")
"""Those of them that never name people: all that a search looks at for who may not see personal data."""
READ = """
SELECT e.* FROM unnest(%s::bigint[]) AS i(id) CROSS JOIN LATERAL (
  SELECT id, name, source_id, server_side, occurred_at, type, identifier_id, message_hash, received_at, flags,
    properties::text, context::text FROM events_event
  WHERE identifier_id = i.id {conditions} ORDER BY occurred_at {order}, id {order} LIMIT %s::bigint
) AS e ORDER BY occurred_at {order}, id {order} LIMIT %s::bigint
"""
_objects = msgspec.json.Decoder(dict[str, Any], float_hook=read_number).decode


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """What is asked for; each part may be missing. `until` is not included, `received_until` is.

    `names`: one of these; `without`: none of these. `searched`: the properties that `text` is looked for in.
    """

    name: str = ""
    source_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    names: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    received_until: datetime | None = None
    searched: tuple[str, ...] = SEARCHED


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event of the timeline. `identifier_id` is what it hangs on.

    `properties_json` and `context_json` are JSON as stored: who hands them on need not read them.
    """

    id: int
    name: str
    source_id: int
    server_side: bool
    occurred_at: datetime
    type: str
    identifier_id: int
    message_hash: bytes
    received_at: datetime
    flags: tuple[str, ...]
    properties_json: str
    context_json: str

    @property
    def properties(self) -> dict[str, Any]:
        """What the event says, read at each call."""
        return _objects(self.properties_json)

    @property
    def context(self) -> dict[str, Any]:
        """What the client said around the event, read at each call."""
        return _objects(self.context_json)


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Newest first, or oldest first where so asked. `next_cursor` asks for the page after; None at the end."""

    events: tuple[TimelineEvent, ...]
    next_cursor: str | None


def timeline(
    identifier_ids: Collection[int],
    wanted: TimelineFilter,
    *,
    cursor: str = "",
    limit: int = PAGE,
    oldest_first: bool = False,
) -> TimelinePage:
    """One page. Raises ValueError for a cursor that is none."""
    conditions, params = _conditions(wanted, cursor, ">" if oldest_first else "<")
    order = "ASC" if oldest_first else "DESC"
    statement = READ.format(conditions=" ".join(f"AND {one}" for one in conditions), order=order)
    rows = bulk_sql.fetch(statement, [sorted(identifier_ids), *params, limit + 1, limit + 1])
    page = tuple(_event(*row) for row in rows[:limit])
    last = page[-1] if len(rows) > limit else None
    return TimelinePage(page, f"{to_us(last.occurred_at)}.{last.id}" if last else None)


def _event(*row: Any) -> TimelineEvent:
    event_id, name, source_id, server_side, at, kind, identifier_id, message, received_at, flags, said, context = row
    return TimelineEvent(
        event_id,
        name,
        source_id,
        server_side,
        at,
        kind,
        identifier_id,
        bytes(message),
        received_at,
        tuple(flags),
        said,
        context,
    )


def _conditions(wanted: TimelineFilter, cursor: str, beyond: str) -> tuple[list[str], list[Any]]:
    pairs: list[tuple[str, list[Any]]] = []
    if cursor:
        at_us, _, event_id = cursor.partition(".")
        if len(event_id) > 18:
            raise ValueError(f"{cursor[:40]} is no cursor")
        place = [_instant(at_us), int(event_id)]
        pairs.append((f"(occurred_at, id) {beyond} (%s::timestamptz, %s::bigint)", place))
    if wanted.name:
        pairs.append(("name = %s::text", [wanted.name]))
    if wanted.source_id is not None:
        pairs.append(("source_id = %s::bigint", [wanted.source_id]))
    if wanted.since is not None:
        pairs.append(("occurred_at >= %s::timestamptz", [wanted.since]))
    if wanted.until is not None:
        pairs.append(("occurred_at < %s::timestamptz", [wanted.until]))
    if wanted.names:
        pairs.append(("name = ANY(%s::text[])", [list(wanted.names)]))
    if wanted.without:
        pairs.append(("NOT name = ANY(%s::text[])", [list(wanted.without)]))
    if wanted.received_until is not None:
        pairs.append(("received_at <= %s::timestamptz", [wanted.received_until]))
    if wanted.text:
        pairs.append(_search(wanted.text, wanted.searched))
    return [sql for sql, _ in pairs], [value for _, values in pairs for value in values]


def _search(words: str, searched: Collection[str]) -> tuple[str, list[Any]]:
    like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    looked_at = "jsonb_path_query_array(properties, '$.products[*].name')::text"
    texts = ["name", *("properties->>%s::text" for _ in searched), looked_at]
    return f"concat_ws(' ', {', '.join(texts)}) ILIKE %s::text", [*searched, like]


def _instant(at_us: str) -> datetime:
    try:
        return from_us(int(at_us))
    except OverflowError as error:
        raise ValueError(f"{at_us} is no instant") from error
