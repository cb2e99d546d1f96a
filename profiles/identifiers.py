"""Identifier kinds, their canonical values, their order of strength, and the values that name nobody.

Pure and cached: called several times an event. What cannot identify anybody comes back as `Blocked` with a reason.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from profiles.contracts import IdentifierKey

USER_ID = "user_id"
EMAIL = "email"
PHONE = "phone"
ANONYMOUS_ID = "anonymous_id"
NOBODY = "nobody"
"""Of what is stored without anybody: one identifier a source, shared from the start. No event can name it."""
PERSON_KINDS = (USER_ID, EMAIL, PHONE)
"""The kinds that may be the person key of an event, strongest first."""
DEVICE_KINDS = frozenset({"device_id", "ga_client_id", "push_token", "advertising_id", "idfa", "idfv", "gaid"})
DEVICE_PREFIXES = ("ios.", "android.", "device.")
MAX_VALUE_LENGTH = 512

_EXTERNAL_RANK, _DEVICE_RANK, _ANONYMOUS_RANK = 3, 4, 5
PRIORITY = {USER_ID: 0, EMAIL: 1, PHONE: 2, ANONYMOUS_ID: _ANONYMOUS_RANK}
"""Rank of the kinds that have one of their own, 0 strongest; between phone and anonymous: externals, then devices."""

_KIND = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_ZEROS = re.compile(r"[0-]*")
_QUOTES_AND_BLANKS = "\"'`“”‘’«» \u00a0"
_BLOCKED = frozenset(
    {"-1", "null", "none", "nil", "nan", "anonymous", "guest", "undefined", "void", "unknown", "true", "false"}
    | {"distinct_id", "id", "email", "not_authenticated", "[object object]"}
)
_BLOCKED_EMAILS = frozenset({"test@test.com"})
_NO_REPLY = re.compile(r"(no|do[-_.]?not)[-_.]?reply([-_.+].*)?@.*")
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+"
    r"(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])"
)
_NOT_A_CHARACTER = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_PHONE_MARKS = re.compile(r"[\s()./–-]")


class Blocked(NamedTuple):
    """What identifies nobody. `reason`: bad_kind, not_text, too_long, blocked_value, not_an_email, not_a_phone."""

    reason: str


def canonicalize(kind: str, raw: object) -> IdentifierKey | Blocked:
    """The one spelling of an identifier: NFC, stripped; e-mail in lower case; phone as E.164 where it starts with +.

    Whole numbers are taken as text. Values of other kinds keep their case.
    """
    if isinstance(raw, bool) or raw is None:
        return Blocked("blocked_value")
    if isinstance(raw, int):
        raw = str(raw) if -(10**40) < raw < 10**40 else "x" * (MAX_VALUE_LENGTH + 1)
    if not isinstance(raw, str):
        return Blocked("not_text")
    if len(raw) > MAX_VALUE_LENGTH:
        return Blocked("too_long")
    return _canonicalize(kind, raw)


def always_blocked() -> list[str]:
    """What names nobody whatever the rules say, in words."""
    return [
        *sorted(_BLOCKED),
        "nothing but 0 and -",
        *sorted(_BLOCKED_EMAILS),
        "noreply@…, do-not-reply@… and the like",
    ]


def rank(kind: str) -> int:
    """Strength of a kind, 0 strongest: user_id, email, phone, external ids, device ids, anonymous_id."""
    found = PRIORITY.get(kind)
    if found is not None:
        return found
    return _DEVICE_RANK if is_device(kind) else _EXTERNAL_RANK


def is_device(kind: str) -> bool:
    """Whether the kind names a device rather than a person."""
    return kind in DEVICE_KINDS or kind.startswith(DEVICE_PREFIXES)


def strongest_first(keys: Iterable[IdentifierKey]) -> tuple[IdentifierKey, ...]:
    """Distinct keys by strength; within one kind in the order given (on an alias the present user_id comes first)."""
    return tuple(sorted(dict.fromkeys(keys), key=_strength))


def person_key(keys: tuple[IdentifierKey, ...]) -> IdentifierKey | None:
    """The person key of an event with these identifiers: its user_id, else e-mail, else phone; of two the first."""
    if keys and keys[0].kind == USER_ID:
        return keys[0]
    return next((key for kind in PERSON_KINDS for key in keys if key.kind == kind), None)


def masked(kind: str, value: str) -> str:
    """The value as those see it who may not see personal data: enough to compare, too little to use."""
    if kind == EMAIL:
        local, _, domain = value.partition("@")
        return f"{local[:1]}•••@{domain[:1]}•••.{domain.rpartition('.')[2]}"
    return f"{value[:2]}•••" if len(value) > 4 else "•••"


def _strength(key: IdentifierKey) -> tuple[int, str]:
    return rank(key.kind), key.kind


@lru_cache(maxsize=131_072)
def _canonicalize(kind: str, raw: str) -> IdentifierKey | Blocked:
    kind = kind.strip().lower()
    if not _KIND.fullmatch(kind) or kind == NOBODY:
        return Blocked("bad_kind")
    if _NOT_A_CHARACTER.search(raw.strip()):
        return Blocked("not_text")
    value = unicodedata.normalize("NFC", raw).strip()
    if len(value) > MAX_VALUE_LENGTH:
        return Blocked("too_long")
    if _names_nobody(value):
        return Blocked("blocked_value")
    if kind == EMAIL:
        return _email(value)
    if kind == PHONE:
        return _phone(value)
    return IdentifierKey(kind, value)


def _names_nobody(value: str) -> bool:
    bare = value.strip(_QUOTES_AND_BLANKS).lower()
    return bare in _BLOCKED or _ZEROS.fullmatch(bare) is not None


def _email(value: str) -> IdentifierKey | Blocked:
    address = value.lower()
    if not address.isascii():
        try:
            checked = validate_email(address, check_deliverability=False, globally_deliverable=False)
        except EmailNotValidError:
            return Blocked("not_an_email")
        address = checked.normalized.lower()
    elif len(address) > 254 or address.find("@") > 64 or not _EMAIL.fullmatch(address):
        return Blocked("not_an_email")
    if address in _BLOCKED_EMAILS or _NO_REPLY.fullmatch(address):
        return Blocked("blocked_value")
    return IdentifierKey(EMAIL, address)


def _phone(value: str) -> IdentifierKey | Blocked:
    if value.startswith("+"):
        try:
            number = phonenumbers.parse(value, None)
        except phonenumbers.NumberParseException:
            return Blocked("not_a_phone")
        if not phonenumbers.is_possible_number(number):
            return Blocked("not_a_phone")
        return IdentifierKey(PHONE, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    digits = _PHONE_MARKS.sub("", value)
    if not (digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 20):
        return Blocked("not_a_phone")
    return Blocked("blocked_value") if _ZEROS.fullmatch(digits) else IdentifierKey(PHONE, digits)
