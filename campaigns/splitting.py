"""Who gets which variant, who is in the test group and who is held out: by hash, so it never changes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from experiments.assignment import assign, bucket

BUCKETS = 1 << 64
HOLDOUT, TREATED = "holdout", "treated"


@dataclass(frozen=True, slots=True)
class Split:
    """How an audience is divided. `variants`: (key, share), in their order; `holdout_salt`: of the experiment."""

    campaign_id: int
    variants: Sequence[tuple[str, Decimal]]
    test_share: Decimal = Decimal(0)
    holdout_share: Decimal = Decimal(0)
    holdout_salt: str = ""

    @property
    def has_test(self) -> bool:
        """Whether a part of the audience decides what the rest gets."""
        return len(self.variants) > 1 and 0 < self.test_share < 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address stands. `variant` is empty for who is held out and for who waits for the winner."""

    variant: str
    in_test: bool = False
    held_out: bool = False


def holdout_shares(share: Decimal) -> Mapping[str, Decimal]:
    """The variants of the experiment."""
    return {HOLDOUT: share, TREATED: 1 - share}


def place_of(split: Split, address_hash: bytes) -> Place:
    """The same for the same address, however often and on whichever machine it is asked."""
    shares = holdout_shares(split.holdout_share)
    if split.holdout_share and assign(split.holdout_salt, address_hash, shares) == HOLDOUT:
        return Place("", held_out=True)
    if len(split.variants) == 1:
        return Place(split.variants[0][0])
    if split.has_test and bucket(f"campaign-{split.campaign_id}-test", address_hash) >= split.test_share * BUCKETS:
        return Place("")
    variant = assign(f"campaign-{split.campaign_id}-variant", address_hash, dict(split.variants))
    return Place(variant, in_test=split.has_test)
