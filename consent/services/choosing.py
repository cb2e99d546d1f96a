"""Choosing: the one door by which the API, pages, staff and imports say what somebody allowed or refused.

It finds the subject, does double opt-in, fills in the words, keeps the proof, takes the locks and appends.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from cdp.lib.decision import Decision
from cdp.lib.hashing import address_hash, keyed_hash
from cdp.lib.problems import Problem
from consent import queries
from consent.choices import Choice, Outcome, state_of, strictest_opt_in, truncated_ip
from consent.contracts import GRANTED, PENDING, NewEntry, Subject
from consent.models import Entry
from consent.purposes_in_force import purposes_now
from consent.services.choice_targets import Target, find
from consent.services.ledger_writes import append_entries
from consent.services.locks import lock_addresses
from consent.services.proving import discard, keep_proof, sign_up_proof, tell_pending
from profiles import queries as profiles


def choose(choice: Choice, *, now: datetime) -> Outcome:
    """Record one choice. Raises Problem (422) that names what cannot be recorded and how to mend it."""
    found = choose_each([choice], now=now)[0]
    if isinstance(found, Problem):
        raise found
    return found


def choose_each(choices: Sequence[Choice], *, now: datetime) -> list[Outcome | Problem]:
    """Record many in one transaction, in their order; of those that cannot be recorded the problem stands instead.

    A grant that needs it is written as `pending` with a Proof (kind sign_up; content: address, locale, purposes and
    what the choice brought), and "consent.pending" {entry_id, proof_id} is published: once a proof, not a purpose. An
    unproven grant of what is allowed already changes nothing and is not written: else a stranger could silence.

    Must not be called in a transaction with an identifier (kind, value) nobody has seen yet (RuntimeError).
    """
    found = find(choices, now=now)
    targets = [one for one in found if isinstance(one, Target)]
    with transaction.atomic():
        named = {one.address_hash for one in targets if one.address_hash is not None}
        lock_addresses(named | _owners_addresses(targets))
        outcomes = iter(_record(targets, now))
    return [next(outcomes) if isinstance(one, Target) else one for one in found]


def _owners_addresses(targets: Sequence[Target]) -> set[bytes]:
    """Addresses that a refusal by their owner's identifier silences: it and sends to them take turns."""
    ids = {one.identifier_id for one in targets if one.address_hash is None and one.choice.state != GRANTED}
    people = profiles.profiles_of_identifiers([pk for pk in ids if pk is not None])
    known = profiles.identifiers_of(set(people.values()))
    facts = [fact for held in known.values() for fact in held if fact.kind in ("email", "phone")]
    return {address_hash(fact.value) for fact in facts}


def entry_key(target: Target, at: datetime) -> bytes:
    """The same statement again is the same line."""
    choice = target.choice
    if choice.key:
        return keyed_hash("consent", *choice.key, choice.purpose, target.subject)
    done = ("confirmed",) if choice.is_confirmed else ()
    said = (choice.purpose, choice.state, choice.method, at.isoformat(), target.subject)
    return keyed_hash("consent", "choice", *said, *done)


def _record(targets: Sequence[Target], now: datetime) -> list[Outcome]:
    """Under the address locks. Every line is prepared with its proof; proofs of lines that were known go again."""
    keys = [entry_key(one, one.choice.occurred_at or now) for one in targets]
    known = {bytes(key) for key in Entry.objects.filter(entry_key__in=keys).values_list("entry_key", flat=True)}
    states = [_state(one) for one in targets]
    idle = _already_allowed([one for one, state in zip(targets, states, strict=True) if state == PENDING], now)
    proofs: dict[int, int] = {}
    prepared: dict[int, NewEntry] = {}
    for place, (target, key, state) in enumerate(zip(targets, keys, states, strict=True)):
        if key in known or id(target) in idle:
            continue
        proof_id = sign_up_proof(target, now) if state == PENDING else keep_proof(target, now)
        if proof_id is not None:
            proofs[place] = proof_id
        prepared[place] = _entry(target, key, state, proof_id, now)
        known.add(key)
    written = append_entries(list(prepared.values()), now=now)
    letters = tell_pending({place: (entry, targets[place]) for place, entry in prepared.items()}, written, now)
    discard(proof_id for place, proof_id in proofs.items() if prepared[place].entry_key not in written)
    decisions = _decisions(targets, now)
    return [
        _outcome(
            one,
            decisions[place],
            written.get(prepared[place].entry_key) if place in prepared else None,
            proofs.get(place),
            place in letters,
        )
        for place, one in enumerate(states)
    ]


def _state(target: Target) -> str:
    asked = (one.double_opt_in for one in purposes_now().chain(target.purpose.code) if one.channel)
    return state_of(target.choice, strictest_opt_in(asked) if target.purpose.channel else target.purpose.double_opt_in)


def _entry(target: Target, key: bytes, state: str, proof_id: int | None, now: datetime) -> NewEntry:
    choice, words = target.choice, target.wording
    return NewEntry(
        entry_key=key,
        purpose=choice.purpose,
        state=state,
        method=choice.method,
        occurred_at=choice.occurred_at or now,
        address_hash=target.address_hash,
        identifier_id=target.identifier_id,
        source_id=choice.source_id,
        channel=target.purpose.channel,
        wording_id=words.id if words else None,
        wording_sha256=words.sha256 if words else None,
        notice_version=choice.notice_version,
        actor=choice.actor,
        ip=truncated_ip(choice.ip),
        proof_id=proof_id,
        reason=choice.reason,
    )


def _already_allowed(waiting: Sequence[Target], now: datetime) -> set[int]:
    """Ids of the targets whose sign-up would change nothing."""
    decisions = _decisions(waiting, now)
    return {id(one) for one, decision in zip(waiting, decisions, strict=True) if decision.allowed}


def _decisions(targets: Sequence[Target], now: datetime) -> list[Decision]:
    """What holds for each target's subject and purpose, with one question a purpose."""
    places: dict[str, list[int]] = {}
    for place, target in enumerate(targets):
        places.setdefault(target.purpose.code, []).append(place)
    found: dict[int, Decision] = {}
    for purpose, those in places.items():
        subjects = [_subject(targets[place]) for place in those]
        found.update(zip(those, queries.allows_each(subjects, purpose, now), strict=True))
    return [found[place] for place in range(len(targets))]


def _subject(target: Target) -> Subject:
    if target.address_hash is None:
        return Subject(identifier_ids=(target.identifier_id,) if target.identifier_id is not None else ())
    if target.purpose.channel == "sms":
        return Subject(phone_hash=target.address_hash)
    return Subject(address_hash=target.address_hash)


def _outcome(state: str, decision: Decision, entry_id: int | None, proof_id: int | None, letter: bool) -> Outcome:
    if entry_id is None:
        return Outcome(False, GRANTED if decision.allowed and state == PENDING else state, decision)
    return Outcome(True, state, decision, entry_id, proof_id, letter)


def as_confirmed(entry: NewEntry, *, now: datetime, ip: str, of: int) -> NewEntry:
    """The grant that a confirmation makes of a pending line with the id `of`."""
    return replace(
        entry,
        entry_key=keyed_hash("consent", "confirm", str(of)),
        state=GRANTED,
        method="double_opt_in",
        occurred_at=now,
        actor="person",
        ip=truncated_ip(ip),
    )
