"""Money in whole minor units: exponents of currencies, half-up rounding, and parts that sum to the whole. Pure.

Minor units are what a currency's smallest coin stands for in accounts: cents, yen, fils.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import lcm

_WITHOUT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = (
    dict.fromkeys(_WITHOUT.split(), 0) | dict.fromkeys(_WITH_THREE.split(), 3) | {"CLF": 4, "UYW": 4}
)  # ISO 4217
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_STEPS = tuple(Decimal(1).scaleb(-digits) for digits in range(5))


def exponent(currency: str) -> int:
    """How many decimals amounts in this currency have (ISO 4217); 2 for what is not listed with another number."""
    return _EXPONENTS.get(currency.upper(), 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount with the currency's decimals; halves go away from zero."""
    return amount.quantize(_STEPS[exponent(currency)], context=_EXACT)


def split(amount: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """The amount in parts as large as their weights, by largest remainder: they sum to it exactly.

    Equal remainders: the earlier part is given the unit. Raises ValueError where there is something to split and
    nothing that weighs, or where a weight is below 0.
    """
    exact = [Fraction(weight) for weight in weights]
    scale = lcm(*(one.denominator for one in exact))
    whole = split_minor(to_minor(amount, currency), [int(one * scale) for one in exact])
    return [from_minor(part, currency) for part in whole]


def split_minor(amount: int, weights: Sequence[int]) -> list[int]:
    """`split` in minor units."""
    if amount < 0:
        return [-part for part in split_minor(-amount, weights)]
    total = sum(weights)
    if not amount:
        return [0] * len(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("nothing weighs, or something weighs less than nothing")
    parts = [amount * weight // total for weight in weights]
    left = amount - sum(parts)
    if left:
        order = sorted(range(len(weights)), key=lambda index: -(amount * weights[index] % total))
        for index in order[:left]:
            parts[index] += 1
    return parts


def half_up(numerator: int, denominator: int) -> int:
    """A quotient as the nearest whole number; halves go up. Both from 0 up, the denominator above it."""
    return (2 * numerator + denominator) // (2 * denominator)


def to_minor(amount: Decimal, currency: str) -> int:
    """Whole minor units, rounded half-up."""
    scaled = amount.scaleb(exponent(currency), context=_EXACT)
    return int(scaled.to_integral_value(rounding=ROUND_HALF_UP, context=_EXACT))


def from_minor(units: int, currency: str) -> Decimal:
    """The amount that so many minor units are, with the currency's decimals."""
    return Decimal(units).scaleb(-exponent(currency), context=_EXACT)
