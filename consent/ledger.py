"""The fold of the ledger: what holds for a subject at an instant, and which entry says so. Pure, whatever the order.

An *explicit* line is what somebody did. An *ambient* one is the state that SDKs send along with every event: it says
what a device remembers, not that anybody just acted, so it never lifts a restriction that was stated explicitly.

Purposes keyed by identifiers: for each identifier the latest line holds (a tie goes to the stricter one), and between
identifiers the strictest wins: withdrawn and denied before expired before pending before granted. E-mail purposes: what
was said about an address is one story, and only an explicit grant made later lifts a restriction, ambient ones too.

A yes may grow too old (`expires_after`): from then on its state is expired. On one device it does so alone, unless the
person said yes anew by their account (`renewers`).
"""

import dataclasses
from collections.abc import Iterable, Set
from datetime import datetime, timedelta

from cdp.lib.decision import Decision
from consent.contracts import DENIED, EXPIRED, GRANTED, PENDING, WITHDRAWN, LedgerLine

REFUSALS = frozenset({WITHDRAWN, DENIED})
STRICTNESS = {WITHDRAWN: 4, DENIED: 4, EXPIRED: 3, PENDING: 2, GRANTED: 1}


def current(lines: Iterable[LedgerLine], *, at: datetime) -> dict[bytes | int, LedgerLine]:
    """The line that holds at `at` for each subject key that has one."""
    explicit: dict[bytes | int, LedgerLine] = {}
    ambient: dict[bytes | int, LedgerLine] = {}
    for line in lines:
        held = ambient if line.is_ambient else explicit
        if line.occurred_at <= at and (line.subject not in held or _order(line) > _order(held[line.subject])):
            held[line.subject] = line
    both = {subject: _of_two(explicit[subject], ambient[subject]) for subject in explicit.keys() & ambient.keys()}
    return ambient | explicit | both


def decide(
    lines: Iterable[LedgerLine],
    *,
    at: datetime,
    allowed_by_default: bool,
    expires_after: timedelta | None = None,
    renewers: Set[int] = frozenset(),
) -> Decision:
    """Whether a purpose keyed by identifiers is allowed: strictest over the subject's identifiers, else the default."""
    held = list(current(lines, at=at).values())
    aged = [_aged(line, at, expires_after) for line in held]
    renewed = max((line.occurred_at for line in aged if lifts(line) and line.subject in renewers), default=None)
    # What was written as expired stays so; only a yes that grew old is renewed.
    now = [
        line if renewed is not None and line.state == GRANTED and line.occurred_at <= renewed else old
        for line, old in zip(held, aged, strict=True)
    ]
    return _verdict(_strictest(now), allowed_by_default)


def decide_for_address(
    lines: Iterable[LedgerLine],
    *,
    address_hash: bytes,
    at: datetime,
    allowed_by_default: bool,
    speakers: Set[int] = frozenset(),
    expires_after: timedelta | None = None,
) -> Decision:
    """Whether an e-mail purpose is allowed for this address, of which its owner's identifiers may have been told too.

    A restriction stated for any identifier of the owner holds for the address; a grant only if it was stated for the
    address itself, or for one of the `speakers`: identifiers that can mean no other address.
    """
    may_grant = speakers | {address_hash}
    told = [line for line in lines if line.subject in may_grant or _restricts_everywhere(line)]
    held = standing(told, at=at)
    return _verdict(None if held is None else _aged(held, at, expires_after), allowed_by_default)


def standing(lines: Iterable[LedgerLine], *, at: datetime) -> LedgerLine | None:
    """What holds of everything said about one address: restrictions, unless an explicit grant is later.

    What waits for a confirmation takes no part beside a grant of the address, whichever came first: else a stranger
    could silence somebody by signing them up.
    """
    known = [line for line in lines if line.occurred_at <= at]
    grant = _latest_grant(known)
    is_granted = any(line.state == GRANTED for line in known)
    said = [line for line in known if line.state != PENDING or not is_granted]
    left = [line for line in said if line.state != GRANTED and not _outlived(line, grant)]
    return _strictest(left) or grant or _strictest(said)


def carries_over(theirs: Iterable[LedgerLine], own: Iterable[LedgerLine], *, at: datetime, of_address: bool) -> bool:
    """Whether a refusal of `theirs` must become one of `own`, when staff part what was held for one person.

    It held for both until now, and nobody knows whose it was; what the other one refuses already needs no second line,
    and an address granted explicitly after the refusal stays granted.
    """
    fold = standing if of_address else _strictest_of_each
    refusal, held = fold(theirs, at=at), fold(own, at=at)
    if refusal is None or refusal.state not in REFUSALS:
        return False
    if held is None:
        return True
    return held.state not in REFUSALS and not (of_address and lifts(held) and _outlived(refusal, held))


def standing_withdrawal(lines: Iterable[LedgerLine]) -> LedgerLine | None:
    """The latest withdrawal of one address that no explicit grant made later has lifted."""
    known = list(lines)
    grant = _latest_grant(known)
    return _strictest(line for line in known if line.state == WITHDRAWN and not _outlived(line, grant))


def lifts(line: LedgerLine) -> bool:
    """Whether this line ends restrictions made before it: a grant that somebody made."""
    return line.state == GRANTED and not line.is_ambient


def has_grown_old(line: LedgerLine, at: datetime, expires_after: timedelta | None) -> bool:
    """Whether a yes is too old to count at `at`."""
    return line.state == GRANTED and expires_after is not None and line.occurred_at + expires_after <= at


def _aged(line: LedgerLine, at: datetime, expires_after: timedelta | None) -> LedgerLine:
    return dataclasses.replace(line, state=EXPIRED) if has_grown_old(line, at, expires_after) else line


def _order(line: LedgerLine) -> tuple[datetime, int, str, int]:
    return (line.occurred_at, STRICTNESS[line.state], line.state, line.id)


def _of_two(explicit: LedgerLine, ambient: LedgerLine) -> LedgerLine:
    """A later ambient restriction holds; an ambient grant only where nothing explicit is known."""
    return ambient if ambient.state != GRANTED and _order(ambient) > _order(explicit) else explicit


def _restricts_everywhere(line: LedgerLine) -> bool:
    return isinstance(line.subject, int) and line.state != GRANTED


def _latest_grant(lines: Iterable[LedgerLine]) -> LedgerLine | None:
    """The latest explicit grant."""
    return max(filter(lifts, lines), key=_order, default=None)


def _outlived(line: LedgerLine, grant: LedgerLine | None) -> bool:
    return grant is not None and grant.occurred_at > line.occurred_at


def _strictest(lines: Iterable[LedgerLine]) -> LedgerLine | None:
    return max(lines, key=lambda line: (STRICTNESS[line.state], *_order(line)), default=None)


def _strictest_of_each(lines: Iterable[LedgerLine], *, at: datetime) -> LedgerLine | None:
    return _strictest(current(lines, at=at).values())


def _verdict(held: LedgerLine | None, allowed_by_default: bool) -> Decision:
    if held is None:
        return Decision(allowed_by_default, "default_allowed" if allowed_by_default else "default_denied")
    return Decision(held.state == GRANTED, held.state, held.id)
