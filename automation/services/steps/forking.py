"""Steps where the ways part: by rule for everybody at once, or by chance and for good."""

from collections.abc import Sequence
from datetime import datetime

from automation.graph import ELSE, Branch, Split
from automation.queries.ruling import holding
from automation.queries.ways import Way
from automation.services import moving
from experiments.assignment import assign


def branch(ways: Sequence[Way], now: datetime) -> None:
    """The first arm whose rule holds."""
    rules = [arm.rule for way in ways for arm in way.step.arms() if arm.rule is not None]
    holds = holding(rules, {way.person.profile_id for way in ways if way.person.profile_id}, now)
    for way in ways:
        assert isinstance(way.step, Branch)
        taken = next((a.key for a in way.step.ruled if a.rule and way.person.profile_id in holds[a.rule]), ELSE)
        moving.go_on(way, now, outcome=taken, arm=taken)


def split(ways: Sequence[Way], now: datetime) -> None:
    """By a hash of the address, or of the person where none is known: the same at every entry."""
    for way in ways:
        assert isinstance(way.step, Split)
        shares = {arm.key: arm.share for arm in way.step.shared}
        taken = assign(f"journey:{way.row.journey_id}:{way.row.node}", unit_of(way), shares)
        moving.go_on(way, now, outcome=taken, arm=taken)


def unit_of(way: Way) -> bytes:
    """What is split: an address's hash, else the profile, else the identifier."""
    person = way.person
    return person.hashed or (person.profile_id.bytes if person.profile_id else str(person.identifier_id).encode())
