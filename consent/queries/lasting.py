"""The gate's answers with how long they hold if nobody says another word: for what is kept until then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cdp.lib.decision import Decision
from consent.alike import expiries
from consent.contracts import GRANTED, LedgerLine, Subject
from consent.purposes_in_force import purposes_now
from consent.queries.gate import UNKNOWN, allows_read, read


@dataclass(frozen=True, slots=True)
class Lasting:
    """A decision, and a bound on the first instant at which time alone may change it; None: it never does."""

    decision: Decision
    until: datetime | None


def lasting_each(subjects: Sequence[Subject], purpose: str, at: datetime) -> list[Lasting]:
    """`allows_each` with how long each answer lasts: until a yes grows old, or what is dated in the future begins."""
    chain = purposes_now().chain(purpose)
    if not chain:
        return [Lasting(UNKNOWN, None) for _ in subjects]
    said = read(subjects, chain, at)
    decisions = allows_read(subjects, chain, said, at)
    limits = [(one, expiries(one)) for one in chain]
    found = []
    for subject, decision in zip(subjects, decisions, strict=True):
        turns = [
            turn
            for one, ages in limits
            for line in said.lines_of(subject, one)
            for turn in _turns(line, ages)
            if turn > at
        ]
        found.append(Lasting(decision, min(turns, default=None)))
    return found


def _turns(line: LedgerLine, ages: Sequence[timedelta]) -> list[datetime]:
    """The instants at which a line begins to count otherwise, under any law."""
    if line.state != GRANTED:
        return [line.occurred_at]
    return [line.occurred_at, *(line.occurred_at + age for age in ages)]
