"""GET /v1/recommendations: who may see what, and errors that say how to mend them."""

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from cdp.access.services import make_server_key, make_user_token, make_user_token_key
from cdp.lib.clock import utc_now
from events.models import Source
from events.queries import forget_sources
from profiles.models import Identifier
from recommendations.queries.answer_ids import read_id
from tests.recommendations import world

pytestmark = pytest.mark.django_db
IDS = ("mug", "cup", "pot", "tray", "lamp")
PATH = "/v1/recommendations"


@pytest.fixture
def write_key() -> str:
    """A shop with a model, and its browser's key."""
    world.products(*IDS)
    pairs = {("mug", "cup"): 0.5, ("mug", "pot"): 0.4, ("lamp", "tray"): 0.3, ("cup", "mug"): 0.9}
    world.go_live(world.small_model(IDS, [1, 2, 3, 4, 5], pairs))
    return world.source().write_key


@pytest.fixture
def server_key() -> str:
    """A server key that may read recommendations."""
    return make_server_key("shop", ["recommendations:read"])[1]


def get(headers: dict[str, str] | None = None, **query: str) -> HttpResponse:
    return Client().get(f"{PATH}?{urlencode(query)}", headers=headers or {})  # type: ignore[return-value]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def ids(response: HttpResponse) -> list[str]:
    assert response.status_code == 200, response.content
    return [item["product_id"] for item in response.json()["items"]]  # type: ignore[attr-defined]


def problem(response: HttpResponse) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]  # type: ignore[attr-defined]


def test_the_whole_answer_to_a_product_page(write_key: str) -> None:
    response = get(writeKey=write_key, product_id="mug", n="1")
    body: dict[str, Any] = response.json()  # type: ignore[attr-defined]
    assert body.pop("model") is not None
    assert body.pop("trained_until") == "2026-03-01T12:00:00Z"
    assert 0 < body["items"][0].pop("score") <= 1
    assert body == {
        "strategy": "similar",
        "note": "",
        "items": [
            {
                "product_id": "cup",
                "reason": "bought_together",
                "sentence": "Often bought with The mug",
                "strategy": "similar",
                "product": {
                    "name": "The cup",
                    "category": "",
                    "categories": [],
                    "brand": "",
                    "group_id": "",
                    "price": "9.5",
                    "list_price": None,
                    "currency": "EUR",
                    "url": "",
                    "image_url": "",
                    "images": [],
                    "in_stock": True,
                },
            }
        ],
    }
    found = read_id(response["X-Recommendation-Id"], utc_now())
    assert (found.placement, found.variant) == ("api:similar", "")
    assert (found.showed("cup"), found.showed("mug")) == (True, False)
    assert response["Cache-Control"] == "private, no-store"
    assert response["Access-Control-Allow-Origin"] == "*"


def test_an_unknown_anonymous_id_gets_the_popular_list_byte_for_byte(write_key: str) -> None:
    stranger = get(writeKey=write_key, anonymous_id="never-seen")
    assert stranger.content == get(writeKey=write_key).content
    assert ids(stranger) == ["lamp", "tray", "pot", "cup", "mug"]


def test_a_write_key_is_taken_from_the_query_the_header_and_basic(write_key: str) -> None:
    basic = base64.b64encode(f"{write_key}:".encode()).decode()
    answers = {
        get(writeKey=write_key).content,
        get({"X-Write-Key": write_key}).content,
        get({"X-Write-Key": f"{write_key}:secret"}).content,
        get({"Authorization": f"Basic {basic}"}).content,
    }
    assert len(answers) == 1


def test_a_browser_is_answered_from_its_own_events(write_key: str) -> None:
    browser = world.identifier("anonymous_id", "a1")
    world.view(browser, "mug", at=utc_now())
    assert set(ids(get(writeKey=write_key, anonymous_id="a1"))[:2]) == {"cup", "pot"}


