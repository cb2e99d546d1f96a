"""Visits as they happen now: a function of the seed and the clock, so that a restart goes on and repeats nobody. Pure.

Time is cut into slots of ten seconds; who comes in a slot, what they do and under which message ids is drawn from the
seed and the slot's number alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cdp.demo.simulate import browsing, clocks, seasons
from cdp.demo.simulate.clocks import SECOND
from cdp.demo.simulate.dice import LIVE, Dice, running
from cdp.demo.simulate.households import REGISTERED, Household, Member, layout, make_household
from cdp.demo.simulate.lives import SOURCES
from cdp.demo.simulate.market import Floats, make_market
from cdp.demo.simulate.pricing import Prices
from cdp.demo.simulate.story import Run, Story
from cdp.demo.simulate.telling import Teller

SLOT = 10 * SECOND
LONGEST_VISIT = 20 * clocks.MINUTE
EVENTS_A_VISIT = 10.0
QUIETEST, BUSIEST = 0.4, 2.0  # of the mean: a demo is never quite still
STRANGERS = 0.06  # visits by people never seen before
FIRST_STRANGER = 10_000_000  # their household numbers
_SOURCE_SUMS = running((60, 12, 10, 12, 6))


class Due(NamedTuple):
    """One event and the instant at which it happens, in milliseconds."""

    at: int
    order: int
    server_side: bool
    item: bytes


@dataclass(slots=True)
class Crowd:
    """The people of a seed who keep coming; the personas stay out, they are whoever looks at the demo."""

    seed: int
    people: int
    rate: float
    _members: list[tuple[Household, Member]] = field(init=False)
    _zones: list[str] = field(init=False)
    _zone_of: list[int] = field(init=False)
    _habits: Floats = field(init=False)

    def __post_init__(self) -> None:
        market = make_market(self.seed)
        homes = [make_household(market, number, size) for number, size in layout(self.seed, self.people)]
        self._members = [(home, each) for home in homes for each in home.members if not each.is_persona]
        self._zones = [place.zone for place in clocks.PLACES]
        self._zone_of = [self._zones.index(home.place.zone) for home, _ in self._members]
        self._habits = np.array([member.visits_a_day for _, member in self._members])

    def events(self, slot: int) -> Iterator[Due]:
        """Everything that comes of the visits which begin in a slot; the last of it minutes later."""
        dice, begins = Dice(self.seed, LIVE, slot), slot * SLOT
        awake = np.array([clocks.wakefulness(zone, begins) for zone in self._zones])
        pull = self._habits * awake[self._zone_of] if self._members else np.zeros(0)
        pace = float(pull.sum() / self._habits.sum()) if self._members else 1.0
        busy = min(BUSIEST, max(QUIETEST, pace * seasons.traffic(begins // clocks.DAY + clocks.EPOCH_DAY)))
        visits = int(dice.rng.poisson(self.rate * SLOT / SECOND / EVENTS_A_VISIT * busy))
        sums = np.cumsum(pull).tolist()
        for number in range(visits):
            at = begins + dice.below(SLOT)
            if not sums or dice.chance(STRANGERS):
                home = make_household(make_market(self.seed), FIRST_STRANGER + slot * 100 + number, 1)
                yield from self._visit(dice, home, home.members[0], at, f"{slot}-{number}", is_known=False)
            else:
                home, member = self._members[dice.weighted(sums)]
                yield from self._visit(dice, home, member, at, f"{slot}-{number}", is_known=True)

    def _visit(
        self, dice: Dice, home: Household, member: Member, at: int, tag: str, *, is_known: bool
    ) -> Iterator[Due]:
        run = _run(self.seed, at // clocks.DAY)
        story = Story(run, home, member, dice, Teller(f"live-{self.seed}-{tag}"))
        if is_known:
            story.answered.update(device.anonymous_id for device in member.devices)
            if member.kind == REGISTERED:
                story.joined_at = story.email_said_at = 0
        browsing.play(story, dice.one_of(member.devices), at, campaign=SOURCES[dice.weighted(_SOURCE_SUMS)])
        for parcel in story.parcels:
            for item in parcel.items:
                yield Due(told_at(item), story.teller.made, parcel.server_side, item)


def told_at(item: bytes) -> int:
    """The instant an event names, in milliseconds."""
    start = item.index(b'"timestamp":"') + 13
    return clocks.from_iso(item[start : start + 24].decode())


@lru_cache(maxsize=2)
def _run(seed: int, day: int) -> Run:
    market = make_market(seed)
    prices = Prices(market, day + clocks.EPOCH_DAY)
    return Run(seed, market, prices, 0, day * clocks.DAY, "live", is_live=True)
