"""The state of every purpose of a person at any instant, each with the entry that says so."""

from collections.abc import Mapping
from datetime import datetime

from consent.contracts import EXPIRED, PROCESSING, LedgerLine, PurposeFacts, PurposeState, Subject
from consent.effect import Effect, effect
from consent.models import Entry
from consent.purposes_in_force import Purposes, purposes_now
from consent.queries.gate import Said, read
from consent.queries.regimes import regimes_of


def states(subject: Subject, at: datetime, *, known_at: datetime | None = None) -> list[PurposeState]:
    """What holds for each purpose at `at`, in order, topics as `children` of theirs; `known_at` as in `allows`.

    A fold of the ledger: nothing is stored but entries. A yes that has grown too old is `expired` without a line of its
    own. The law is the one that holds for the person now.
    """
    purposes = purposes_now()
    said = read([subject], purposes.all, at, known_at=known_at)
    (law,) = regimes_of([subject])
    effects = {
        one.code: effect([said.told(subject, p) for p in purposes.chain(one.code)], at=at, regime=law.regime)
        for one in purposes.all
    }
    evidence = [one.decision.evidence for one in effects.values() if one.decision.evidence is not None]
    words = {
        pk: rest
        for pk, *rest in Entry.objects.filter(pk__in=evidence).values_list("pk", "wording_id", "notice_version")
    }
    tops = [one for one in purposes.all if not purposes.get(one.parent)]
    return [_state(one, purposes, effects, _lines(said), words, law.regime) for one in tops]


def _lines(said: Said) -> dict[int, LedgerLine]:
    return {line.id: line for by_key in said.lines.values() for lines in by_key.values() for line in lines}


def _state(
    purpose: PurposeFacts,
    purposes: Purposes,
    effects: Mapping[str, Effect],
    lines: Mapping[int, LedgerLine],
    words: Mapping[int, list[int | None]],
    regime: str,
) -> PurposeState:
    found = effects[purpose.code]
    decision, rule = found.decision, purpose.rules[regime]
    line = lines.get(decision.evidence or 0)
    wording_id, notice_version = words.get(decision.evidence or 0, (None, None))
    state = "" if line is None else EXPIRED if decision.reason.endswith(EXPIRED) else line.state
    return PurposeState(
        code=purpose.code,
        label=purpose.label,
        channel=purpose.channel,
        shown=purpose.shown,
        allowed=decision.allowed,
        reason=decision.reason,
        state=state,
        legal_basis=rule.legal_basis,
        inherited=found.inherited,
        since=line.occurred_at if line else None,
        expires_at=line.occurred_at + rule.expires_after if line and decision.allowed and rule.expires_after else None,
        entry_id=decision.evidence,
        wording_id=wording_id,
        notice_version=notice_version,
        children=tuple(
            _state(one, purposes, effects, lines, words, regime)
            for one in purposes.children(purpose.code)
            if one.code != PROCESSING
        ),
    )
