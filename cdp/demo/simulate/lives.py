"""A member's history: when they come, on which device and from where, and the campaigns they take part in. Pure."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from cdp.demo.simulate import browsing, campaigns, clocks, seasons
from cdp.demo.simulate.campaigns import Campaign
from cdp.demo.simulate.clocks import DAY, HOUR, MINUTE
from cdp.demo.simulate.dice import LIFE, Dice, running
from cdp.demo.simulate.households import Browser, Household, Member
from cdp.demo.simulate.joining import EMAIL
from cdp.demo.simulate.story import Run, Story
from cdp.demo.simulate.telling import Teller
from cdp.demo.simulate.visit import Purpose

NEWCOMERS = 0.4  # come for the first time somewhere in the history, the others from its beginning
TAKES_TABLET = 0.18
LAST_BEFORE = 2 * HOUR  # no visit begins later than this before now, so that all end in the past
GAP = 40 * MINUTE
QUIET_BEFORE = 2 * HOUR  # nobody orders this shortly before a campaign, lest the order fall into it
BEGINS, VISIT, NO_CAMPAIGN = 0, 1, -1
SOURCES: tuple[Mapping[str, str] | None, ...] = (
    None,
    {"source": "google", "medium": "cpc", "name": "brand"},
    {"source": "google", "medium": "cpc", "name": "outdoor-generic"},
    {"source": "instagram", "medium": "social", "name": "autumn-looks"},
    {"source": "partner", "medium": "affiliate", "name": "hut-guide"},
)
_SOURCE_SUMS = running((70, 9, 9, 8, 4))


@dataclass(slots=True)
class Window:
    """A campaign in milliseconds, and how this member takes part: None where not."""

    campaign: Campaign
    starts: int
    ends: int
    is_treated: bool | None = None

    @property
    def utm(self) -> Mapping[str, str]:
        """The campaign as a visit's context names it."""
        return {"source": self.campaign.source, "medium": self.campaign.medium, "name": self.campaign.name}


def live_through(run: Run, household: Household, member: Member) -> Story:
    """The whole history of a member; their draws depend on nobody else."""
    dice = Dice(run.seed, LIFE, household.number, member.number)
    story = Story(run, household, member, dice, Teller(f"{run.tag}-{household.number}-{member.number}"))
    windows = [_window(run, campaign) for campaign in campaigns.planned((run.now - run.starts) // DAY)]
    agenda = [(window.starts, BEGINS, number) for number, window in enumerate(windows)]
    agenda += [(at, VISIT, NO_CAMPAIGN) for at in _visits(run, household, member, dice)]
    heapq.heapify(agenda)
    free_from = 0
    while agenda:
        at, what, number = heapq.heappop(agenda)
        if what == BEGINS:
            if (orders_at := _begin_campaign(story, windows[number])) is not None:
                heapq.heappush(agenda, (orders_at, VISIT, number))
        elif at >= free_from or number != NO_CAMPAIGN:
            bought = None if number == NO_CAMPAIGN else windows[number]
            free_from = _visit(story, max(at, free_from), bought, windows) + GAP
    return story


def _window(run: Run, campaign: Campaign) -> Window:
    starts = run.starts + int(campaign.starts * DAY)
    return Window(campaign, starts, starts + int(campaign.days * DAY))


def _visits(run: Run, household: Household, member: Member, dice: Dice) -> Iterator[int]:
    """When visits begin: by season, day of the week and hour, on the clocks of where they live."""
    zone, rng = household.place.zone, dice.rng
    first, _ = clocks.local(zone, run.starts)
    last, _ = clocks.local(zone, run.now)
    days = np.arange(first, last + 1)
    pace = [member.visits_a_day * seasons.traffic(day) * clocks.weekday_factor(day) for day in days.tolist()]
    counts = rng.poisson(pace)
    is_new, begins = dice.chance(NEWCOMERS), dice.between(0, len(days))
    if is_new and not member.is_persona:
        counts[:begins] = 0
    if not counts.any():
        counts[begins] = 1
    for place in np.flatnonzero(counts).tolist():
        for _ in range(int(counts[place])):
            at = clocks.instant(zone, first + place, clocks.moment(dice, first + place)) + dice.below(1_000)
            if run.starts <= at < run.now - LAST_BEFORE:
                yield at


def _begin_campaign(story: Story, window: Window) -> int | None:
    """A coin decides who is treated, the stratum's table who orders (then when, else None); both arms are told."""
    if not _takes_part(story, window):
        return None
    dice, campaign = story.dice, window.campaign
    window.is_treated = dice.chance(0.5)
    arm = "treated" if window.is_treated else "control"
    will_order = campaigns.orders(dice, story.member.stratum, is_treated=window.is_treated)
    story.campaigns[campaign.name] = (window.is_treated, will_order)
    _tell_arms(story, window, arm, will_order=will_order)
    if not will_order:
        return None
    return window.starts + 2 * HOUR + int(dice.roll() * (window.ends - window.starts - 6 * HOUR))


def _tell_arms(story: Story, window: Window, arm: str, *, will_order: bool) -> None:
    who, campaign, dice = {"userId": story.member.user_id}, window.campaign, story.dice
    about = {"experiment_id": campaign.name, "experiment_name": campaign.name, "variation_id": arm}
    at = window.starts
    story.serve(at, story.teller.track("Experiment Viewed", at, who, {**about, "variation_name": arm}))
    if window.is_treated and campaign.by_mail:
        mail = {"campaign_name": campaign.name, "email_subject": "We miss you: 15 % off"}
        story.serve(at + MINUTE, story.teller.track("Email Delivered", at + MINUTE, who, mail))
        if will_order or dice.chance(0.4):
            story.serve(at + HOUR, story.teller.track("Email Opened", at + HOUR, who, mail))


def _takes_part(story: Story, window: Window) -> bool:
    if story.joined_at is None or story.joined_at >= window.starts:
        return False
    said = [each for each in story.statements if each.purpose == EMAIL and each.at <= window.starts]
    return not window.campaign.by_mail or (bool(said) and max(said).state == "granted")


def _visit(story: Story, at: int, bought: Window | None, windows: list[Window]) -> int:
    """One visit; returns when it ended. `bought`: the campaign under which it ends in an order."""
    browser = _browser(story)
    if bought is not None:
        return browsing.play(story, browser, at, Purpose.BUY, bought.utm if bought.is_treated else None)
    inside = any(
        window.starts - QUIET_BEFORE <= at < window.starts
        or (window.is_treated is not None and window.starts <= at < window.ends)
        for window in windows
    )
    return browsing.play(story, browser, at, Purpose.LOOK if inside else Purpose.ANY, _source(story))


def _source(story: Story) -> Mapping[str, str] | None:
    return SOURCES[story.dice.weighted(_SOURCE_SUMS)]


def _browser(story: Story) -> Browser:
    tablet = story.household.tablet
    if tablet is not None and story.can_sign_in and story.dice.chance(TAKES_TABLET):
        return tablet
    return story.dice.one_of(story.member.devices)
