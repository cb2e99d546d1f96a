"""Whether an abandoned cart is mailed now: one decision, asked when an enrollment is due and at its hand-over. Pure.

The order of the questions is the order in which reasons are told: the cart, the time, the person, what we may, what the
owner of the address prefers, and last whether this hour is right.
"""

from datetime import datetime, timedelta

from automation.arming import closed_reason
from automation.contracts import Facts, Rules, Verdict
from automation.quiet_hours import next_allowed, zone_or_utc

LOOK_AGAIN_AT_LEAST = timedelta(minutes=5)
NEWER_FIRST = timedelta(minutes=1)
MOMENT = timedelta(seconds=1)


def decide(facts: Facts, *, rules: Rules, now: datetime) -> Verdict:
    """mail, wait until an instant, or end, with its reason."""
    return (
        _cart(facts, rules, now)
        or _person(facts, now)
        or _permission(facts)
        or _address(facts, rules, now)
        or _preference(facts, rules, now)
        or _hour(facts, rules, now)
    )


def _cart(facts: Facts, rules: Rules, now: datetime) -> Verdict | None:
    cart = facts.cart
    if cart is None or not cart.is_abandonable:
        return Verdict("end", closed_reason(cart))
    if facts.ordered_since:
        return Verdict("end", "ordered_since")
    if now - cart.activity_at > rules.max_age:
        return Verdict("end", "too_old")
    if now < cart.activity_at + rules.idle:
        return Verdict("wait", "not_idle", cart.activity_at + rules.idle)
    if facts.offerable_lines == 0:
        return Verdict("end", "out_of_stock")
    if facts.known_lines == 0:
        return Verdict("end", "no_known_products")
    return None


def _person(facts: Facts, now: datetime) -> Verdict | None:
    if facts.is_shared:
        return Verdict("end", "shared_profile")
    if not facts.has_address:
        waited = now - facts.armed_at
        return Verdict("wait", "no_address", now + max(LOOK_AGAIN_AT_LEAST, waited / 10))
    return None


def _permission(facts: Facts) -> Verdict | None:
    if facts.suppressed:
        return Verdict("end", f"suppressed_{facts.suppressed}")
    if not facts.consent.allowed:
        return Verdict("end", f"consent_{facts.consent.reason}", evidence=facts.consent.evidence)
    return None


def _address(facts: Facts, rules: Rules, now: datetime) -> Verdict | None:
    """One mail at a time: the next needs something added the idle time after the last one, to whichever cart."""
    added_at = facts.cart.added_at if facts.cart else None
    if facts.last_mailed_at and added_at and added_at < facts.last_mailed_at + rules.idle:
        return Verdict("end", "mailed_lately")
    if facts.newer_queued:
        return Verdict("wait", "newer_cart", now + NEWER_FIRST)
    return None


def _preference(facts: Facts, rules: Rules, now: datetime) -> Verdict | None:
    """What the owner of the address asked for; a wait lasts no longer than the cart is worth writing about."""
    if facts.paused_until and facts.paused_until > now:
        return Verdict("wait", "paused", _at_latest(facts.paused_until, facts, rules))
    if facts.last_mailed_at and facts.last_mailed_at + facts.at_most_every > now:
        return Verdict("wait", "frequency", _at_latest(facts.last_mailed_at + facts.at_most_every, facts, rules))
    return None


def _at_latest(until: datetime, facts: Facts, rules: Rules) -> datetime:
    """`until`, or when the cart has become too old, whichever is first: then it ends with that reason."""
    return min(until, facts.cart.activity_at + rules.max_age + MOMENT) if facts.cart else until


def _hour(facts: Facts, rules: Rules, now: datetime) -> Verdict:
    if facts.mails_this_week >= rules.cap_per_week:
        return Verdict("end", "capped")
    allowed_at = next_allowed(
        now, from_hour=rules.quiet_from_hour, to_hour=rules.quiet_to_hour, zone=zone_or_utc(rules.time_zone)
    )
    if allowed_at > now:
        return Verdict("wait", "quiet_hours", allowed_at)
    return Verdict("mail", "queued", evidence=facts.consent.evidence)
