"""The IAB Transparency and Consent string, v2.0 to v2.2: what its core says of purposes, and of ours. Pure.

A decoder of our own: the one library on the index, iab_tcf 0.2.2, is of 2020, needs a fork of bitarray built in C, and
takes bytes that are no consent string ("CO", "!!!") for one that refuses everything; a string nobody can read must be
told from a refusal. Vendor consents, restrictions of publishers and stacks are not ours and are not read.

Layout: https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework (core string, 213 bits
of head). A legitimate interest is no consent: where only that is told, nothing is said.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consent.contracts import ANALYTICS, ML_TRAINING, PERSONALIZATION, THIRD_PARTY_SHARING

LONGEST = 8_192
_HEAD_BITS = 213
_LEAST_BITS = _HEAD_BITS + 16 + 1  # and how many vendors there are, and how they are listed
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_TCF_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime(2018, 4, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
STORAGE = 1
"""Without it (store and access information on a device) nothing is granted."""
PURPOSES: dict[str, tuple[int, ...]] = {
    THIRD_PARTY_SHARING: (2, 3, 4),  # advertising: selected, profiled, personalized
    PERSONALIZATION: (5, 6),  # content: profiled, personalized
    ANALYTICS: (7, 8, 9),  # measuring advertising, content, audiences
    ML_TRAINING: (10,),  # developing and improving services
}
"""Which purposes of the framework make up ours: all of them must be consented to; 11 (limited data) is none of ours."""


class BadString(ValueError):
    """No TC string of version 2; the text says why, without any of it."""


@dataclass(frozen=True, slots=True)
class Core:
    """What the core says. `treats_purpose_one`: the publisher's country asks for no consent to purpose 1."""

    created: datetime
    updated: datetime
    cmp_id: int
    language: str
    policy_version: int
    consents: frozenset[int]
    interests: frozenset[int]
    treats_purpose_one: bool


def decode(text: str) -> Core:
    """Read a TC string. Raises BadString."""
    core = text.partition(".")[0]
    if not core or len(text) > LONGEST or not set(core) <= _ALPHABET:
        raise BadString("it is no base64url text")
    try:
        raw = base64.b64decode(core + "=" * (-len(core) % 4), altchars=b"-_")
    except (binascii.Error, ValueError):
        raise BadString("it is no base64url text") from None
    bits = _Bits(raw)
    if bits.left < _LEAST_BITS:
        raise BadString("it is cut off")
    if bits.number(6) != 2:
        raise BadString("it is not of version 2")
    created, updated = bits.instant(), bits.instant()
    cmp_id = bits.number(12)
    bits.number(12 + 6)  # version and screen of the consent tool
    language = bits.letters()
    bits.number(12)  # version of the vendor list
    policy_version = bits.number(6)
    bits.number(1 + 1 + 12)  # service specific, own texts, special features
    consents, interests = bits.chosen(24), bits.chosen(24)
    treats = bool(bits.number(1))
    bits.letters()  # the publisher's country
    return Core(created, updated, cmp_id, language, policy_version, consents, interests, treats)


def said(core: Core) -> dict[str, bool]:
    """{our purpose: granted or denied} of those about which something is said."""
    found: dict[str, bool] = {}
    stores = STORAGE in core.consents or core.treats_purpose_one
    for purpose, parts in PURPOSES.items():
        if not core.consents.union(core.interests).issuperset(parts):
            found[purpose] = False
        elif stores and core.consents.issuperset(parts):
            found[purpose] = True
    return found


class _Bits:
    """A reader of big-endian bits."""

    def __init__(self, raw: bytes) -> None:
        self._value = int.from_bytes(raw, "big")
        self.left = len(raw) * 8

    def number(self, width: int) -> int:
        """The next `width` bits."""
        self.left -= width
        return (self._value >> self.left) & ((1 << width) - 1)

    def instant(self) -> datetime:
        """Deciseconds since 1970. Raises BadString."""
        found = _TCF_EPOCH + timedelta(milliseconds=100 * self.number(36))
        if not _EARLIEST <= found < _LATEST:
            raise BadString("its time is impossible")
        return found

    def letters(self) -> str:
        """Two letters of six bits each. Raises BadString."""
        pair = (self.number(6), self.number(6))
        if max(pair) > 25:
            raise BadString("its language or country is none")
        return "".join(chr(ord("A") + one) for one in pair)

    def chosen(self, width: int) -> frozenset[int]:
        """The numbers, from 1, of the bits that are set."""
        bits = self.number(width)
        return frozenset(place + 1 for place in range(width) if bits >> (width - 1 - place) & 1)
