"""What events hold of a person: the log, and the raw bytes it came from."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.lib.rights import Erased, Part, Person, Row, Store
from consent import queries as consent
from events.models import Event, RejectedEvent
from events.services import erasing

PAGE = """
SELECT e.id, e.type, e.name, e.occurred_at, e.received_at, s.name, e.flags, e.properties::text, e.context::text,
  e.identifier_id
FROM events_event e LEFT JOIN events_source s ON s.id = e.source_id
WHERE e.identifier_id = ANY(%s::bigint[]) AND (e.occurred_at, e.id) > (%s::timestamptz, %s::bigint)
ORDER BY e.occurred_at, e.id LIMIT 1000
"""


def export(person: Person) -> Iterator[Part]:
    """Every event of the log, and what could not be stored but names them."""
    yield Part("events", "Everything that was recorded of what you did, with all that was sent along.", _events(person))
    yield Part("rejected_events", "What was sent about you and could not be used, as it was sent.", _rejected(person))


def erase_raw(person: Person, now: datetime) -> Erased:
    """Raw requests and quarantine."""
    counts = erasing.erase_raw(_keys(person), person.ids, now)
    return Erased({**counts, "items emptied in quarantine": erasing.erase_rejects(_keys(person), now)})


def raw_remains(person: Person) -> int:
    """Items of raw requests and of quarantine that name them, from before they were erased."""
    stones = consent.erased(sorted(_keys(person))).values()
    until = max((stone.erased_at for stone in stones), default=utc_now())
    return erasing.raw_remains(_keys(person), person.ids, until)


def erase_log(person: Person, now: datetime) -> Erased:
    """The log, batch by batch."""
    return Erased(
        erasing.erase_events(person.ids),
        later=("counts of events a day stay: they count nobody in particular",),
    )


def log_remains(person: Person) -> int:
    """Events that hang on their identifiers."""
    return Event.objects.filter(identifier_id__in=person.ids).count()


def _keys(person: Person) -> frozenset[tuple[str, str]]:
    return frozenset((one.kind, one.value) for one in person.identifiers)


def _events(person: Person) -> Iterator[Row]:
    known = {one.id: f"{one.kind}: {one.value}" for one in person.identifiers}
    after: list[Any] = ["-infinity", 0]
    while rows := bulk_sql.fetch(PAGE, [list(person.ids), *after]):
        for row in rows:
            after = [row[3], row[0]]
            yield {
                "type": row[1],
                "name": row[2],
                "occurred_at": row[3].isoformat(),
                "received_at": row[4].isoformat(),
                "source": row[5],
                "identifier": known[row[9]],
                "flags": row[6],
                "properties": msgspec.json.decode(row[7]),
                "context": msgspec.json.decode(row[8]),
            }


def _rejected(person: Person) -> Iterator[Row]:
    for pk in erasing.rejects_naming(_keys(person), utc_now()):
        row = RejectedEvent.objects.filter(pk=pk).first()
        if row is not None:
            raw = bytes(row.raw).decode("utf-8", "replace")
            yield {"received_at": row.received_at.isoformat(), "reason": row.reason, "raw": raw}


STORES = (
    Store(
        name="raw requests",
        title="Raw requests and quarantine",
        stage=20,
        erase=erase_raw,
        remains=raw_remains,
        export=None,
        models=("events.Inbox", "events.RejectedEvent"),
        why_no_export="every event in it is exported from the log; of the quarantine “rejected_events” tells",
    ),
    Store(
        name="events",
        title="Events",
        stage=30,
        erase=erase_log,
        remains=log_remains,
        export=export,
        models=("events.Event", "events.StoredMessage", "events.MessageConflict"),
    ),
)
