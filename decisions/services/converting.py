"""What came of decisions: each kind and occasion once a decision; what was converted was seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from cdp.lib import bulk_sql
from decisions.contracts import Browser, Seen, Taken
from decisions.services.exposing import take_exposures

KNOWN = "SELECT id FROM decisions_decision WHERE id = ANY(%s::uuid[])"
# A device whose clock is behind tells of what came before it was decided: it came at that moment then.
WRITE = """
INSERT INTO decisions_conversion (decision_id, kind, occasion, value, at, told_at)
SELECT one.decision_id, one.kind, one.occasion, one.value,
  greatest(least(one.at, %s::timestamptz), d.decided_at), %s::timestamptz
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]::numeric[], %s::timestamptz[])
  AS one(decision_id, kind, occasion, value, at)
JOIN decisions_decision AS d ON d.id = one.decision_id
ORDER BY one.decision_id, one.kind, one.occasion
ON CONFLICT (decision_id, kind, occasion) DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True)
class NewConversion:
    """What somebody did after a decision. `occasion` tells repetitions from another one; empty: there is only one."""

    decision_id: UUID
    kind: str
    at: datetime
    occasion: str = ""
    value: Decimal = Decimal(0)


@transaction.atomic
def take_conversions(told: Sequence[NewConversion], now: datetime, *, by: Browser | None = None) -> Taken:
    """Write these, each once. Whoever acts on something saw it: their decisions count as seen by then."""
    if not told:
        return Taken(0, 0)
    known = {pk for (pk,) in bulk_sql.fetch(KNOWN, [sorted({one.decision_id for one in told})])}
    ours = [one for one in told if one.decision_id in known]
    take_exposures([Seen(one.decision_id, one.at) for one in ours], now, by=by)
    rows = [(one.decision_id, one.kind, one.occasion, str(one.value), one.at) for one in ours]
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else []
    taken = len(bulk_sql.fetch(WRITE, [now, now, *columns])) if rows else 0
    unknown = frozenset(one.decision_id for one in told) - known
    return Taken(taken, len(ours) - taken, unknown)
