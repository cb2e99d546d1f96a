"""Whether a person or a program opened a mail or followed a link. Pure.

Asked about a minute after it happened, with everything that came of the same mail: filters that scan mails follow all
links at once, in order, right after the delivery, and for many recipients from one network. What cannot be told is
`unknown`; only what a person did counts for rules and reports.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from mailing.agents import BARE, BROWSER, MACHINES, MAIL, NONE, PROXIES, is_scanner
from mailing.tracking import HONEYPOT

HUMAN, MACHINE, UNKNOWN = "human", "machine", "unknown"
OPENED, CLICKED = "opened", "clicked"
# Nobody gets a mail, opens it and follows a link in less.
CLICK_AT_ONCE, OPEN_AT_ONCE = timedelta(seconds=5), timedelta(seconds=2)
TWO_LINKS_WITHIN = timedelta(seconds=1)
MANY_LINKS, MANY_LINKS_WITHIN = 3, timedelta(seconds=5)
IN_ORDER, IN_ORDER_WITHIN = 4, timedelta(seconds=60)
AROUND_HONEYPOT = timedelta(seconds=60)
CROWD, CROWD_WITHIN = 8, timedelta(seconds=60)
SETTLE = timedelta(seconds=60)
"""For how long what else comes of the mail is waited for."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One open or click. `link`: the index of the link, None of an open. `agent`: as `mailing.agents` names it."""

    kind: str
    at: datetime
    agent: str
    link: int | None = None
    network: bytes | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`who`: human, machine or unknown; `why`: a code, empty for a person."""

    who: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Crowds:
    """When which network followed links of many mails at once."""

    spans: Mapping[bytes, Sequence[tuple[datetime, datetime]]]

    def holds(self, hit: Hit) -> bool:
        """Whether the hit is one of a crowd's."""
        return hit.network is not None and any(
            first <= hit.at <= last for first, last in self.spans.get(hit.network, ())
        )


NO_CROWDS = Crowds({})
WORDS = {
    "no_agent": "it did not say what it is",
    "agent": "it says itself that it is a program",
    "no_language": "it calls itself a browser, but named no language as every browser does",
    "honeypot": "the link that nobody sees was followed",
    "at_once": "it came within seconds of the hand-over",
    "many_links": "several links were followed at once",
    "in_order": "all links were followed one after the other",
    "crowd": "the same network followed links of many mails within a minute",
    "image_proxy": "the mail service fetched the picture: when it was read, or before",
    "odd": "a program that we do not know",
}


def classify(hits: Sequence[Hit], *, handed_at: datetime | None, crowds: Crowds = NO_CROWDS) -> list[Verdict]:
    """Who each of one message's hits was, in their order. `handed_at`: when the mail was handed over."""
    clicks = sorted((hit for hit in hits if hit.kind == CLICKED), key=lambda hit: hit.at)
    traps = [hit for hit in clicks if hit.link == HONEYPOT]
    swept = _swept([hit for hit in clicks if hit.link != HONEYPOT])
    return [_of_one(hit, handed_at, traps, swept, crowds) for hit in hits]


def crowds_of(seen: Iterable[tuple[bytes, datetime, int]]) -> Crowds:
    """When a network followed links of at least 8 messages within a minute; `seen`: network, instant, message."""
    by_network: dict[bytes, list[tuple[datetime, int]]] = defaultdict(list)
    for network, at, message in seen:
        by_network[network].append((at, message))
    spans = {network: _crowded(sorted(one)) for network, one in by_network.items()}
    return Crowds({network: found for network, found in spans.items() if found})


def _crowded(seen: Sequence[tuple[datetime, int]]) -> list[tuple[datetime, datetime]]:
    spans, first = [], 0
    for last, (at, _) in enumerate(seen):
        while at - seen[first][0] > CROWD_WITHIN:
            first += 1
        if last - first + 1 >= CROWD and len({message for _, message in seen[first : last + 1]}) >= CROWD:
            spans.append((seen[first][0], at))
    return spans


def _of_one(
    hit: Hit, handed_at: datetime | None, traps: Sequence[Hit], swept: Mapping[int, str], crowds: Crowds
) -> Verdict:
    if hit.agent == NONE:
        return Verdict(MACHINE, "no_agent")
    if hit.agent in MACHINES or is_scanner(hit.agent):
        return Verdict(MACHINE, "no_language" if hit.agent == BARE else "agent")
    if any(_is_of(trap, hit) for trap in traps):
        return Verdict(MACHINE, "honeypot")
    at_once = CLICK_AT_ONCE if hit.kind == CLICKED else OPEN_AT_ONCE
    if handed_at is not None and hit.at - handed_at < at_once:
        return Verdict(MACHINE, "at_once")
    if why := swept.get(id(hit)):
        return Verdict(MACHINE, why)
    if hit.agent in PROXIES:
        return Verdict(UNKNOWN, "image_proxy")
    if crowds.holds(hit):
        return Verdict(MACHINE, "crowd")
    return Verdict(HUMAN) if hit.agent in (BROWSER, MAIL) else Verdict(UNKNOWN, "odd")


def _is_of(trap: Hit, hit: Hit) -> bool:
    """Whether who fell into the trap did this as well: the same network on that day, or a click around that time."""
    same_network = trap.network is not None and trap.network == hit.network
    return same_network or (hit.kind == CLICKED and abs(hit.at - trap.at) <= AROUND_HONEYPOT)


def _swept(clicks: Sequence[Hit]) -> dict[int, str]:
    """{id of a click: why} of those that belong to a sweep over the links; clicks by time."""
    found: dict[int, str] = {}
    for place in range(len(clicks)):
        _note(found, _within(clicks, place, IN_ORDER_WITHIN), "in_order", _is_in_order)
        _note(
            found, _within(clicks, place, MANY_LINKS_WITHIN), "many_links", lambda run: len(_links(run)) >= MANY_LINKS
        )
        _note(found, _within(clicks, place, TWO_LINKS_WITHIN), "many_links", lambda run: len(_links(run)) > 1)
    return found


def _note(found: dict[int, str], run: Sequence[Hit], why: str, is_sweep: Callable[[Sequence[Hit]], bool]) -> None:
    if is_sweep(run):
        found.update({id(hit): why for hit in run})


def _within(clicks: Sequence[Hit], place: int, span: timedelta) -> list[Hit]:
    return [hit for hit in clicks[place:] if hit.at - clicks[place].at <= span]


def _links(run: Sequence[Hit]) -> set[int | None]:
    return {hit.link for hit in run}


def _is_in_order(run: Sequence[Hit]) -> bool:
    """At least four links, each the one after the last: nobody reads like this."""
    links = [hit.link for hit in run if hit.link is not None]
    return len(links) >= IN_ORDER and all(after - before == 1 for before, after in pairwise(links))
