"""What becomes of an event that breaks the tracking plan: flagged or quarantined, and counted."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from events.items import OpenItem
from events.services.claiming import InboxRow
from plans import services as plans
from plans.contracts import Breach, Observation, Verdict

FLAG = "plan_violation"
STAGE = "plan"
LEARNED_FROM = 50  # refused events of a name a batch whose properties are looked at


def breach_of(row: InboxRow, item: OpenItem, verdict: Verdict) -> Breach:
    """What is counted of it. An event that will be stored is flagged."""
    if not verdict.refuses:
        item.flags = (*item.flags, FLAG)
    return Breach(
        source_id=row.source_id,
        day=row.received_at.date(),
        kind=item.type,
        name=item.name,
        violations=verdict.violations,
        refused=verdict.refuses,
        inbox_id=row.id,
        index=item.index,
        properties=item.properties if verdict.reason == "undeclared" and verdict.refuses else None,
        received_at=row.received_at,
    )


def count(breaches: Iterable[Breach | None]) -> None:
    """Count them in the caller's transaction. Names refused as undeclared are learned here: no log tells them."""
    found = [one for one in breaches if one is not None]
    if found:
        plans.count_breaches(found)
        plans.learn(_refused_names(found))


def _refused_names(breaches: Iterable[Breach]) -> list[Observation]:
    named: dict[tuple[int, str, str], list[Breach]] = {}
    for one in breaches:
        if one.properties is not None:
            named.setdefault((one.source_id, one.kind, one.name), []).append(one)
    return [_observation(key, ones) for key, ones in named.items()]


def _observation(key: tuple[int, str, str], ones: list[Breach]) -> Observation:
    times = [one.received_at for one in ones]
    samples: list[Mapping[str, Any]] = [one.properties for one in ones[:LEARNED_FROM] if one.properties is not None]
    return Observation(*key, min(times), max(times), by_day=Counter(), refused=len(ones), samples=samples)
