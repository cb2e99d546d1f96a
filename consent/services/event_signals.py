"""What newly stored events say about consent, written to the ledger in the processing transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cdp.lib.clock import to_us, utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from consent import signals
from consent.contracts import CONTEXT, GRANTED, NewEntry, SignalEvent
from consent.purposes import ADDRESS_PURPOSES
from consent.services.ledger_writes import record_entries, suppress
from profiles import queries as profiles
from profiles.identifiers import Blocked, canonicalize

# Grants sent along with events are written once an address, and once in five minutes an identifier: dated at their
# beginning, so that a refusal within them outlives them and it does not matter which of their events came first.
STEP_US = 5 * 60 * 1_000_000
SCOPE_OF_REASON = {"hard_bounce": "all", "complaint": "marketing"}


def record_signals(events: Sequence[SignalEvent], *, now: datetime | None = None) -> int:
    """Append what a batch of newly stored events says about consent, in the caller's transaction; how many were new.

    E-mail purposes go to the address the event names, else its e-mail identifiers, else the e-mails of its profile;
    a grant only where that is one address. A restriction for which no address is known is kept on the identifier.
    """
    now = now or utc_now()
    said: list[tuple[NewEntry, bool]] = []
    suppressed: list[tuple[bytes, str, datetime]] = []
    for event in sorted(events, key=lambda e: (e.occurred_at, e.message_hash)):
        for statement in signals.read(event):
            hashes = _addresses_for(event, statement) if statement.purpose in ADDRESS_PURPOSES else []
            said += [
                (_entry(event, statement, subject), statement.explicit)
                for subject in _subjects(event, statement, hashes)
            ]
            if statement.suppress in SCOPE_OF_REASON:
                suppressed += [(h, statement.suppress, min(event.occurred_at, now)) for h in hashes]
    written = record_entries(_without_repeats(said), now=now)
    for address, reason, at in suppressed:
        suppress(address, SCOPE_OF_REASON[reason], reason, at)
    return written


def _subjects(event: SignalEvent, statement: signals.Statement, hashes: list[bytes]) -> list[bytes | int]:
    if statement.purpose not in ADDRESS_PURPOSES or (not hashes and statement.state != GRANTED):
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


def _addresses_for(event: SignalEvent, statement: signals.Statement) -> list[bytes]:
    named = canonical_email(signals.address_of(event) or "")
    emails = [named] if named else sorted(event.emails) or _profile_emails(event.identifier_id)
    return [address_hash(email) for email in emails]


def canonical_email(raw: str) -> str | None:
    """The canonical form of an address, or None when it is none or a blocked one."""
    key = canonicalize("email", raw)
    return None if isinstance(key, Blocked) else key.value


def _profile_emails(identifier_id: int) -> list[str]:
    profile_id = profiles.profiles_of_identifiers([identifier_id]).get(identifier_id)
    if profile_id is None:
        return []
    facts = profiles.identifiers_of([profile_id]).get(profile_id, [])
    return sorted(f.value for f in facts if f.kind == "email" and not f.is_shared)
