"""The list of addresses that must not be written to: its words, as files and callers write them, and its file. Pure.

Reasons stand from weak to strong: a stronger one replaces a weaker one, never the other way round.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

MARKETING, ALL, SMS = "marketing", "all", "sms"
SCOPES = (MARKETING, ALL, SMS)
UNSUBSCRIBE = "unsubscribe"
REASONS = (UNSUBSCRIBE, "manual", "hard_bounce", "complaint", "erasure")
RANK = {reason: place for place, reason in enumerate(REASONS, start=1)}
COLUMNS = ("hash", "scope", "reason", "created_at", "origin")
HASH_DIGITS = 32
FORMULA = ("=", "+", "-", "@", "\t", "\r")

_SCOPE_WORDS = {
    MARKETING: "marketing newsletter email mail promotional werbung",
    ALL: "all everything any transactional global alle alles",
    SMS: "sms text phone textmessage telefon",
}
_REASON_WORDS = {
    UNSUBSCRIBE: "unsubscribe unsubscribed optout optedout unsubscription removed abgemeldet abmeldung",
    "manual": "manual staff admin support other manuell blocked blocklist",
    "hard_bounce": "hardbounce bounce bounced invalid permanent undeliverable rejected cleaned unzustellbar",
    "complaint": "complaint complained spam spamreport spamcomplaint abuse beschwerde",
    "erasure": "erasure erased deleted gdpr forgotten geloescht gelöscht",
}
_SCOPES = {word: scope for scope, words in _SCOPE_WORDS.items() for word in words.split()}
_REASONS = {word: reason for reason, words in _REASON_WORDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class NewSuppression:
    """One address to be suppressed. `origin`: who says so: event, page, import, staff, api, erasure."""

    address_hash: bytes
    scope: str
    reason: str
    created_at: datetime
    note: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What became of a list: rows that are new, that got a stronger reason, and that said nothing new."""

    new: int = 0
    stronger: int = 0
    known: int = 0


def scope_of(word: str) -> str | None:
    """The scope a word means; None: none we know."""
    return _SCOPES.get(_folded(word))


def reason_of(word: str) -> str | None:
    """The reason a word means, as mail services write it; None: none we know."""
    return _REASONS.get(_folded(word))


def hash_of(text: str) -> bytes | None:
    """The address hash that 32 hexadecimal digits are, as our export writes it; None: they are none."""
    if len(text) != HASH_DIGITS or not all(sign in "0123456789abcdefABCDEF" for sign in text):
        return None
    return bytes.fromhex(text)


def strongest(rows: Iterable[NewSuppression]) -> list[NewSuppression]:
    """One row an address and scope, the first with the strongest reason, in the order in which addresses are locked."""
    found: dict[tuple[bytes, str], NewSuppression] = {}
    for row in rows:
        held = found.get((row.address_hash, row.scope))
        if held is None or RANK[row.reason] > RANK[held.reason]:
            found[row.address_hash, row.scope] = row
    return [found[key] for key in sorted(found)]


def as_csv(rows: Iterable[NewSuppression]) -> Iterator[bytes]:
    """The list as a file: UTF-8, hashes and never addresses; importing it again changes nothing."""
    yield _line(COLUMNS)
    for row in rows:
        yield _line((row.address_hash.hex(), row.scope, row.reason, row.created_at.isoformat(), row.origin))


def _line(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    # No cell begins a formula: an apostrophe stands before what would.
    csv.writer(out, lineterminator="\r\n").writerow([f"'{c}" if c.startswith(FORMULA) else c for c in cells])
    return out.getvalue().encode("utf-8", "replace")


def _folded(word: str) -> str:
    return "".join(sign for sign in word.strip().lower() if sign not in " _-")
