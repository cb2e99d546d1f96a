"""What newly stored events say about consent, written to the ledger in the processing transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cdp.lib.clock import to_us, utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent import signals
from consent.choices import ALWAYS, Choice, strictest_opt_in
from consent.contracts import CONTEXT, GRANTED, TCF, NewEntry, SignalEvent
from consent.purposes_in_force import Purposes, purposes_now
from consent.services.choosing import choose_each
from consent.services.ledger_writes import record_entries
from consent.services.locks import lock_addresses
from consent.services.meaning import meaning_of
from consent.services.shown_words import with_real_words
from consent.services.suppressions import suppress
from consent.services.tc_strings import keep_tc_strings
from profiles import queries as profiles
from profiles.identifiers import Blocked, canonicalize

# Grants sent along with events are written once an address, and once in five minutes an identifier: dated at their
# beginning, so that a refusal within them outlives them and it does not matter which of their events came first.
STEP_US = 5 * 60 * 1_000_000
SCOPE_OF_REASON = {"hard_bounce": "all", "complaint": "marketing"}
SENT_ALONG = frozenset({CONTEXT, TCF})
LONGEST_NOTICE = 2**31


@dataclass(slots=True)
class _Heard:
    """What a batch says, gathered before anything is written."""

    entries: list[tuple[NewEntry, bool]] = field(default_factory=list)
    sign_ups: list[Choice] = field(default_factory=list)
    suppressed: list[tuple[bytes, str, datetime]] = field(default_factory=list)
    locked: set[bytes] = field(default_factory=set)


def record_signals(events: Sequence[SignalEvent], *, now: datetime | None = None) -> int:
    """Append what a batch of newly stored events says about consent, in the caller's transaction; how many were new.

    Purposes with a channel go to the address the event names, else to its e-mail identifiers; a grant only where that
    is one address. Without any it is kept on the identifier, and the gate finds the address: which one it is may be
    known only later. A restriction takes the locks of the addresses known now, so that it and sends take turns. A
    browser's sign-ups wait for the address's owner.
    """
    now = now or utc_now()
    purposes = purposes_now()
    meaning = meaning_of(purposes)
    ordered = sorted(events, key=lambda e: (e.occurred_at, e.message_hash))
    said = [(event, statement) for event in ordered for statement in signals.read(event, meaning)]
    proofs = keep_tc_strings({(e.identifier_id, s.tc_string) for e, s in said if s.tc_string}, now=now)
    heard = _Heard()
    for event, statement in said:
        _hear(heard, event, statement, purposes, now, proofs.get((event.identifier_id, statement.tc_string)))
    heard.locked.update(entry.address_hash for entry, _ in heard.entries if entry.address_hash is not None)
    heard.locked.update(choice.address_hash for choice in heard.sign_ups if choice.address_hash is not None)
    lock_addresses(heard.locked)
    written = record_entries(with_real_words(_without_repeats(heard.entries)), now=now)
    for address, reason, at in heard.suppressed:
        suppress(address, SCOPE_OF_REASON[reason], reason, at, origin="event")
    if heard.sign_ups:
        choose_each(heard.sign_ups, now=now)
    return written


def _hear(
    heard: _Heard,
    event: SignalEvent,
    statement: signals.Statement,
    purposes: Purposes,
    now: datetime,
    proof_id: int | None,
) -> None:
    purpose = purposes.get(statement.purpose)
    if purpose is None:
        return
    is_grant = statement.state == GRANTED and bool(purpose.channel)
    if is_grant and (statement.waits or _always_confirmed(purpose.code, purposes)):
        heard.sign_ups += _sign_up(event, statement, purpose.channel) if statement.explicit else []
        return
    hashes = _addresses_named(event, purpose.channel)
    heard.entries += [
        (_entry(event, statement, subject, purpose.channel, proof_id), statement.explicit)
        for subject in _subjects(event, statement, purpose.channel, hashes)
    ]
    if purpose.channel and statement.state != GRANTED:
        hashes = hashes or _addresses_now(event.identifier_id, purpose.channel)
        heard.locked.update(hashes)
    if statement.suppress in SCOPE_OF_REASON:
        heard.suppressed += [(h, statement.suppress, min(event.occurred_at, now)) for h in hashes]


def _always_confirmed(code: str, purposes: Purposes) -> bool:
    """Whether not even a server's word is enough for a yes."""
    return strictest_opt_in(one.double_opt_in for one in purposes.chain(code) if one.channel) == ALWAYS


