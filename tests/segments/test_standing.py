"""Which segments somebody counts as being in while a request waits: the whole person, a stranger, and a browser."""

import pytest
from django.db import transaction

from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from consent.contracts import PERSONALIZATION, NewEntry
from consent.services import record_entries
from people.queries.callers import BROWSER, NOBODY, SERVER, Caller, whose
from profiles.queries import find
from segments.queries.standing import answerable_by_browsers, forget_standing, known_of, standing
from tests.segments.world import World

VIEWED = {"did": "Product Viewed", "count": {"gte": 2}}
NEVER_BOUGHT = {"not": {"did": "Order Completed"}}
GERMAN = {"trait": "language", "is": "eq", "value": "de"}
SLUGS = ("lookers", "newcomers", "germans", "new-lookers")


@pytest.fixture
def world(db: None) -> World:
    world = World()
    world.segment(VIEWED, slug="lookers")
    world.segment(NEVER_BOUGHT, slug="newcomers")
    world.segment(GERMAN, slug="germans")
    world.segment({"all": [{"in_segment": "lookers"}, NEVER_BOUGHT]}, slug="new-lookers")
    world.send(
        world.identify("ada", anonymous="ada-phone", language="de"),
        *[world.track("ada", "Product Viewed", product_id="p") for _ in range(2)],
        {"type": "track", "anonymousId": "ada-phone", "event": "Product Viewed", "properties": {}},
    )
    forget_standing()
    return world


def _held(kind: str, *person: str) -> set[str]:
    found = whose(Caller(kind), (person[0], person[1])) if person else NOBODY
    now = utc_now()
    return set(standing(known_of(found, now, is_browser=kind == BROWSER), SLUGS, now))


def test_a_server_is_told_of_the_whole_person_and_of_a_stranger_what_holds_for_strangers(world: World) -> None:
    assert _held(SERVER, "user_id", "ada") == set(SLUGS)
    assert _held(SERVER, "user_id", "nobody-knows") == _held(SERVER) == {"newcomers"}


def test_a_browser_gets_rules_on_events_alone_asked_of_its_own_events(world: World) -> None:
    """One view hangs on the anonymous id, two on the user id behind it: these do not count."""
    assert _held(BROWSER, "anonymous_id", "ada-phone") == {"newcomers"}
    seen = {"type": "track", "anonymousId": "ada-phone", "event": "Product Viewed", "properties": {}}
    world.send(seen)
    assert _held(BROWSER, "anonymous_id", "ada-phone") == {"newcomers", "lookers"}
    assert answerable_by_browsers(SLUGS, world.now) == {"newcomers", "lookers"}


def test_who_refuses_personalization_is_nobody_on_every_device(world: World) -> None:
    ada = find("user_id", "ada")
    assert ada is not None
    with transaction.atomic():
        key = keyed_hash("test", "ada")
        record_entries([NewEntry(key, PERSONALIZATION, "withdrawn", "api", world.now, identifier_id=ada.id)])
    for kind, person in ((SERVER, ("user_id", "ada")), (BROWSER, ("anonymous_id", "ada-phone"))):
        assert _held(kind, *person) == _held(kind) == {"newcomers"}
    known = known_of(whose(Caller(SERVER), ("user_id", "ada")), world.now, is_browser=False)
    assert known.is_nobody
    assert known.refusal is not None
    assert known.refusal.reason == "withdrawn"
