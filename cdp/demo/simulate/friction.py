"""What is broken in the shop, on purpose: causes that the events show and an analyst should find. Pure."""

from typing import NamedTuple

from cdp.demo.simulate.dice import Dice


class Fault(NamedTuple):
    """A rate where the cause is present and elsewhere."""

    there: float
    elsewhere: float

    def rate(self, *, is_there: bool) -> float:
        """The rate that holds."""
        return self.there if is_there else self.elsewhere


PAYMENT_FAMILY = "firefox"
PAYMENT_FAILS = Fault(0.45, 0.06)
SLOW_CATEGORY = "Tents & Sleep"
SLOW_EXITS = Fault(0.48, 0.08)
SLOW_MS, USUAL_MS = 5_200, 780

AS_TRUTH = {
    "payment": {
        "cause": {"browser_family": PAYMENT_FAMILY},
        "step": "Payment Info Entered is not followed by Order Completed of the same cart",
        "rate_with_cause": PAYMENT_FAILS.there,
        "rate_without": PAYMENT_FAILS.elsewhere,
    },
    "slow_list": {
        "cause": {"category": SLOW_CATEGORY, "device": "phone", "load_ms_median": SLOW_MS},
        "step": "Product List Viewed is not followed by Product Viewed in the same visit",
        "rate_with_cause": SLOW_EXITS.there,
        "rate_without": SLOW_EXITS.elsewhere,
    },
}


def payment_fails(dice: Dice, family: str) -> bool:
    """Whether the payment step breaks off."""
    return dice.chance(PAYMENT_FAILS.rate(is_there=family == PAYMENT_FAMILY))


def load_ms(dice: Dice, category: str, *, is_phone: bool) -> int:
    """How long a category page takes to show."""
    typical = SLOW_MS if is_phone and category == SLOW_CATEGORY else USUAL_MS
    return int(typical * (0.6 + dice.roll() + dice.wait(0.15)))


def leaves_list(dice: Dice, category: str, *, is_phone: bool) -> bool:
    """Whether a visitor gives up on a category page."""
    return dice.chance(SLOW_EXITS.rate(is_there=is_phone and category == SLOW_CATEGORY))
