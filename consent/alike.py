"""Answers by law, worked out once for all of whom the same was said in the same order. Pure.

What the fold looks at is kept: who said it, in which state and way, what came before what, what has grown old. When it
was said exactly, and the ids of the lines, make no difference.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from cdp.lib.decision import Decision
from consent.contracts import GRANTED, LedgerLine, PurposeFacts
from consent.effect import Told, by_law

Shape = tuple[object, ...]
Answers = Mapping[str, Decision]


class Alike:
    """The answers at one instant to one chain of purposes, by the shape of what was said."""

    def __init__(self, chain: Sequence[PurposeFacts], at: datetime) -> None:
        self._at = at
        self._expiries = [expiries(one) for one in chain]
        self._known: dict[Shape, tuple[Answers, list[int]]] = {}

    def by_law(self, chain: Sequence[Told]) -> Answers:
        """As `consent.effect.by_law` of this chain, with the evidence that is theirs."""
        shapes, ids = [], []
        for told, limits in zip(chain, self._expiries, strict=True):
            lines = told.lines if len(told.lines) < 2 else sorted(told.lines, key=_when)
            shapes.append(self._shape(told, lines, limits))
            ids += [line.id for line in lines]
        shape = tuple(shapes)
        if shape not in self._known:
            self._known[shape] = (by_law(chain, at=self._at), ids)
        answers, theirs = self._known[shape]
        return answers if theirs == ids else _with_evidence(answers, dict(zip(theirs, ids, strict=True)))

    def _shape(self, told: Told, lines: Sequence[LedgerLine], limits: Sequence[timedelta]) -> Shape:
        subjects: dict[bytes | int, int] = {}
        found: list[object] = [told.address is None]
        before: datetime | None = None
        for line in lines:
            subject, when = line.subject, line.occurred_at
            found += (
                subjects.setdefault(subject, len(subjects)),
                isinstance(subject, int),
                subject == told.address,
                subject in told.speakers,
                line.state,
                line.method,
                when == before,
                when <= self._at,
            )
            if line.state == GRANTED:
                found += [when + limit <= self._at for limit in limits]
            before = when
        return tuple(found)


def expiries(purpose: PurposeFacts) -> list[timedelta]:
    """The ages at which a yes grows too old, under any law."""
    return sorted({rule.expires_after for rule in purpose.rules.values() if rule.expires_after is not None})


def _when(line: LedgerLine) -> tuple[datetime, int]:
    return (line.occurred_at, line.id)


def _with_evidence(answers: Answers, ids: Mapping[int, int]) -> Answers:
    made = {
        one: one if one.evidence is None else Decision(one.allowed, one.reason, ids[one.evidence])
        for one in set(answers.values())
    }
    return {regime: made[one] for regime, one in answers.items()}
