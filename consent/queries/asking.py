"""What holds for whom a program asks about: by an address or an id, for the person it belongs to or for it alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cdp.lib.hashing import address_hash
from cdp.lib.problems import Problem
from consent.contracts import EntryFacts, PurposeState, RegimeFound, Subject
from consent.queries.entries import entry_facts
from consent.queries.regimes import regimes_of
from consent.queries.standing import states
from consent.queries.subjects import subjects_of
from profiles import queries as profiles
from profiles.identifiers import EMAIL, PHONE, Blocked, canonicalize

SUBJECT_KINDS = ("email", "phone", "user_id", "anonymous_id")


@dataclass(frozen=True, slots=True)
class KnownPurpose:
    """A purpose's state, the code of its parent (empty: none), and the line that says so."""

    state: PurposeState
    parent: str
    entry: EntryFacts | None


@dataclass(frozen=True, slots=True)
class Known:
    """The law that holds for somebody, and every purpose."""

    regime: RegimeFound
    purposes: tuple[KnownPurpose, ...]


def ask(kind: str, raw: str, *, at: datetime, whole_person: bool = True) -> Known:
    """The state of every purpose for (identifier kind, raw value). Raises Problem for what identifies nobody."""
    subject = subject_of(kind, raw, whole_person=whole_person)
    flat = list(_flat(states(subject, at), ""))
    entries = entry_facts({state.entry_id for state, _ in flat if state.entry_id is not None})
    (regime,) = regimes_of([subject])
    return Known(regime, tuple(KnownPurpose(state, up, entries.get(state.entry_id or 0)) for state, up in flat))


def subject_of(kind: str, raw: str, *, whole_person: bool) -> Subject:
    """Whom the gate is asked about. A shared identifier is nobody's: it stands for itself."""
    key = canonicalize(kind, raw)
    if isinstance(key, Blocked):
        detail = f"This {kind} identifies nobody ({key.reason})."
        errors = [{"field": kind, "reason": key.reason, "detail": detail}]
        raise Problem("invalid_consent", "Nobody is named", 422, detail, errors)
    known = profiles.find(key.kind, key.value)
    identifier_id = known.id if known is not None else None
    own = Subject(
        address_hash(key.value) if kind == EMAIL else None,
        () if identifier_id is None else (identifier_id,),
        address_hash(key.value) if kind == PHONE else None,
    )
    if not whole_person or known is None or known.is_shared:
        return own
    found = subjects_of([known.profile_id]).get(known.profile_id)
    if found is None:
        return own
    return Subject(
        own.address_hash or found.address_hash,
        found.identifier_ids or own.identifier_ids,
        own.phone_hash or found.phone_hash,
    )


def _flat(found: Iterable[PurposeState], parent: str) -> Iterator[tuple[PurposeState, str]]:
    for state in found:
        yield state, parent
        yield from _flat(state.children, state.code)
