"""Rows made into suppressed addresses: an address, a number, or a hash of our own export, why, and for what."""

from cdp.lib.hashing import address_hash
from consent.suppression_list import MARKETING, SMS, NewSuppression, hash_of, reason_of, scope_of
from imports.building import ROUNDED, WHY_ROUNDED, Plan, Told, with_country
from imports.contracts import BadValue, Row
from profiles.identifiers import Blocked, canonicalize

ORIGIN = "import"
LONGEST_NOTE = 300
WHY_NONE = "is no e-mail address, no phone number with its country (+49 …), and no hash of 32 hexadecimal digits."
WHY_SCOPE = "is no scope: write marketing, all or sms."
WHY_REASON = "is no reason: write unsubscribe, hard bounce, complaint, manual or erasure."


def suppression(plan: Plan, row: Row) -> NewSuppression:
    """One row's entry. Without a scope it is marketing, of numbers sms; without a reason manual. Raises BadValue."""
    told = plan.read(row)
    text = str(told.fields.get("address", "")).strip()
    if not text:
        raise BadValue("address_missing", "The row names no address.")
    found, is_number = _hash(plan, text)
    return NewSuppression(
        address_hash=found,
        scope=_scope(told, SMS if is_number else MARKETING),
        reason=_reason(told),
        created_at=told.at or plan.told_at,
        note=str(told.fields.get("note", ""))[:LONGEST_NOTE],
        origin=ORIGIN,
    )


def _hash(plan: Plan, text: str) -> tuple[bytes, bool]:
    """(the hash, whether it is a number's)."""
    if (given := hash_of(text)) is not None:
        return given, False
    if ROUNDED.fullmatch(text):
        raise BadValue("rounded", f"“{text[:60]}” {WHY_ROUNDED}")
    kind = "email" if "@" in text else "phone"
    if kind == "phone" and plan.options.country and not text.startswith("+"):
        text = with_country(text, plan.options.country)
    key = canonicalize(kind, text)
    if isinstance(key, Blocked):
        raise BadValue("address", f"“{text[:60]}” {WHY_NONE}")
    return address_hash(key.value), kind == "phone"


def _scope(told: Told, default: str) -> str:
    text = str(told.fields.get("scope", "")).strip()
    found = scope_of(text) if text else default
    if found is None:
        raise BadValue("scope", f"“{text[:60]}” {WHY_SCOPE}")
    return found


def _reason(told: Told) -> str:
    text = str(told.fields.get("reason", "")).strip()
    found = reason_of(text) if text else "manual"
    if found is None:
        raise BadValue("reason", f"“{text[:60]}” {WHY_REASON}")
    return found
