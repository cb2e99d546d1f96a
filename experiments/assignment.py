"""The one hash that splits units into variants: deterministic, uniform, free of clock and database.

The same (salt, unit, shares) gives the same variant on every machine and in every version.
"""

import hashlib
from collections.abc import Mapping
from decimal import Decimal

BUCKETS = 1 << 64
TOLERANCE = Decimal("1e-9")


class BadVariantsError(ValueError):
    """The shares cannot be used. The message says which and why."""


def shares(variants: Mapping[str, Decimal | float]) -> tuple[tuple[str, Decimal], ...]:
    """(variant, share) sorted by variant name; raises BadVariantsError unless shares lie in [0, 1] and sum to 1."""
    if not variants:
        raise BadVariantsError("an experiment needs at least one variant")
    pairs = tuple((name, Decimal(str(share))) for name, share in sorted(variants.items()))
    for name, share in pairs:
        if not name:
            raise BadVariantsError("a variant needs a name")
        if not share.is_finite() or not 0 <= share <= 1:
            raise BadVariantsError(f"the share of {name!r} must be between 0 and 1, not {share}")
    total = sum((share for _, share in pairs), Decimal(0))
    if abs(total - 1) > TOLERANCE:
        raise BadVariantsError(f"the shares must sum to 1, not {total}")
    return pairs


def bucket(salt: str, unit: bytes) -> int:
    """The unit's place in [0, 2^64), uniform over units and independent between salts."""
    encoded = salt.encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(digest_size=8, person=b"cdp.assign")
    digest.update(len(encoded).to_bytes(4, "big"))
    digest.update(encoded)
    digest.update(unit)
    return int.from_bytes(digest.digest(), "big")


def assign(salt: str, unit: bytes, variants: Mapping[str, Decimal | float]) -> str:
    """The unit's variant. Variants lie side by side on [0, 1) in the order of their names; raises BadVariantsError."""
    pairs = [(name, share) for name, share in shares(variants) if share > 0]
    place = bucket(salt, unit)
    edge = Decimal(0)
    for name, share in pairs:
        edge += share
        if place < edge * BUCKETS:
            return name
    return pairs[-1][0]  # shares that fall short of 1 by less than the tolerance
