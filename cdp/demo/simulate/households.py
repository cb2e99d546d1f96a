"""People who do not exist, household by household: who they are depends on the seed and their number alone. Pure.

A household shares an address, sometimes a tablet, and leans the same way; each member has an account and devices of
their own. The first households are the personas of the demo shop.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cdp.demo.simulate import campaigns, clocks
from cdp.demo.simulate.clocks import Place
from cdp.demo.simulate.consent_choices import Choices, draw_choices
from cdp.demo.simulate.dice import HOUSEHOLD, LAYOUT, Dice, running
from cdp.demo.simulate.market import Floats, Market
from cdp.demo.simulate.people import DOMAINS, FIRST, LAST
from cdp.demo.simulate.tastes import Taste, draw_taste

SIZES = running((0.62, 0.2, 0.09, 0.07, 0.02))  # of one to five
SHARED_TABLET = 0.6
REGISTERED, GUEST, ANONYMOUS = "registered", "guest", "anonymous"
VISITS_A_DAY = 0.13
STREETS = ("Mill Lane", "Station Road", "Harbor Street", "Church Row", "Birch Avenue", "Canal Side", "Hill Street")
# (browser family, whether it is a phone, user agent, weight)
BROWSERS = (
    ("chrome", False, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"),
    ("safari", True, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"),
    (
        "chrome",
        True,
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
    ),
    ("safari", False, "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15"),
    ("firefox", False, "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"),
)
_BROWSER_SUMS = running((28, 26, 22, 11, 13))
_TABLET = (
    "safari",
    False,
    "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
)


@dataclass(frozen=True, slots=True)
class Browser:
    """A device with its anonymous id. `logs_in`: its owner is signed in on it."""

    anonymous_id: str
    family: str
    is_phone: bool
    user_agent: str
    ip: str
    logs_in: bool = True


@dataclass(frozen=True, slots=True)
class Member:
    """One person. `key` names them in the truth; `visits_a_day` is a mean over the year."""

    key: str
    number: int
    first: str
    last: str
    kind: str
    user_id: str
    email: str
    loyalty_id: str | None
    devices: tuple[Browser, ...]
    taste: Taste
    choices: Choices
    stratum: str
    visits_a_day: float
    is_persona: bool = False

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Household:
    """Who lives together. `tablet`: the device they all sign in on, if they have one."""

    number: int
    place: Place
    street: str
    postal_code: str
    members: tuple[Member, ...]
    tablet: Browser | None

    @property
    def shipping_address(self) -> dict[str, str]:
        """As orders tell it."""
        place = self.place
        return {
            "street": self.street,
            "postal_code": self.postal_code,
            "city": place.city,
            "country": place.country,
        }


@dataclass(frozen=True, slots=True)
class Script:
    """What is fixed of a persona; everything else is drawn."""

    first: str
    last: str
    favorites: tuple[str, ...]
    level: float
    visits_a_day: float
    line: str


SCRIPTS = (
    Script("Maya", "Lindqvist", ("Jackets", "Backpacks & Bags"), 1.2, 0.5, "Walks long trails and buys what lasts"),
    Script("Theo", "Brandt", ("Camp Kitchen", "Tents & Sleep"), -0.9, 0.45, "Camps most weekends, hunts vouchers"),
    Script("Ines", "Moreau", ("Table & Kitchen", "Pantry"), 0.4, 0.5, "Cooks for friends, always out of coffee"),
    Script("Oskar", "Dahl", ("Lamps & Light", "Blankets & Cushions"), 0.8, 0.35, "Furnishes a new flat room by room"),
    Script(
        "Priya",
        "Nair",
        ("Shoes & Boots", "Shirts & Layers"),
        -0.2,
        0.45,
        "Walks in any weather, returns what pinches",
    ),
    Script("Jonas", "Weber", ("Pantry", "Camp Kitchen"), -1.1, 0.3, "Comes for tea and leaves with a kettle"),
    Script("Hana", "Fischer", ("Blankets & Cushions", "Table & Kitchen"), 1.4, 0.3, "Gives presents, wraps them well"),
    Script("Luca", "Conti", ("Tents & Sleep", "Backpacks & Bags"), 0.1, 0.4, "Plans a long tour, compares everything"),
)


def layout(seed: int, people: int | None) -> Iterator[tuple[int, int]]:
    """(household number, how many members) for so many people, or without end; more people change nobody before."""
    dice, number, left = Dice(seed, LAYOUT), 0, people
    while left is None or left > 0:
        roll = dice.weighted(SIZES) + 1
        size = 1 if number < len(SCRIPTS) else roll
        size = size if left is None else min(size, left)
        yield number, size
        number, left = number + 1, None if left is None else left - size


def make_household(market: Market, number: int, size: int) -> Household:
    """The household of a number; its members do not depend on how many others there are."""
    dice = Dice(market.seed, HOUSEHOLD, number)
    place = clocks.PLACES[0 if number < len(SCRIPTS) else dice.weighted(clocks.PLACE_SUMS)]
    family = dice.rng.standard_normal(len(market.categories))
    last, tablet = dice.one_of(LAST), _browser(dice, number, _TABLET)
    return Household(
        number=number,
        place=place,
        street=f"{dice.one_of(STREETS)} {dice.between(1, 140)}",
        postal_code=f"{dice.between(10_000, 99_999)}",
        members=tuple(_member(market, number, each, place, family, last, size) for each in range(size)),
        tablet=tablet if size > 1 and dice.chance(SHARED_TABLET) else None,
    )


def _member(market: Market, household: int, number: int, place: Place, family: Floats, last: str, size: int) -> Member:
    dice = Dice(market.seed, HOUSEHOLD, household, number + 1)
    script = SCRIPTS[household] if household < len(SCRIPTS) else None
    favorites = tuple(market.categories.index(name) for name in script.favorites) if script else ()
    first, own_last = dice.one_of(FIRST), last if dice.chance(0.8) else dice.one_of(LAST)
    kind, tag = _kind(dice, size), f"{market.seed}-{household}-{number}"
    devices = tuple(_browser(dice, household) for _ in range(1 + dice.weighted((0.45, 0.85, 1.0))))
    taste = draw_taste(dice, market, family, favorites, script.level if script else None)
    choices, loyal = draw_choices(dice, place.region), dice.chance(0.2)
    if script is not None:
        first, own_last, kind = script.first, script.last, REGISTERED
        choices = Choices(True, True, True, True)
    ending = market.seed if script else f"{market.seed}s{household}m{number}"
    local = f"{first}.{own_last}.{ending}".lower()
    rate = VISITS_A_DAY * min(5.0, dice.wait(0.8) + 0.2)
    return Member(
        key=f"shop-{household}-{number}",
        number=number,
        first=first,
        last=own_last,
        kind=kind,
        user_id=f"c{tag}",
        email=f"{local}@{dice.one_of(DOMAINS)}",
        loyalty_id=f"L{tag}" if loyal and kind == REGISTERED else None,
        devices=devices,
        taste=taste,
        choices=choices,
        stratum=campaigns.draw_stratum(dice, taste.level),
        visits_a_day=script.visits_a_day if script else rate,
        is_persona=script is not None,
    )


def _kind(dice: Dice, size: int) -> str:
    """Those who live together have an account each; of singles some never sign up."""
    roll = dice.roll()
    if size > 1 or roll < 0.64:
        return REGISTERED
    return GUEST if roll < 0.8 else ANONYMOUS


def _browser(dice: Dice, household: int, kind: tuple[str, bool, str] | None = None) -> Browser:
    family, is_phone, agent = kind or BROWSERS[dice.weighted(_BROWSER_SUMS)]
    net = ("192.0.2", "198.51.100", "203.0.113")[household % 3]
    logs_in = kind is not None or dice.chance(0.85)
    return Browser(dice.uuid(), family, is_phone, agent, f"{net}.{1 + household * 7 % 254}", logs_in)
