"""Whether people were split as asked: the sample-ratio check. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from scipy import stats

from experiments.stats.results import SampleRatio

ALARMING = 0.001
"""A split as uneven as this comes by chance once in a thousand: something else sorts people into the sides."""


def sample_ratio(heads: Mapping[str, int], shares: Mapping[str, Decimal | float]) -> float | None:
    """How likely a split at least this uneven comes by chance (chi-square), given the shares asked for.

    None where there is nothing to tell: fewer than two variants with a share, or nobody.
    """
    asked = {name: float(share) for name, share in shares.items() if share > 0}
    total = sum(heads.get(name, 0) for name in asked)
    if len(asked) < 2 or not total:
        return None
    expected = [total * share / sum(asked.values()) for share in asked.values()]
    return float(stats.chisquare([heads.get(name, 0) for name in asked], expected).pvalue)


def checked(heads: Mapping[str, int], shares: Mapping[str, Decimal | float]) -> SampleRatio:
    """The same with what was expected, and whether it alarms."""
    asked = {name: float(share) for name, share in shares.items() if share > 0}
    total, whole = sum(heads.get(name, 0) for name in asked), sum(asked.values())
    found = sample_ratio(heads, shares)
    return SampleRatio(
        heads=dict(heads),
        expected={name: total * share / whole for name, share in asked.items()},
        p_value=found,
        is_alarming=found is not None and found < ALARMING,
    )
