"""What newly stored events say about consent, written to the ledger in the processing transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cdp.lib.clock import to_us, utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent import signals
from consent.contracts import CONTEXT, GRANTED, NewEntry, SignalEvent
from consent.purposes import ADDRESS_PURPOSES
from consent.services.ledger_writes import record_entries
from consent.services.locks import lock_addresses
from consent.services.suppressions import suppress
from profiles import queries as profiles
from profiles.identifiers import Blocked, canonicalize

# Grants sent along with events are written once an address, and once in five minutes an identifier: dated at their
# beginning, so that a refusal within them outlives them and it does not matter which of their events came first.
STEP_US = 5 * 60 * 1_000_000
SCOPE_OF_REASON = {"hard_bounce": "all", "complaint": "marketing"}


def record_signals(events: Sequence[SignalEvent], *, now: datetime | None = None) -> int:
    """Append what a batch of newly stored events says about consent, in the caller's transaction; how many were new.

    E-mail purposes go to the address the event names, else to its e-mail identifiers; a grant only where that is one
    address. Without any it is kept on the identifier, and the gate finds the address: which one it is may be known
    only later. A restriction takes the locks of the addresses known now, so that it and sends take turns.
    """
    now = now or utc_now()
    said: list[tuple[NewEntry, bool]] = []
    suppressed: list[tuple[bytes, str, datetime]] = []
    locked: set[bytes] = set()
    for event in sorted(events, key=lambda e: (e.occurred_at, e.message_hash)):
        for statement in signals.read(event):
            hashes = _addresses_named(event) if statement.purpose in ADDRESS_PURPOSES else []
            said += [
                (_entry(event, statement, subject), statement.explicit)
                for subject in _subjects(event, statement, hashes)
            ]
            if statement.purpose in ADDRESS_PURPOSES and statement.state != GRANTED:
                hashes = hashes or _addresses_now(event.identifier_id)
                locked.update(hashes)
            if statement.suppress in SCOPE_OF_REASON:
                suppressed += [(h, statement.suppress, min(event.occurred_at, now)) for h in hashes]
    lock_addresses(locked.union(entry.address_hash for entry, _ in said if entry.address_hash is not None))
    written = record_entries(_without_repeats(said), now=now)
    for address, reason, at in suppressed:
        suppress(address, SCOPE_OF_REASON[reason], reason, at)
    return written


def _subjects(event: SignalEvent, statement: signals.Statement, hashes: list[bytes]) -> list[bytes | int]:
    if statement.purpose not in ADDRESS_PURPOSES or not hashes:
        return [event.identifier_id]
    return [] if statement.state == GRANTED and len(hashes) > 1 else list(hashes)


def _entry(event: SignalEvent, statement: signals.Statement, subject: bytes | int) -> NewEntry:
    name = subject.hex() if isinstance(subject, bytes) else str(subject)
    what = (statement.purpose, statement.state, statement.method, name)
    said_by = (str(event.source_id), event.message_hash.hex())
    at = event.occurred_at
    if statement.state == GRANTED and statement.method == CONTEXT:
        at = _start_of_step(at)
        said_by = ("ambient", "" if statement.purpose in ADDRESS_PURPOSES else at.isoformat())
    return NewEntry(
        entry_key=keyed_hash("consent", *said_by, *what),
        purpose=statement.purpose,
        state=statement.state,
        method=statement.method,
        occurred_at=at,
        address_hash=subject if isinstance(subject, bytes) else None,
        identifier_id=subject if isinstance(subject, int) else None,
        source_id=event.source_id,
    )


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


def _addresses_named(event: SignalEvent) -> list[bytes]:
    named = canonical_email(signals.address_of(event) or "")
    return [address_hash(email) for email in ([named] if named else sorted(event.emails))]


def canonical_email(raw: str) -> str | None:
    """The canonical form of an address, or None when it is none or a blocked one."""
    key = canonicalize("email", raw)
    return None if isinstance(key, Blocked) else key.value


def _addresses_now(identifier_id: int) -> list[bytes]:
    """The addresses of the identifier's profile as far as they are known yet."""
    profile_id = profiles.profiles_of_identifiers([identifier_id]).get(identifier_id)
    if profile_id is None:
        return []
    facts = profiles.identifiers_of([profile_id]).get(profile_id, [])
    return [address_hash(fact.value) for fact in facts if fact.kind == "email" and not fact.is_shared]
