"""The state a bandit plays by, as the request needs it: kept in the process for three seconds.

One statement looks up the numbers of every live bandit's state; a posterior is read again only where its number grew.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from cdp.lib import bulk_sql
from decisions.bandits import PolicyState

KEPT_S = 3.0
NUMBERS = """
SELECT p.key, v.number, s.id, s.number FROM decisions_banditstate AS s
JOIN decisions_placementversion AS v ON v.id = s.version_id
JOIN decisions_decisionplacement AS p ON p.version_id = v.id
"""
POSTERIORS = "SELECT id, number, posterior::text FROM decisions_banditstate WHERE id = ANY(%s::bigint[])"
EMPTY = PolicyState()
_lock = threading.Lock()


@dataclass(frozen=True)
class Kept:
    """What was read at one time; replaced as a whole, so that no request sees half of it."""

    until: float = float("-inf")
    states: Mapping[tuple[str, int], PolicyState] = field(default_factory=dict)


_kept = Kept()


def state_now(placement_key: str, version: int) -> PolicyState:
    """The state of the live version (its number) of a placement, at most three seconds old; number 0, where every arm
    is as likely, before the first fold."""
    global _kept
    if time.monotonic() >= _kept.until:
        with _lock:
            if time.monotonic() >= _kept.until:
                _kept = Kept(time.monotonic() + KEPT_S, _read(_kept.states))
    return _kept.states.get((placement_key, version), EMPTY)


def forget_states() -> None:
    """Look again at once."""
    global _kept
    _kept = Kept()


def _read(before: Mapping[tuple[str, int], PolicyState]) -> dict[tuple[str, int], PolicyState]:
    rows = bulk_sql.fetch_often(NUMBERS)
    found = {(key, version): before[key, version] for key, version, _, _ in rows if (key, version) in before}
    stale = {pk: (key, version) for key, version, pk, number in rows if _number(found, key, version) != number}
    for pk, number, posterior in bulk_sql.fetch(POSTERIORS, [sorted(stale)]) if stale else []:
        found[stale[pk]] = PolicyState.from_json(msgspec.json.decode(posterior), number)
    return found


def _number(found: Mapping[tuple[str, int], PolicyState], key: str, version: int) -> int:
    return found[key, version].version if (key, version) in found else -1
