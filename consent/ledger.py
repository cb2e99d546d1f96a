"""The fold of the ledger: what holds for a subject at an instant, and which entry says so. Pure.

For each subject key the latest entry holds (a tie goes to the stricter one). Between keys the strictest wins:
withdrawn and denied before expired before pending before granted. For e-mail purposes the address speaks: a grant
counts only on the address itself and a later one there outlives an older restriction that was stated for an identifier.
"""

from collections.abc import Iterable
from datetime import datetime

from cdp.lib.decision import Decision
from consent.contracts import DENIED, EXPIRED, GRANTED, PENDING, WITHDRAWN, LedgerLine

STRICTNESS = {WITHDRAWN: 4, DENIED: 4, EXPIRED: 3, PENDING: 2, GRANTED: 1}


def _order(line: LedgerLine) -> tuple[datetime, int, int]:
    return (line.occurred_at, STRICTNESS[line.state], line.id)


def current(lines: Iterable[LedgerLine], *, at: datetime) -> dict[bytes | int, LedgerLine]:
    """The line that holds at `at` for each subject key that has one."""
    held: dict[bytes | int, LedgerLine] = {}
    for line in lines:
        if line.occurred_at <= at and (line.subject not in held or _order(line) > _order(held[line.subject])):
            held[line.subject] = line
    return held


def decide(lines: Iterable[LedgerLine], *, at: datetime, allowed_by_default: bool) -> Decision:
    """Whether a purpose keyed by identifiers is allowed: strictest over the subject's identifiers, else the default."""
    held = current(lines, at=at).values()
    return _verdict(held, allowed_by_default)


def decide_for_address(
    lines: Iterable[LedgerLine], *, address_hash: bytes, at: datetime, allowed_by_default: bool
) -> Decision:
    """Whether an e-mail purpose is allowed for this address."""
    held = current(lines, at=at)
    own = held.get(address_hash)
    taking_part = [line for line in held.values() if line is own or _restricts(line, own)]
    return _verdict(taking_part, allowed_by_default)


def _restricts(line: LedgerLine, own: LedgerLine | None) -> bool:
    """An identifier's restriction holds for the address unless the address itself granted later."""
    if line.state == GRANTED or isinstance(line.subject, bytes):
        return False
    return own is None or own.state != GRANTED or line.occurred_at >= own.occurred_at


def _verdict(held: Iterable[LedgerLine], allowed_by_default: bool) -> Decision:
    strictest = max(held, key=lambda line: (STRICTNESS[line.state], line.occurred_at, line.id), default=None)
    if strictest is None:
        return Decision(allowed_by_default, "default_allowed" if allowed_by_default else "default_denied")
    return Decision(strictest.state == GRANTED, strictest.state, strictest.id)
