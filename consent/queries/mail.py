"""What mail asks besides the gate: suppressions, preferences of its owner, and the signed links of its pages."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.conf import settings

from cdp.lib.decision import Decision
from cdp.lib.hashing import address_hash
from consent import tokens
from consent.contracts import AMBIENT, EMAIL_MARKETING, MailPreferenceFacts, Subject, SuppressionFacts
from consent.models import Address, Entry, MailPreference, Suppression
from consent.purposes_in_force import purposes_now
from consent.queries.gate import allows_each

SCOPES_OF_CHANNEL = {"email": ("all", "marketing"), "sms": ("all", "sms")}


def suppression(address: bytes, *, marketing: bool = True) -> SuppressionFacts | None:
    """Why this address hash must not be written to; None if it may. Marketing mail respects both scopes."""
    scopes = ("all", "marketing") if marketing else ("all",)
    row = Suppression.objects.filter(address_hash=address, scope__in=scopes).order_by("scope").first()
    return None if row is None else SuppressionFacts(row.reason, row.scope, row.created_at)


def mail_gate(subjects: Sequence[Subject], purpose: str, at: datetime) -> list[tuple[Decision, str]]:
    """For each subject what the ledger says, and why where it would go must not be written to (empty: it may).

    An `unsubscribe` suppression mirrors what was said about the address; a later grant of its owner's account ends it.
    """
    decisions = allows_each(subjects, purpose, at)
    facts = purposes_now().get(purpose)
    channel = facts.channel if facts and facts.channel else "email"
    goes_to = [subject.at_channel(channel) or b"" for subject in subjects]
    held = _suppressed({one for one in goes_to if one}, SCOPES_OF_CHANNEL[channel])
    if not held:
        return [(decision, "") for decision in decisions]
    granted_at = _granted_by_account(subjects, purpose, decisions, at)
    return [
        (decision, _reason(held.get(address), since))
        for decision, address, since in zip(decisions, goes_to, granted_at, strict=True)
    ]


def _suppressed(addresses: set[bytes], scopes: Sequence[str]) -> dict[bytes, Suppression]:
    """{address hash: its suppression}, of two the one of scope all."""
    rows = Suppression.objects.filter(address_hash__in=addresses, scope__in=scopes)
    return {bytes(row.address_hash): row for row in sorted(rows, key=lambda row: row.scope == "all")}


def _granted_by_account(
    subjects: Sequence[Subject], purpose: str, decisions: Sequence[Decision], at: datetime
) -> list[datetime | None]:
    """When the account of each subject explicitly allowed what the suppressions mirror: e-mail marketing as a whole."""
    of_all = decisions if purpose == EMAIL_MARKETING else allows_each(subjects, EMAIL_MARKETING, at)
    evidence = [one.evidence for one in of_all if one.allowed and one.evidence is not None]
    by_account = Entry.objects.filter(pk__in=evidence, identifier_id__isnull=False).exclude(method__in=AMBIENT)
    instants = dict(by_account.values_list("pk", "occurred_at"))
    return [instants.get(one.evidence or 0) for one in of_all]


def _reason(row: Suppression | None, granted_at: datetime | None) -> str:
    if row is None:
        return ""
    # Who was erased and whose new account signs up is written to again, as after an unsubscribe.
    ends = row.scope == "marketing" and row.reason in ("unsubscribe", "erasure")
    return "" if ends and granted_at is not None and granted_at > row.created_at else row.reason


def last_mailed(addresses: Sequence[bytes]) -> dict[bytes, datetime]:
    """{address hash: when marketing mail was last handed over for it}, with one query. Exact under the address lock."""
    rows = Address.objects.filter(address_hash__in=addresses).values_list("address_hash", "last_mailed_at")
    return {bytes(address): at for address, at in rows if at is not None}


def mail_preferences(addresses: Collection[bytes]) -> dict[bytes, MailPreferenceFacts]:
    """{address hash: what its owner prefers} of those who said so, with one query. Exact under the address lock."""
    rows = MailPreference.objects.filter(address_hash__in=list(addresses))
    return {bytes(row.address_hash): MailPreferenceFacts(row.paused_until, row.frequency, row.locale) for row in rows}


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
