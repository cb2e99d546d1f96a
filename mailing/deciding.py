"""Whether a message goes out now: one decision, asked when a step is due and again at the hand-over. Pure.

The order of the questions is the order in which reasons are told: the sender's own story, the person, what we may, one
mail at a time, what the owner of the address prefers, how much is enough, and last whether this hour is right.
Transactional messages need somewhere to go that nobody forbade; nothing else is asked of them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cdp.lib.decision import Decision
from mailing.contracts import END, GO, WAIT, Said
from mailing.quiet_hours import next_allowed, zone_or_utc

LOOK_AGAIN_AT_LEAST = timedelta(minutes=5)
NEWER_FIRST = timedelta(minutes=1)
WHILE_STOPPED = timedelta(minutes=5)
MOMENT = timedelta(seconds=1)
MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Rules:
    """The owner's policy. Quiet hours are local hours of the person; equal or None hours mean none; caps None: none."""

    cap_per_day: int | None = None
    cap_per_week: int | None = None
    quiet_from_hour: int | None = None
    quiet_to_hour: int | None = None
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the decision depends on. `suppressed`: the reason, empty if none; `zone`: IANA name.

    `is_theirs`: the address it was queued for still belongs to the person. `last_mailed_at`: the last marketing mail to
    that address, whoever sent it; `newer_queued`: another is queued for it that goes first. `waiting_since`: since when
    an address is waited for. `paused_until`, `at_most_every`: what the owner of the address asked for.
    """

    said: Said
    consent: Decision
    kind: str = MARKETING
    is_shared: bool = False
    has_address: bool = True
    is_theirs: bool = True
    suppressed: str = ""
    last_mailed_at: datetime | None = None
    newer_queued: bool = False
    mails_today: int = 0
    mails_this_week: int = 0
    paused_until: datetime | None = None
    at_most_every: timedelta = timedelta(0)
    zone: str = "UTC"
    waiting_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`action`: go, wait (until `not_before`) or end. `evidence`: the consent entry that allowed or forbade it."""

    action: str
    reason: str = ""
    not_before: datetime | None = None
    evidence: int | None = field(default=None)


def decide(facts: Facts, *, rules: Rules, now: datetime) -> Verdict:
    """go, wait until an instant, or end, with its reason; no wait lasts longer than the sender's story keeps."""
    verdict = _asked(facts, rules, now)
    until = facts.said.until
    if verdict.action == WAIT and verdict.not_before and until and now < until < verdict.not_before:
        return Verdict(WAIT, verdict.reason, until + MOMENT, verdict.evidence)
    return verdict


def _asked(facts: Facts, rules: Rules, now: datetime) -> Verdict:
    if facts.kind != MARKETING:
        return _story(facts, now) or _nowhere(facts, now) or _suppressed(facts) or Verdict(GO)
    return (
        _story(facts, now)
        or _person(facts, now)
        or _permission(facts)
        or _one_at_a_time(facts, now)
        or _wish(facts, now)
        or _enough(facts, rules)
        or _hour(facts, rules, now)
    )


def _story(facts: Facts, now: datetime) -> Verdict | None:
    said = facts.said
    if said.action == GO:
        return None
    return Verdict(said.action, said.reason, (said.not_before or now + NEWER_FIRST) if said.action == WAIT else None)


def _person(facts: Facts, now: datetime) -> Verdict | None:
    if facts.is_shared:
        return Verdict(END, "shared_profile")
    if not facts.is_theirs:
        return Verdict(END, "address_changed")
    return _nowhere(facts, now)


def _nowhere(facts: Facts, now: datetime) -> Verdict | None:
    if facts.has_address:
        return None
    waited = now - (facts.waiting_since or now)
    return Verdict(WAIT, "no_address", now + max(LOOK_AGAIN_AT_LEAST, waited / 10))


def _suppressed(facts: Facts) -> Verdict | None:
    return Verdict(END, f"suppressed_{facts.suppressed}") if facts.suppressed else None


def _permission(facts: Facts) -> Verdict | None:
    if facts.suppressed or facts.consent.allowed:
        return _suppressed(facts)
    return Verdict(END, f"consent_{facts.consent.reason}", evidence=facts.consent.evidence)


def _one_at_a_time(facts: Facts, now: datetime) -> Verdict | None:
    since, mailed = facts.said.since, facts.last_mailed_at
    if since and mailed and mailed >= since:
        return Verdict(END, "mailed_lately")
    return Verdict(WAIT, "newer_cart", now + NEWER_FIRST) if facts.newer_queued else None


def _wish(facts: Facts, now: datetime) -> Verdict | None:
    if facts.paused_until and facts.paused_until > now:
        return Verdict(WAIT, "paused", facts.paused_until)
    if facts.last_mailed_at and facts.last_mailed_at + facts.at_most_every > now:
        return Verdict(WAIT, "frequency", facts.last_mailed_at + facts.at_most_every)
    return None


def _enough(facts: Facts, rules: Rules) -> Verdict | None:
    if rules.cap_per_day is not None and facts.mails_today >= rules.cap_per_day:
        return Verdict(END, "capped_day")
    if rules.cap_per_week is not None and facts.mails_this_week >= rules.cap_per_week:
        return Verdict(END, "capped")
    return None


def _hour(facts: Facts, rules: Rules, now: datetime) -> Verdict:
    if rules.is_stopped:
        return Verdict(WAIT, "stopped", now + WHILE_STOPPED)
    allowed_at = next_allowed(
        now, from_hour=rules.quiet_from_hour, to_hour=rules.quiet_to_hour, zone=zone_or_utc(facts.zone)
    )
    if allowed_at > now:
        return Verdict(WAIT, "quiet_hours", allowed_at)
    return Verdict(GO, evidence=facts.consent.evidence)
