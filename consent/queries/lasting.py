"""The gate's answers with how long they hold if nobody says another word: for what is kept until then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cdp.lib.decision import Decision
from consent.contracts import GRANTED, LedgerLine, PurposeFacts, Subject
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
    found = []
    for subject, decision in zip(subjects, decisions, strict=True):
        turns = (turn for one in chain for line in said.told(subject, one).lines for turn in _turns(line, one))
        found.append(Lasting(decision, min((turn for turn in turns if turn > at), default=None)))
    return found


def _turns(line: LedgerLine, purpose: PurposeFacts) -> Iterator[datetime]:
    """The instants at which a line begins to count otherwise, under any law."""
    yield line.occurred_at
    if line.state == GRANTED:
        for rule in purpose.rules.values():
            if rule.expires_after is not None:
                yield line.occurred_at + rule.expires_after
