"""What would change an answer: what is missing, how much of it, until when it stands if nothing happens. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from segments.rules.bought import Bought
from segments.rules.consent_is import ConsentIs
from segments.rules.counts import Count
from segments.rules.did import Did
from segments.rules.explaining import Explanation
from segments.rules.facts import DAY_US, NEVER, Consented, PersonFacts
from segments.rules.has import Has
from segments.rules.in_list import InList
from segments.rules.in_segment import InSegment
from segments.rules.node import Node
from segments.rules.score import Score
from segments.rules.sequence import Sequence
from segments.rules.trait_is import TraitIs
from segments.rules.values import said
from segments.rules.viewed import Added, Viewed

MOST_STEPS = 40
"""So many times it is asked when the answer may change, until it does."""
LAST_US = 200_000_000_000_000_000
"""The year 8307: nobody waits for what comes later."""
MICROSECOND, EPOCH = timedelta(microseconds=1), datetime(1970, 1, 1, tzinfo=UTC)
Change = Callable[[Any, Explanation, PersonFacts, int], str]


def explained(rule: Node, facts: PersonFacts, now_us: int) -> Explanation:
    """Why the answer is what it is, clause by clause, and of each what would change it (`change`, `turns_us`)."""
    own = rule.explain(facts, now_us)
    turns = turns_us(rule, facts, now_us)
    clauses = tuple(explained(child, facts, now_us) for child in rule.children())
    own = replace(own, children=clauses, turns_us=turns)
    return replace(own, change=_change(rule, own, facts, now_us))


def turns_us(rule: Node, facts: PersonFacts, now_us: int) -> int | None:
    """When time alone turns the answer, with all else as it is; None where it does not, or not soon."""
    answer, instant = rule.evaluate(facts, now_us), now_us
    for _ in range(MOST_STEPS):
        instant = rule.valid_until(facts, instant)
        if instant >= min(NEVER, LAST_US):
            return None
        facts = _aged(facts, instant)
        if rule.evaluate(facts, instant) is not answer:
            return instant
    return None


def _aged(facts: PersonFacts, instant_us: int) -> PersonFacts:
    """The same person at a later instant: what the gate says now holds until its bound, and then most often no more."""
    over = [purpose for purpose, said in facts.consents.items() if said.until_us <= instant_us]
    if not over:
        return facts
    turned = {purpose: Consented(not facts.consents[purpose].allowed) for purpose in over}
    return replace(facts, consents={**facts.consents, **turned})


def _change(rule: Node, own: Explanation, facts: PersonFacts, now_us: int) -> str:
    """In words; empty where the clauses below say it, and nothing moves by itself."""
    when = "" if own.turns_us is None else moment(own.turns_us, now_us, facts.zone)
    word = CHANGES.get(type(rule))
    what = word(rule, own, facts, now_us) if word is not None else ""
    if own.holds:
        lasts = f"until {when}" if when else ""
        return ", or earlier: ".join(part for part in (lasts, what) if part)
    alone = f"holds by itself from {when}" if when else ""
    return (", " if what.startswith("unless ") else ", or earlier: ").join(part for part in (alone, what) if part)


def moment(instant_us: int, now_us: int, zone: str) -> str:
    """An instant in the company's zone: the day, with the time where it is near."""
    local = (EPOCH + instant_us * MICROSECOND).astimezone(ZoneInfo(zone))
    day = f"{local.day} {local:%B %Y}"
    return f"{day} {local:%H:%M}" if instant_us - now_us < 2 * DAY_US else day


def _counted(rule: Any, own: Explanation, facts: PersonFacts, now_us: int) -> str:
    """Of what is counted: how many more, within how long; or that there are too many."""
    found, count, what = own.found or 0, rule.count, _what(rule)
    if own.holds:
        return "" if count.high is None else f"{_number(count.high + 1 - found)} more {what} would end it"
    if found > (count.high if count.high is not None else found):
        return f"{_number(found - count.high)} too many"
    return f"{_number(count.low - found)} more {what}{_in_time(rule, count, found, facts, now_us)}"


def _in_time(rule: Any, count: Count, found: int, facts: PersonFacts, now_us: int) -> str:
    """How long those that were found go on to count, where that is bounded."""
    if not found or count.low <= 1:
        return ""
    one_fewer = replace(rule, count=Count(found, None))
    until = one_fewer.valid_until(facts, now_us)
    if until >= LAST_US:
        return ""
    days = (until - now_us) // DAY_US
    return f" within {days} days" if days > 1 else f" until {moment(until, now_us, facts.zone)}"


def _what(rule: Any) -> str:
    return rule.what.of_what() if isinstance(rule, Did) else f"{rule.products.sentence()} {rule.key}"


def _number(number: int) -> str:
    return f"{number:,}"


def _trait(rule: TraitIs | Score, own: Explanation, facts: PersonFacts, now_us: int) -> str:
    known = "it is not known" if own.actual is None else f"it is {_said(own.actual)}"
    return "" if own.holds else f"{known}, and would have to be otherwise: {rule.sentence()}"


def _said(value: Any) -> str:
    return said(value) if isinstance(value, str | bool) else f"{value}"


def _sequence(rule: Sequence, own: Explanation, facts: PersonFacts, now_us: int) -> str:
    """The next step after those that were made."""
    if own.holds:
        return ""
    reached = rule.reached(facts, now_us)
    step = rule.steps[reached]
    if step.is_absence:
        return f"unless {step.what.of_what()} happens first" if own.turns_us is not None else ""
    return f"step {reached + 1} of {len(rule.steps)} is missing: {step.sentence()}"


def _consent(rule: ConsentIs, own: Explanation, facts: PersonFacts, now_us: int) -> str:
    return f"{'a refusal of' if own.holds is rule.granted else 'a yes to'} {rule.purpose}"


def _segment(rule: InSegment, own: Explanation, facts: PersonFacts, now_us: int) -> str:
    return f"{'leaving' if own.holds else 'entering'} the segment {rule.slug}"


def _list(rule: InList, own: Explanation, facts: PersonFacts, now_us: int) -> str:
    return f"being {'taken off' if own.holds else 'put on'} the list {rule.slug}"


def _has(rule: Has, own: Explanation, facts: PersonFacts, now_us: int) -> str:
    return "" if own.holds else f"an identifier of the kind {rule.kind}"


CHANGES: Mapping[type[Node], Change] = {
    Did: _counted,
    Bought: _counted,
    Viewed: _counted,
    Added: _counted,
    TraitIs: _trait,
    Score: _trait,
    Sequence: _sequence,
    ConsentIs: _consent,
    InSegment: _segment,
    InList: _list,
    Has: _has,
}
