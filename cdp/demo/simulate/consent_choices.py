"""What people say when they are asked: banner and newsletter, by region, and who thinks better of it later. Pure."""

from typing import NamedTuple

from cdp.demo.simulate.dice import Dice


class Asked(NamedTuple):
    """How people of a region answer. `banner`: whether there is one; shares of those who are asked."""

    banner: bool
    refuses_all: float
    refuses_some: float
    takes_newsletter: float
    silent_on_newsletter: float
    withdraws: float


class Choices(NamedTuple):
    """One person's; None: never said. `withdraws_after`: days after the yes to e-mail, `returns_after` as many more."""

    analytics: bool | None
    personalization: bool | None
    sharing: bool | None
    email: bool | None
    withdraws_after: int | None = None
    returns_after: int | None = None
    by_link: bool = False

    @property
    def banner(self) -> dict[str, bool]:
        """The banner's answer as categories; empty where nothing was said."""
        said = {"analytics": self.analytics, "personalization": self.personalization, "advertising": self.sharing}
        return {name: value for name, value in said.items() if value is not None}


REGIONS = {
    "eu": Asked(True, 0.10, 0.22, 0.58, 0.17, 0.14),
    "uk": Asked(True, 0.07, 0.18, 0.62, 0.18, 0.12),
    "us": Asked(False, 0.03, 0.08, 0.66, 0.26, 0.17),
    "other": Asked(False, 0.01, 0.04, 0.60, 0.30, 0.08),
}
COMES_BACK = 0.2


def draw_choices(dice: Dice, region: str) -> Choices:
    """What somebody of this region says. Without a banner only a refusal is ever said."""
    asked, roll = REGIONS[region], dice.roll()
    answer = dice.roll()
    newsletter = (
        True
        if answer < asked.takes_newsletter
        else None
        if answer < asked.takes_newsletter + asked.silent_on_newsletter
        else False
    )
    leaves, leaves_after, returns, returns_after = dice.roll(), dice.between(2, 40), dice.roll(), dice.between(2, 25)
    by_link = dice.chance(0.6)
    if roll < asked.refuses_all:
        banner: tuple[bool | None, bool | None, bool | None] = (False, False, False)
    elif roll < asked.refuses_all + asked.refuses_some:
        banner = (True, dice.chance(0.4), False)
    else:
        banner = (True, True, True) if asked.banner else (None, None, None)
    withdraws = newsletter is True and leaves < asked.withdraws
    return Choices(
        *banner,
        newsletter,
        leaves_after if withdraws else None,
        returns_after if withdraws and returns < COMES_BACK else None,
        by_link,
    )
