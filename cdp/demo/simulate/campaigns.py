"""Campaigns with planted uplift: who is treated is a coin, what it does is this table, by stratum. Pure.

While a campaign runs, whether a participant orders is decided by this table alone: nothing else of theirs ends in an
order, so the planted effect is exact. Strata are the uplift literature's.
"""

from typing import NamedTuple

from cdp.demo.simulate.dice import Dice, running

STRATA = ("persuadable", "sure thing", "lost cause", "sleeping dog")
# stratum: probability of an order while the campaign runs, (control, treated)
ORDERS = {
    "persuadable": (0.06, 0.30),
    "sure thing": (0.34, 0.34),
    "lost cause": (0.02, 0.02),
    "sleeping dog": (0.24, 0.08),
}
# How often each stratum is met among the thrifty and the others, in the order of STRATA.
THRIFTY, OTHERS = (0.52, 0.16, 0.22, 0.10), (0.18, 0.32, 0.30, 0.20)
THRIFTY_BELOW = -0.3
SHORTEST_HISTORY = 21
_SUMS = {True: running(THRIFTY), False: running(OTHERS)}


class Campaign(NamedTuple):
    """One campaign: offsets in days from the beginning of the history. `by_mail`: only who takes the newsletter."""

    name: str
    source: str
    medium: str
    coupon: str
    starts: float
    days: float
    by_mail: bool


def planned(days: int) -> tuple[Campaign, ...]:
    """The campaigns of a history: none in a short one."""
    if days < SHORTEST_HISTORY:
        return ()
    length = min(7.0, days / 8)
    return (
        Campaign("welcome-back-voucher", "newsletter", "email", "WELCOME15", days * 0.40, length, by_mail=True),
        Campaign("free-shipping", "shop", "onsite", "FREESHIP", days * 0.66, length, by_mail=False),
    )


def draw_stratum(dice: Dice, level: float) -> str:
    """What a person would do, treated or not; the thrifty are more often persuadable."""
    return STRATA[dice.weighted(_SUMS[level < THRIFTY_BELOW])]


def orders(dice: Dice, stratum: str, *, is_treated: bool) -> bool:
    """Whether a participant orders while the campaign runs."""
    return dice.chance(ORDERS[stratum][is_treated])
