"""Steps that wait. Each counts from when the person came to it, so a look in between changes nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from automation.graph import THEN, TIMEOUT, Wait, WaitFor, WaitUntil
from automation.queries.happened import Asked, happened
from automation.queries.ways import Way
from automation.services import moving
from mailing.quiet_hours import zone_or_utc

SECOND_LOOK = timedelta(minutes=1)


def wait(ways: Sequence[Way], now: datetime) -> None:
    """For a duration."""
    for way in ways:
        assert isinstance(way.step, Wait)
        _until(way, _came(way, now) + way.step.length, now)


def wait_until(ways: Sequence[Way], now: datetime) -> None:
    """Until the person's clock shows the time, in the zone that is known of them now."""
    for way in ways:
        assert isinstance(way.step, WaitUntil)
        _until(way, way.step.instant(_came(way, now), zone_or_utc(way.person.zone)), now)


def wait_for(ways: Sequence[Way], now: datetime) -> None:
    """Until an event of theirs; the first look finds none, `automation.hear` hurries those after it."""
    asked = []
    for way in ways:
        assert isinstance(way.step, WaitFor)
        came = _came(way, now)
        asked.append(Asked(way.person.identifier_ids, way.step.what, came, came + way.step.timeout))
    for way, one, at in zip(ways, asked, happened(asked, now), strict=True):
        if at is not None:
            moving.go_on(way, now, outcome=THEN, arm=THEN)
        elif now >= one.until:
            moving.go_on(way, now, outcome=TIMEOUT, arm=TIMEOUT)
        else:
            # What was stored while this look was under way found nobody who waited: hence a second look soon.
            until = one.until if way.row.awaits else min(one.until, now + SECOND_LOOK)
            moving.wait(way, until, awaits=one.what.event)


def _until(way: Way, at: datetime, now: datetime) -> None:
    if at <= now:
        moving.go_on(way, now)
    else:
        moving.wait(way, at)


def _came(way: Way, now: datetime) -> datetime:
    return way.row.node_at or now
