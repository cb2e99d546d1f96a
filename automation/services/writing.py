"""What a slice came to, written: rows, passings and topics, each in one statement however many people."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from automation.models import Enrollment
from automation.queries.ways import Way
from cdp.lib import bulk_sql
from cdp.outbox.services import publish

ROWS = """
UPDATE automation_enrollment AS e SET state = n.state, reason = n.reason, version_id = n.version_id, node = n.node,
  node_at = n.node_at, due_at = n.due_at, awaits = n.awaits, facts = n.facts::jsonb, held_out = n.held_out,
  entered_at = n.entered_at, goal_at = n.goal_at, ended_at = n.ended_at, identifier_id = n.identifier_id,
  attempts = 0, lease = NULL, leased_until = NULL
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[],
  %s::text[], %s::text[], %s::boolean[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])
  AS n(id, state, reason, version_id, node, node_at, due_at, awaits, facts, held_out, entered_at, goal_at, ended_at,
    identifier_id)
WHERE e.id = n.id
"""
# The key refuses a step that was passed before: then nothing of the slice is done.
PASSINGS = """
INSERT INTO automation_passing (enrollment_id, node, outcome, reason, at)
SELECT id, node, outcome, reason, %s::timestamptz
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS n(id, node, outcome, reason)
"""
COLUMNS = (
    "pk",
    "state",
    "reason",
    "version_id",
    "node",
    "node_at",
    "due_at",
    "awaits",
    "facts",
    "held_out",
    "entered_at",
    "goal_at",
    "ended_at",
    "identifier_id",
)
ENDED = (Enrollment.State.DONE, Enrollment.State.EXITED)
_encode = msgspec.json.Encoder().encode


def write(ways: Sequence[Way], now: datetime, *, entered: Sequence[int] = ()) -> None:
    """Inside the slice's transaction."""
    if not ways:
        return
    columns = [[getattr(way.row, name) for way in ways] for name in COLUMNS]
    columns[COLUMNS.index("facts")] = [_encode(way.row.facts).decode() for way in ways]
    columns[COLUMNS.index("state")] = [str(way.row.state) for way in ways]
    bulk_sql.execute(ROWS, columns)
    passed = [(way.row.pk, *one) for way in ways for one in way.passed]
    if passed:
        bulk_sql.execute(PASSINGS, [now, *(list(column) for column in zip(*passed, strict=True))])
    if entered:
        publish("journey.entered", {"enrollment_ids": list(entered)})
    if ended := [way.row.pk for way in ways if way.row.state in ENDED]:
        publish("journey.ended", {"enrollment_ids": ended})