def attacker_linked_to_a_victim(*, victim_has_a_past: bool) -> None:
    """The attacker sent identify with the victim's user id from his own browser: one profile holds both."""
    victim = world.identifier("user_id", "victim")
    phone = world.identifier("anonymous_id", "victims-phone", of=victim)
    attacker = world.identifier("anonymous_id", "attacker", of=victim)
    world.view(attacker, "cup", at=utc_now() - timedelta(minutes=1))
    if victim_has_a_past:
        world.order(victim, "lamp", "mug", at=utc_now() - timedelta(days=2))
        world.view(victim, "mug", at=utc_now())
        world.view(phone, "lamp", at=utc_now())
        # What the attacker's browser sent with the victim's user id hangs on that user id.
        world.event(victim, "Product Added", at=utc_now(), product_id="pot", anonymous_id="attacker")


STRATEGIES = ("for_you", "buy_again", "popular", "similar", "cart")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_attacker_linked_to_a_victim_learns_nothing_of_the_victims_past(write_key: str, strategy: str) -> None:
    query = {
        "writeKey": write_key,
        "anonymous_id": "attacker",
        "strategy": strategy,
        "product_id": "mug",
        "cart": "mug",
    }
    attacker_linked_to_a_victim(victim_has_a_past=False)
    without = get({}, **query).content
    Identifier.objects.all().delete()
    attacker_linked_to_a_victim(victim_has_a_past=True)
    assert get({}, **query).content == without


def test_the_victims_past_does_change_what_a_server_key_sees(write_key: str, server_key: str) -> None:
    """Control of the test above: the past it hides is one that shows."""
    attacker_linked_to_a_victim(victim_has_a_past=True)
    seen = get(bearer(server_key), anonymous_id="attacker")
    assert seen.content != get(writeKey=write_key, anonymous_id="attacker").content
    assert "lamp" not in ids(seen)


@pytest.mark.parametrize("name", ["user_id", "email", "profile_id"])
def test_a_write_key_may_not_name_a_person(write_key: str, name: str) -> None:
    value = "0198c0de-0000-7000-8000-000000000000" if name == "profile_id" else "x@example.com"
    assert problem(get({}, writeKey=write_key, **{name: value})) == (403, "write_key_reads_no_profile")


@pytest.mark.parametrize("name", ["user_id", "email", "profile_id", "anonymous_id"])
@pytest.mark.usefixtures("write_key")
def test_a_server_key_asks_for_anybody_by_any_name(server_key: str, name: str) -> None:
    person = world.identifier("user_id", "u1")
    world.identifier("email", "ann@example.com", of=person)
    late = world.identifier("anonymous_id", "a1", of=person)
    world.order(person, "mug", at=utc_now())
    value = {"user_id": "u1", "email": " Ann@Example.com", "anonymous_id": "a1", "profile_id": str(late.minted_id)}[
        name
    ]
    found = ids(get(bearer(server_key), **{name: value}))
    assert (set(found[:2]), found[2:]) == ({"cup", "pot"}, ["lamp", "tray"])


@pytest.mark.usefixtures("write_key")
def test_a_server_key_asking_for_an_unknown_person_gets_the_popular_list(server_key: str) -> None:
    popular = get(bearer(server_key)).content
    assert get(bearer(server_key), user_id="nobody").content == popular
    assert get(bearer(server_key), profile_id="0198c0de-0000-7000-8000-000000000000").content == popular
    assert get(bearer(server_key), email="not an address").content == popular


@pytest.mark.usefixtures("write_key")
def test_a_user_token_answers_for_its_own_profile_only() -> None:
    make_user_token_key("shop")
    person = world.identifier("user_id", "u1")
    world.order(person, "mug", at=utc_now())
    token = make_user_token("shop", "u1", timedelta(hours=1))
    assert set(ids(get({"X-User-Token": token}))[:2]) == {"cup", "pot"}
    assert get({"X-User-Token": token}, user_id="u1").content == get(bearer(token)).content
    assert problem(get({"X-User-Token": token}, user_id="u2")) == (403, "token_of_another")
    assert problem(get({"X-User-Token": token[:-2] + "xx"})) == (401, "user_token_invalid")


