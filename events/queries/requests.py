"""Raw requests: how many a range holds, before it is put through processing again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

COUNT = """
SELECT count(*), coalesce(sum(items), 0), min(received_at), max(received_at),
  count(*) FILTER (WHERE done_at IS NULL)
FROM events_inbox
WHERE (%s::bigint IS NULL OR source_id = %s)
  AND (%s::timestamptz IS NULL OR received_at >= %s) AND (%s::timestamptz IS NULL OR received_at < %s)
"""


@dataclass(frozen=True, slots=True)
class Range:
    """Requests of one source or of all, received from `since` on and before `until`; None = without that bound."""

    source_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def params(self) -> dict[str, Any]:
        """As a job's parameters."""
        return {
            "source": self.source_id,
            "since": None if self.since is None else self.since.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
        }

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> "Range":
        """From a job's parameters. Raises ValueError for times without a zone."""
        return cls(params.get("source"), _instant(params.get("since")), _instant(params.get("until")))


@dataclass(frozen=True, slots=True)
class RangeSize:
    """What a range holds. `waiting`: requests not processed yet, which are left to processing."""

    requests: int
    events: int
    first_at: datetime | None
    last_at: datetime | None
    waiting: int


def preview(asked: Range) -> RangeSize:
    """How many requests and events the range holds."""
    bounds = [asked.source_id, asked.source_id, asked.since, asked.since, asked.until, asked.until]
    with connection.cursor() as cursor:
        cursor.execute(COUNT, bounds)
        requests, events, first_at, last_at, waiting = cursor.fetchone()
    return RangeSize(int(requests), int(events), first_at, last_at, int(waiting))


def parse_instant(text: str) -> datetime:
    """An ISO instant with a zone, e.g. 2026-11-22T08:00+01:00 or …Z. Raises ValueError that says how to mend it."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no time: write it like 2026-11-22T08:00+01:00 or 2026-11-22T07:00Z.") from None
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no zone: add one, e.g. {text.strip()}Z for UTC.")
    if not 1970 <= found.year < 9999:
        raise ValueError(f"{text!r} is no time of a request: its year is to be 1970 or later.")
    return found


def _instant(value: object) -> datetime | None:
    return None if value in (None, "") else parse_instant(str(value))
