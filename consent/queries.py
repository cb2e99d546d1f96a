"""Reads of the consent app: the gate, suppressions, tombstones and unsubscribe links.

The gate is asked at every use of a person's data, e-mail sends ask it again under the address lock. A purpose nobody
installed is refused.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from cdp.lib import bulk_sql
from cdp.lib.decision import Decision
from cdp.lib.hashing import address_hash, identifier_hash
from consent import ledger, tokens
from consent.contracts import (
    AMBIENT,
    EMAIL_MARKETING,
    GRANTED,
    LedgerLine,
    MailPreferenceFacts,
    Subject,
    SuppressionFacts,
    TombstoneFacts,
)
from consent.models import Address, Entry, MailPreference, Suppression
from consent.purposes import ADDRESS_PURPOSES
from profiles import queries as profiles

ERASED = """
SELECT identifier_hash, erased_at, refuses_all FROM consent_tombstone WHERE identifier_hash = ANY(%s::bytea[])
"""

SAID = """
SELECT p.allowed_by_default, e.id, e.address_hash, e.identifier_id, e.state, e.occurred_at, e.method
FROM consent_purpose AS p LEFT JOIN consent_entry AS e
  ON e.purpose_id = p.code AND (e.address_hash = ANY(%s::bytea[]) OR e.identifier_id = ANY(%s::bigint[]))
WHERE p.code = %s::text
"""


def allows(subject: Subject, purpose: str, at: datetime) -> Decision:
    """Whether `purpose` is allowed for `subject` at `at`.

    Reasons: granted, withdrawn, denied, expired, pending, default_allowed, default_denied, no_address,
    unknown_purpose. `evidence` is the id of the ledger entry that says so, None for a default.
    """
    return allows_each([subject], purpose, at)[0]


def allows_each(subjects: Sequence[Subject], purpose: str, at: datetime) -> list[Decision]:
    """`allows` for many subjects with one query (two where an account speaks for an address), in their order."""
    default, lines = _said(subjects, purpose)
    if default is None:
        return [Decision(False, "unknown_purpose") for _ in subjects]
    speakers = _speakers(subjects, lines) if purpose in ADDRESS_PURPOSES else {}
    return [_decide(subject, purpose, lines, at, default, speakers) for subject in subjects]


def _decide(
    subject: Subject,
    purpose: str,
    lines: Mapping[bytes | int, list[LedgerLine]],
    at: datetime,
    default: bool,
    speakers: Mapping[Subject, Set[int]],
) -> Decision:
    own = [line for identifier_id in subject.identifier_ids for line in lines.get(identifier_id, ())]
    if purpose not in ADDRESS_PURPOSES:
        return ledger.decide(own, at=at, allowed_by_default=default)
    if subject.address_hash is None:
        return Decision(False, "no_address")
    own += lines.get(subject.address_hash, ())
    return ledger.decide_for_address(
        own,
        address_hash=subject.address_hash,
        at=at,
        allowed_by_default=default,
        speakers=speakers.get(subject, frozenset()),
    )


def _speakers(subjects: Sequence[Subject], lines: Mapping[bytes | int, list[LedgerLine]]) -> dict[Subject, Set[int]]:
    """{subject: its user ids, if the only address of the person is the one asked about}; asked at use, so that it does
    not matter whether the address or the statement was known first.
    """
    granted = {key for key, said in lines.items() if isinstance(key, int) and any(e.state == GRANTED for e in said)}
    asked = [subject for subject in subjects if not granted.isdisjoint(subject.identifier_ids)]
    facts = profiles.identifier_facts({i for subject in asked for i in subject.identifier_ids}) if asked else {}
    found: dict[Subject, Set[int]] = {}
    for subject in asked:
        theirs = [facts[i] for i in subject.identifier_ids if i in facts and not facts[i].is_shared]
        if [address_hash(fact.value) for fact in theirs if fact.kind == "email"] == [subject.address_hash]:
            found[subject] = {fact.id for fact in theirs if fact.kind == "user_id"}
    return found


def _said(subjects: Sequence[Subject], purpose: str) -> tuple[bool | None, dict[bytes | int, list[LedgerLine]]]:
    """The purpose's default (None: nobody installed it), and what was said about it, by subject."""
    addresses = [s.address_hash for s in subjects if s.address_hash is not None]
    identifiers = [identifier_id for s in subjects for identifier_id in s.identifier_ids]
    lines: dict[bytes | int, list[LedgerLine]] = {}
    rows = bulk_sql.fetch(SAID, [addresses, identifiers, purpose])
    for line in (_line(*entry) for _, *entry in rows if entry[0] is not None):
        lines.setdefault(line.subject, []).append(line)
    return (rows[0][0] if rows else None), lines


def ledger_lines(entries: QuerySet[Entry]) -> Iterator[LedgerLine]:
    """Entries as the fold takes them."""
    rows = entries.values_list("id", "address_hash", "identifier_id", "state", "occurred_at", "method")
    return (_line(*row) for row in rows)