def test_keys_that_are_missing_unknown_or_too_weak_are_told_apart(write_key: str) -> None:
    assert problem(get()) == (401, "key_missing")
    assert problem(get(writeKey="wk_unknown")) == (401, "unknown_write_key")
    assert problem(get(bearer("sk_unknown"))) == (401, "server_key_invalid")
    assert problem(get(bearer("junk"))) == (401, "user_token_invalid")
    weak = make_server_key("feed", ["catalog:write"])[1]
    assert problem(get(bearer(weak), user_id="u1")) == (403, "scope_missing")
    Source.objects.update(enabled=False)
    forget_sources()
    assert problem(get(writeKey=write_key)) == (403, "source_disabled")


def test_every_faulty_parameter_is_named_at_once(write_key: str) -> None:
    response = get(writeKey=write_key, n="51", strategy="best", user="u1", anonymous_id="a", product_id="")
    assert problem(response) == (400, "invalid")
    faults = {(fault["field"], fault["reason"]) for fault in response.json()["errors"]}  # type: ignore[attr-defined]
    assert faults == {("n", "out_of_range"), ("strategy", "unknown"), ("user", "unknown"), ("product_id", "bad_length")}


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"strategy": "similar"}, ("product_id", "missing")),
        ({"strategy": "cart"}, ("cart", "missing")),
        ({"n": "0"}, ("n", "out_of_range")),
        ({"n": "²"}, ("n", "out_of_range")),
        ({"n": "9" * 5000}, ("n", "out_of_range")),
        ({"profile_id": "1"}, ("profile_id", "not_a_uuid")),
        ({"user_id": "a", "email": "b"}, ("email", "too_many")),
        ({"anonymous_id": "x" * 513}, ("anonymous_id", "too_long")),
        ({"cart": ",".join(map(str, range(201)))}, ("cart", "too_long")),
    ],
)
def test_each_bad_parameter_has_its_reason(server_key: str, query: dict[str, str], fault: tuple[str, str]) -> None:
    response = get(bearer(server_key), **query)
    assert [(f["field"], f["reason"]) for f in response.json()["errors"]] == [fault]  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", ["\x00", "\ud800", "'; DROP TABLE x", "<script>", "[object Object]", "𝕏" * 100])
def test_odd_ids_get_the_popular_list_and_never_an_error(write_key: str, value: str) -> None:
    encoded = urlencode(
        {"writeKey": write_key, "anonymous_id": value, "product_id": value, "cart": value}, errors="replace"
    )
    assert ids(Client().get(f"{PATH}?{encoded}&strategy=popular")) == ["lamp", "tray", "pot", "cup", "mug"]  # type: ignore[arg-type]


def test_browsers_may_ask_from_any_origin() -> None:
    preflight = Client().options(PATH, headers={"Origin": "https://shop.example"})
    assert preflight.status_code == 204
    assert "x-write-key" in preflight["Access-Control-Allow-Headers"]
    assert get()["Access-Control-Allow-Origin"] == "*"


def test_only_get_and_post_are_taken(write_key: str) -> None:
    response = Client().put(f"{PATH}?writeKey={write_key}")
    assert problem(response) == (405, "method_not_allowed")  # type: ignore[arg-type]
    assert response["Allow"] == "GET, POST, OPTIONS"


def test_an_empty_shop_answers_200_with_the_reason() -> None:
    response = get(writeKey=world.source().write_key, anonymous_id="a")
    assert ids(response) == []
    assert response.json()["note"].startswith("no products")  # type: ignore[attr-defined]


def test_a_body_of_unknown_names_is_not_answered_with_as_many_faults(db: None) -> None:
    body = json.dumps({f"x{n}": 0 for n in range(50_000)})
    response = Client().post("/v1/recommendations", body, content_type="application/json")
    assert response.status_code == 400
    assert len(response.content) < 20_000
