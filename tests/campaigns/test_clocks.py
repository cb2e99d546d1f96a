"""The zones an audience is frozen by are those that a send asks for."""

from typing import Any

import pytest

from mailing.queries import people as asking
from tests.campaigns.world import people

pytestmark = pytest.mark.django_db


def test_an_audience_is_told_the_clock_that_each_person_alone_is() -> None:
    said: tuple[dict[str, Any], ...] = (
        {"timezone": "Europe/Berlin", "country": "NZ"},
        {"time_zone": " America/New_York "},
        {"timezone": "Nowhere/At_All", "country": "AT"},
        {"timezone": 5, "address": {"country": "FR"}},
        {"address": "Paris"},
        {"country": "US"},
        {},
    )
    ids = [people(f"{n}@example.com", traits=traits)[0] for n, traits in enumerate(said)]
    alone = asking.people([asking.Whom(pk) for pk in [*ids, 0]], time_zone="Asia/Tokyo")
    found = asking.zones_of([*ids, 0], time_zone="Asia/Tokyo")
    assert found == {one.identifier_id: one.zone for one in alone}
    assert [found[pk] for pk in ids[:3]] == ["Europe/Berlin", "America/New_York", "Europe/Vienna"]
    assert [found[pk] for pk in (*ids[4:], 0)] == ["Asia/Tokyo"] * 4