def _line(
    entry_id: int,
    address: bytes | memoryview | None,
    identifier_id: int | None,
    state: str,
    occurred_at: datetime,
    method: str,
) -> LedgerLine:
    """An entry has an address or an identifier, by constraint."""
    subject: bytes | int = bytes(address) if address is not None else identifier_id or 0
    return LedgerLine(entry_id, subject, state, occurred_at, method)


def suppression(address: bytes, *, marketing: bool = True) -> SuppressionFacts | None:
    """Why this address hash must not be written to; None if it may. Marketing mail respects both scopes."""
    scopes = ("all", "marketing") if marketing else ("all",)
    row = Suppression.objects.filter(address_hash=address, scope__in=scopes).order_by("scope").first()
    return None if row is None else SuppressionFacts(row.reason, row.scope, row.created_at)


def mail_gate(subjects: Sequence[Subject], purpose: str, at: datetime) -> list[tuple[Decision, str]]:
    """For each subject what the ledger says, and why its address must not get marketing mail (empty: it may).

    An `unsubscribe` suppression mirrors what was said about the address; a later grant of its owner's account ends it.
    """
    decisions = allows_each(subjects, purpose, at)
    known = [subject.address_hash for subject in subjects if subject.address_hash is not None]
    rows = Suppression.objects.filter(address_hash__in=known, scope__in=("all", "marketing")).order_by("-scope")
    held = {bytes(row.address_hash): row for row in rows}
    evidence = [d.evidence for d in decisions if d.allowed and d.evidence is not None] if held else []
    by_account = Entry.objects.filter(pk__in=evidence, identifier_id__isnull=False).exclude(method__in=AMBIENT)
    granted_at = dict(by_account.values_list("pk", "occurred_at")) if held else {}
    return [
        (decision, _reason(held.get(subject.address_hash or b""), granted_at.get(decision.evidence or 0)))
        for subject, decision in zip(subjects, decisions, strict=True)
    ]


def _reason(row: Suppression | None, granted_at: datetime | None) -> str:
    if row is None:
        return ""
    is_mirror = (row.scope, row.reason) == ("marketing", "unsubscribe")
    return "" if is_mirror and granted_at is not None and granted_at > row.created_at else row.reason


def last_mailed(addresses: Sequence[bytes]) -> dict[bytes, datetime]:
    """{address hash: when marketing mail was last handed over for it}, with one query. Exact under the address lock."""
    rows = Address.objects.filter(address_hash__in=addresses).values_list("address_hash", "last_mailed_at")
    return {bytes(address): at for address, at in rows if at is not None}


def mail_preferences(addresses: Collection[bytes]) -> dict[bytes, MailPreferenceFacts]:
    """{address hash: what its owner prefers} of those who said so, with one query. Exact under the address lock."""
    rows = MailPreference.objects.filter(address_hash__in=list(addresses))
    return {bytes(row.address_hash): MailPreferenceFacts(row.paused_until, row.frequency, row.locale) for row in rows}


def erased(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], TombstoneFacts]:
    """The erased ones among identifier keys (kind, canonical value), with one query."""
    hashes = {identifier_hash(kind, value): (kind, value) for kind, value in keys}
    rows = bulk_sql.fetch(ERASED, [list(hashes)])
    return {hashes[found]: TombstoneFacts(erased_at, refuses_all) for found, erased_at, refuses_all in rows}


def unsubscribe_url(address: str, *, message_id: int, purpose: str = EMAIL_MARKETING) -> str:
    """The link by which the owner of a canonical address can end `purpose`; it works for as long as HASH_SALT lives."""
    token = tokens.MailToken(purpose, address_hash(address), message_id, tokens.mask(address))
    return f"{settings.BASE_URL}/u/{tokens.sign(token, key=token_key())}"


def read_token(text: str) -> tokens.MailToken | None:
    """What an unsubscribe token says, or None when it is not genuine."""
    return tokens.read(text, key=token_key())


def preferences_url(address: str, identifier_id: int = 0) -> str:
    """The link to the preference center of a canonical address, whose e-mail identifier has this id (0: none known).

    It works for as long as HASH_SALT lives, and may show and change choices only."""
    return f"{settings.BASE_URL}/p/{preferences_token(address, identifier_id)}"


def preferences_token(address: str, identifier_id: int = 0) -> str:
    """The token of `preferences_url`."""
    token = tokens.PreferenceToken(address_hash(address), identifier_id, tokens.mask(address))
    return tokens.sign_preferences(token, key=token_key())


def read_preferences_token(text: str) -> tokens.PreferenceToken | None:
    """What a preference token says, or None when it is not genuine."""
    return tokens.read_preferences(text, key=token_key())


def token_key() -> bytes:
    """HASH_SALT also keys the tokens: the address hashes in them live and die with it, so links outlive SECRET_KEY."""
    return settings.HASH_SALT.encode()
