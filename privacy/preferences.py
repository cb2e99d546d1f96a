"""The preference center's knowledge: what stands on it, what a posted form changes, and what that means. Pure.

Only what a person changed is a choice: a form opened before a withdrawal and saved after it does not take it back.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

PAUSE = timedelta(days=30)
LONGEST_PAUSE = timedelta(days=31)
ALL, WEEKLY, MONTHLY = "all", "weekly", "monthly"
FREQUENCIES = (ALL, WEEKLY, MONTHLY)

# Why a switch cannot be moved by whoever holds the link.
COMPLAINT, HARD_BOUNCE, STAFF, RESTRICTED, ERASED = "complaint", "hard_bounce", "staff", "restricted", "erased"

# What is known of a purpose, in a sentence (`privacy.preference_words`).
DEFAULT_ON, DEFAULT_OFF, SAID_YES, SAID_NO = "default_on", "default_off", "said_yes", "said_no"
PENDING, EXPIRED, ELSEWHERE, AS_PARENT = "pending", "expired", "elsewhere", "as_parent"


@dataclass(frozen=True, slots=True)
class Switch:
    """A purpose as a person meets it. `lock`: why it cannot be moved here, empty if it can; `says`: what is known.

    `since`: when that was said. `wording_id`, `notice_version`: what a change made here answers to.
    """

    code: str
    title: str
    text: str
    channel: str
    on: bool
    says: str
    lock: str = ""
    since: datetime | None = None
    wording_id: int | None = None
    notice_version: int | None = None
    topics: tuple["Switch", ...] = ()


@dataclass(frozen=True, slots=True)
class Mailing:
    """How marketing mail comes to the address. `paused_until`: None unless it is in the future."""

    frequency: str = ALL
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Center:
    """The whole page. `closed`: why nothing can be changed at all (erased, restricted), empty if it can.

    `mailing` is None for somebody without a known address. `locale`: as chosen by the person, empty if never.
    """

    masked: str
    regime: str
    regime_by: str
    closed: str = ""
    switches: tuple[Switch, ...] = ()
    mailing: Mailing | None = None
    locale: str = ""

    def every(self) -> Iterator[Switch]:
        """Switches with their topics, in the order of the page."""
        for switch in self.switches:
            yield switch
            yield from switch.topics

    def get(self, code: str) -> Switch | None:
        """One of them."""
        return next((switch for switch in self.every() if switch.code == code), None)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants changed. `switches`: {code: on}; None leaves a thing as it is; `pause`: begin or end one.

    `pause_until` restores a pause that was ended by mistake.
    """

    switches: Mapping[str, bool] = field(default_factory=dict)
    frequency: str | None = None
    pause: bool | None = None
    pause_until: datetime | None = None
    locale: str | None = None
    stops_all: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for."""
        asked = (self.frequency, self.pause, self.locale)
        return not self.switches and not self.stops_all and all(one is None for one in asked)


def flipped(shown: Collection[str], was: Collection[str], on: Collection[str]) -> dict[str, bool]:
    """{code: on} of the switches somebody moved: of those shown, what is not as it was shown."""
    return {code: code in on for code in shown if (code in on) != (code in was)}


def resolve(center: Center, wish: Wish) -> dict[str, bool]:
    """{code: on} to be written now, parents first: what is wanted and does not hold already, of what may be changed.

    A topic turned on under a parent that is off turns the parent on for this topic alone, unless the parent was turned
    off in the same breath; a parent turned off says nothing of its topics.
    """
    wanted = {switch.code: False for switch in center.every() if switch.channel and not _is_topic(center, switch)}
    wanted = wanted if wish.stops_all else dict(wish.switches)
    found: dict[str, bool] = {}
    for switch in center.switches:
        found |= _of_family(switch, wanted)
    return found


def refused(center: Center, wish: Wish) -> tuple[str, ...]:
    """Switches somebody wanted moved that cannot be moved here: locked ones, and those not on the page."""
    movable = {switch.code for switch in center.every() if not switch.lock}
    return tuple(code for code in wish.switches if code not in movable)


def pause_until(wish: Wish, *, now: datetime) -> datetime | None:
    """When the wished pause ends: in 30 days, or as it was before (never later than 31 days from now)."""
    if not wish.pause:
        return None
    return min(wish.pause_until or now + PAUSE, now + LONGEST_PAUSE)


def undoing(before: Center, after: Center, *, spoken: str = "") -> Wish:
    """The wish that makes `after` what `before` was, as far as the link may. `spoken`: the language of the page before,
    which counts for who had chosen none."""
    old = {switch.code: switch.on for switch in before.every()}
    moved = {s.code: old[s.code] for s in after.every() if s.code in old and s.on != old[s.code]}
    if before.mailing is None or after.mailing is None:
        return Wish(moved)
    was, now = before.mailing, after.mailing
    paused = was.paused_until != now.paused_until
    return Wish(
        moved,
        frequency=was.frequency if was.frequency != now.frequency else None,
        pause=was.paused_until is not None if paused else None,
        pause_until=was.paused_until if paused else None,
        locale=(before.locale or spoken) if before.locale != after.locale else None,
    )


def _of_family(switch: Switch, wanted: Mapping[str, bool]) -> dict[str, bool]:
    """What is written of a purpose and its topics."""
    if switch.lock:
        return {}
    open_topics = [topic for topic in switch.topics if not topic.lock]
    own = wanted.get(switch.code, switch.on)
    chosen = [topic.code for topic in open_topics if wanted.get(topic.code)]
    if switch.on or (switch.code in wanted and not own):
        changes = {topic.code: wanted[topic.code] for topic in open_topics if topic.code in wanted}
        changes = {code: on for code, on in changes.items() if own or not on}
    elif chosen:
        own, changes = True, {topic.code: topic.code in chosen for topic in open_topics}
    else:
        changes = {}
    # A topic that is on because its parent is has nothing to be said for it; one of a parent that was off has.
    shown = {topic.code: topic.on for topic in open_topics} if switch.on else {}
    kept = {code: on for code, on in changes.items() if shown.get(code) != on}
    return {**({switch.code: own} if own != switch.on else {}), **kept}


def _is_topic(center: Center, switch: Switch) -> bool:
    return any(switch in parent.topics for parent in center.switches)
