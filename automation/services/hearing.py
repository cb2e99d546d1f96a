"""Consumer of events.stored for people under way: those who wait for such an event are due now; and of profile.merged,
since what they wait for may have happened to whoever turned out to be them.

It hurries a look that would come anyway: whether the event is the one is asked by the step itself.
"""

from collections.abc import Sequence
from datetime import datetime

from automation.graph import WaitFor
from automation.models import Enrollment, Journey
from automation.queries.versions import graphs
from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import TopicMessage
from cdp.outbox.services import wake

# Of everybody who owns the identifier an event hangs on.
HURRY = """
UPDATE automation_enrollment AS e SET due_at = %s::timestamptz FROM (
  SELECT DISTINCT theirs.id, told.name FROM events_event AS told
  JOIN profiles_identifier AS i ON i.id = told.identifier_id
  JOIN profiles_identifier AS theirs ON theirs.profile_id = i.profile_id
  WHERE told.id BETWEEN %s::bigint AND %s::bigint AND told.name = ANY(%s::text[])) AS heard
WHERE e.awaits = heard.name AND e.awaits <> '' AND e.identifier_id = heard.id AND e.state = 'waiting'
  AND e.due_at > %s::timestamptz
"""
MERGED = """
UPDATE automation_enrollment AS e SET due_at = %s::timestamptz FROM (
  SELECT DISTINCT theirs.id FROM profiles_identifier AS i
  JOIN profiles_identifier AS theirs ON theirs.profile_id = i.profile_id WHERE i.id = ANY(%s::bigint[])) AS heard
WHERE e.awaits = ANY(%s::text[]) AND e.awaits <> '' AND e.identifier_id = heard.id AND e.state = 'waiting'
  AND e.due_at > %s::timestamptz
"""


def consume_events_stored(messages: Sequence[TopicMessage]) -> None:
    """Idempotent: to be due twice is to be due."""
    now = utc_now()
    awaited = sorted(_awaited())
    if not awaited:
        return
    hurried = sum(_hurry(message, awaited, now) for message in messages)
    if hurried:
        wake("automation.step")


def _hurry(message: TopicMessage, awaited: list[str], now: datetime) -> int:
    if message.topic == "profile.merged":
        return bulk_sql.execute(MERGED, [now, message.payload["identifier_ids"], awaited, now])
    first, last = message.payload["first_id"], message.payload["last_id"]
    return bulk_sql.execute(HURRY, [now, first, last, awaited, now])


def _awaited() -> set[str]:
    """Names of events that somebody may be waiting for, in any version that people are on."""
    paused = (Journey.State.LIVE, Journey.State.PAUSED)
    standing = Enrollment.objects.filter(journey__state__in=paused, state=Enrollment.State.WAITING).exclude(awaits="")
    if not standing.exists():
        return set()
    versions = Journey.objects.filter(state__in=paused).values_list("versions", flat=True)
    steps = [step for graph in graphs([pk for pk in versions if pk]).values() for step in graph.nodes.values()]
    return {step.what.event for step in steps if isinstance(step, WaitFor)}
