"""Who does not allow personalization gets what everybody gets, byte for byte, whoever asks and whatever they did."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from cdp.access.services import make_server_key, make_user_token, make_user_token_key
from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from consent.contracts import DENIED, GRANTED, PERSONALIZATION, PROCESSING, NewEntry
from consent.models import Refusal
from consent.services import record_entries
from consent.services.refusals import forget_refusals
from profiles.models import Identifier
from tests.recommendations import world

pytestmark = pytest.mark.django_db
IDS = ("mug", "cup", "pot", "tray", "lamp", "bowl")
PLACES: tuple[dict[str, str], ...] = (
    {},
    {"strategy": "for_you"},
    {"strategy": "buy_again"},
    {"strategy": "popular"},
    {"product_id": "mug"},
    {"strategy": "similar", "product_id": "lamp"},
    {"cart": "mug"},
    {"cart": "mug,lamp"},
    {"strategy": "cart", "cart": "cup"},
    {"strategy": "for_you", "product_id": "mug", "cart": "cup", "n": "3"},
)


@pytest.fixture
def key() -> str:
    """A server key over a shop with a model; nothing was noted yet."""
    forget_refusals()
    world.products(*IDS)
    pairs = {("mug", "cup"): 0.5, ("mug", "pot"): 0.4, ("lamp", "tray"): 0.3, ("cup", "mug"): 0.9, ("bowl", "cup"): 0.7}
    world.go_live(world.small_model(IDS, [1, 2, 3, 4, 5, 6], pairs))
    return make_server_key("shop", ["recommendations:read"])[1]


def say(state: str, who: Identifier, purpose: str = PERSONALIZATION) -> None:
    key = keyed_hash("test", purpose, state, str(who.pk))
    with transaction.atomic():
        record_entries([NewEntry(key, purpose, state, "api", utc_now(), identifier_id=who.pk)])


def person(name: str, *liked: str) -> Identifier:
    """Somebody with orders, views and a browser of their own."""
    who = world.identifier("user_id", name)
    browser = world.identifier("anonymous_id", f"{name}-browser", of=who)
    world.order(who, *liked, at=utc_now() - timedelta(days=2))
    for product in liked:
        world.view(who, product, at=utc_now() - timedelta(minutes=3))
        world.view(browser, product, at=utc_now() - timedelta(minutes=2))
    return who


def body(key: str, **query: str) -> bytes:
    """What a server key is answered."""
    found = Client().get(f"/v1/recommendations?{urlencode(query)}", headers={"Authorization": f"Bearer {key}"})
    assert found.status_code == 200, found.content
    return found.content


@pytest.mark.parametrize("place", PLACES, ids=lambda place: "-".join(place.values()) or "bare")
def test_everybody_who_refuses_gets_the_very_bytes_a_stranger_gets(key: str, place: dict[str, str]) -> None:
    jane, john = person("jane", "mug", "lamp"), person("john", "cup", "pot")
    say(DENIED, jane)
    say("withdrawn", john)
    answers = {body(key, user_id=name, **place) for name in ("jane", "john", "never-seen")} | {body(key, **place)}
    assert len(answers) == 1


def test_the_past_that_is_hidden_is_one_that_shows_once_it_is_allowed(key: str) -> None:
    """Control of the test above."""
    jane = person("jane", "mug", "lamp")
    say(DENIED, jane)
    hidden = body(key, user_id="jane")
    say(GRANTED, jane)
    assert body(key, user_id="jane") != hidden == body(key)


def test_under_a_law_that_asks_first_a_person_who_said_nothing_gets_what_everybody_gets(
    key: str, settings: Settings
) -> None:
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
    jane = person("jane", "mug", "lamp")
    assert body(key, user_id="jane") == body(key, user_id="never-seen")
    say(GRANTED, jane)
    assert body(key, user_id="jane") != body(key, user_id="never-seen")


def test_a_restriction_of_all_processing_ends_personalization(key: str) -> None:
    jane = person("jane", "mug")
    assert body(key, user_id="jane") != body(key)
    say(DENIED, jane, PROCESSING)
    assert body(key, user_id="jane") == body(key)


def test_a_refusal_made_by_account_holds_in_the_browser_of_that_person(key: str) -> None:
    write_key = world.source().write_key
    query = urlencode({"writeKey": write_key, "anonymous_id": "jane-browser"})
    jane = person("jane", "mug")
    personal = Client().get(f"/v1/recommendations?{query}").content
    say(DENIED, jane)
    refused = Client().get(f"/v1/recommendations?{query}").content
    assert refused == Client().get(f"/v1/recommendations?writeKey={write_key}").content != personal


def test_a_user_token_of_somebody_who_refuses_answers_like_a_stranger(key: str) -> None:
    write_key = world.source().write_key
    say(DENIED, person("jane", "mug"))
    make_user_token_key("shop")
    token = make_user_token("shop", "jane", timedelta(hours=1))
    found = Client().get("/v1/recommendations", headers={"X-User-Token": token})
    assert found.content == Client().get(f"/v1/recommendations?writeKey={write_key}").content


def test_what_was_not_personalized_is_noted_once_an_hour_and_only_where_it_made_a_difference(key: str) -> None:
    jane = person("jane", "mug")
    say(DENIED, jane)
    for place in ({"product_id": "mug"}, {"cart": "cup"}, {"strategy": "popular"}):
        body(key, user_id="jane", **place)
    assert Refusal.objects.count() == 0
    for _ in range(3):
        body(key, user_id="jane")
    body(key, user_id="never-seen")
    (row,) = Refusal.objects.all()
    assert (row.use, row.purpose_id, row.reason, row.identifier_id) == (
        "recommendation", "personalization", "denied", jane.pk
    )  # fmt: skip
    assert (row.times, row.entry_id is not None) == (1, True)