def _sign_up(event: SignalEvent, statement: signals.Statement, channel: str) -> list[Choice]:
    """A browser's word that somebody signed up: one address, which is asked by mail."""
    named = _named(event, channel)
    if len(named) != 1:
        return []
    wording_id, notice_version = _asked(event, statement.purpose)
    locale = event.context.get("locale")
    return [
        Choice(
            purpose=statement.purpose,
            state=GRANTED,
            method="event",
            address=named[0],
            address_hash=address_hash(named[0]),
            occurred_at=event.occurred_at,
            actor=f"source:{event.source_id}",
            source_id=event.source_id,
            notice_version=notice_version,
            locale=locale[:35] if isinstance(locale, str) else "",
            proof={"event": event.name, "message": event.message_hash.hex(), "wording": wording_id},
            proof_kind="event",
            must_confirm=True,
            key=("event", str(event.source_id), event.message_hash.hex(), GRANTED),
        )
    ]


def _subjects(event: SignalEvent, statement: signals.Statement, channel: str, hashes: list[bytes]) -> list[bytes | int]:
    if not channel or not hashes:
        return [event.identifier_id]
    return [] if statement.state == GRANTED and len(hashes) > 1 else list(hashes)


def _entry(
    event: SignalEvent, statement: signals.Statement, subject: bytes | int, channel: str, proof_id: int | None
) -> NewEntry:
    name = subject.hex() if isinstance(subject, bytes) else str(subject)
    what = (statement.purpose, statement.state, statement.method, name)
    said_by = (str(event.source_id), event.message_hash.hex())
    at = event.occurred_at
    if statement.state == GRANTED and statement.method in SENT_ALONG:
        at = _start_of_step(at)
        said_by = ("ambient", "" if channel else at.isoformat())
    wording_id, notice_version = _asked(event, statement.purpose) if statement.explicit else (None, None)
    return NewEntry(
        entry_key=keyed_hash("consent", *said_by, *what),
        purpose=statement.purpose,
        state=statement.state,
        method=statement.method,
        occurred_at=at,
        address_hash=subject if isinstance(subject, bytes) else None,
        identifier_id=subject if isinstance(subject, int) else None,
        source_id=event.source_id,
        channel=channel,
        wording_id=wording_id,
        notice_version=notice_version,
        actor=f"source:{event.source_id}",
        proof_id=proof_id,
    )


def _asked(event: SignalEvent, purpose: str) -> tuple[int | None, int | None]:
    """The words and the notice the event says it answers: (wording id, notice version), as far as they are numbers.

    `context.consent` has them, as cdp.js tells them, else the properties: `wordings` {purpose: id}, `notice`.
    """
    told = event.context.get("consent")
    held = told if isinstance(told, Mapping) and "wordings" in told else event.properties
    wordings = held.get("wordings")
    wording = wordings.get(purpose) if isinstance(wordings, Mapping) else None
    return _number(wording), _number(held.get("notice"))


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 < value < LONGEST_NOTICE else None


def _start_of_step(at: datetime) -> datetime:
    return at - timedelta(microseconds=to_us(at) % STEP_US)


def _without_repeats(said: Sequence[tuple[NewEntry, bool]]) -> list[NewEntry]:
    """Of equal states that follow each other for one subject and purpose, keep the last; what a person did stays.

    SDKs send the whole preference with every event. The last of a run is kept, so the fold's latest state does not
    depend on how events were batched.
    """
    following: dict[tuple[bytes | int | None, str, str], str] = {}
    kept = []
    for entry, explicit in reversed(said):
        key = (entry.address_hash or entry.identifier_id, entry.purpose, entry.method)
        if explicit or following.get(key) != entry.state:
            kept.append(entry)
        following[key] = entry.state
    return kept[::-1]


def _addresses_named(event: SignalEvent, channel: str) -> list[bytes]:
    return [address_hash(one) for one in _named(event, channel)] if channel else []


def _named(event: SignalEvent, channel: str) -> list[str]:
    """The canonical addresses or numbers an event names itself."""
    if channel == "sms":
        found = canonicalize("phone", signals.phone_of(event) or "")
        return [] if isinstance(found, Blocked) else [found.value]
    named = canonical_email(signals.address_of(event) or "")
    return [named] if named else sorted(event.emails)


def canonical_email(raw: str) -> str | None:
    """The canonical form of an address, or None when it is none or a blocked one."""
    key = canonicalize("email", raw)
    return None if isinstance(key, Blocked) else key.value


def _addresses_now(identifier_id: int, channel: str) -> list[bytes]:
    """The addresses or numbers of the identifier's profile as far as they are known yet."""
    kind = "phone" if channel == "sms" else "email"
    profile_id = profiles.profiles_of_identifiers([identifier_id]).get(identifier_id)
    if profile_id is None:
        return []
    facts = profiles.identifiers_of([profile_id]).get(profile_id, [])
    return [address_hash(fact.value) for fact in facts if fact.kind == kind and not fact.is_shared]
