"""Why somebody is in a segment: every clause with its answer, the count found and the events that decided."""

import pytest

from segments.queries import why
from segments.rules import PastEvent, PersonFacts, parse_rule
from segments.rules.facts import DAY_US
from tests.segments.world import World

NOW = 1_800_000_000_000_000
RULE = {
    "all": [
        {"trait": "country", "is": "eq", "value": "DE"},
        {"not": {"did": "Order Completed"}},
        {"did": "Product Viewed", "count": {"gte": 3}, "within": {"days": 30}},
    ]
}


def test_every_clause_says_its_answer_and_what_decided_it() -> None:
    viewed = [PastEvent("Product Viewed", NOW - day * DAY_US, {}, id=day) for day in (40, 9, 1, 2, 3, 5, 6, 7)]
    found = parse_rule(RULE).explain(PersonFacts({"country": "AT"}, viewed), NOW)
    country, not_bought, many = found.children
    assert (found.kind, found.holds) == ("all", False)
    assert (country.sentence, country.holds, country.actual) == ("country is DE", False, "AT")
    assert (not_bought.holds, not_bought.children[0].holds, not_bought.children[0].found) == (True, False, 0)
    assert (many.holds, many.found, many.wanted) == (True, 7, "at least 3 times")
    assert [event.id for event in many.events] == [1, 2, 3, 5, 6]


@pytest.mark.django_db(transaction=True)
def test_a_persons_segments_are_explained_by_name_in_a_bounded_number_of_statements() -> None:
    world = World()
    viewers = world.segment({"did": "Product Viewed"}, slug="b-viewers")
    buyers = world.segment({"did": "Order Completed"}, slug="a-buyers")
    world.send(world.track("ada", "Product Viewed", days_ago=1))
    ada = world.profile("ada")
    first, second = why(ada, None, world.now)
    assert (first.segment_id, first.is_member, first.since) == (buyers, False, None)
    assert (second.segment_id, second.slug, second.is_member) == (viewers, "b-viewers", True)
    assert second.since is not None
    assert [event.name for event in second.explanation.events] == ["Product Viewed"]
    assert second.explanation.events[0].id > 0
    assert [each.segment_id for each in why(ada, buyers, world.now)] == [buyers]


@pytest.mark.django_db(transaction=True)
def test_a_shared_device_is_said_to_be_nobody() -> None:
    world = World()
    world.segment({"did": "Product Viewed"})
    world.send({"type": "track", "anonymousId": "kiosk", "event": "Product Viewed", "timestamp": world.at(1)})
    world.send(*[world.identify(f"user{n}", anonymous="kiosk") for n in range(8)])
    (only,) = why(world.profile("kiosk", "anonymous_id"), None, world.now)
    assert (only.explanation.holds, only.is_shared, only.is_member) == (True, True, False)
