"""The API by placement, by JSON body and for many people: who sees what, holdouts, filters, faults."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

import experiments.services
from cdp.access.services import make_server_key, make_user_token, make_user_token_key
from cdp.lib.clock import utc_now
from cdp.lib.hashing import keyed_hash
from commerce.models import Product
from consent.contracts import DENIED, PERSONALIZATION, NewEntry
from consent.services import record_entries
from experiments.contracts import NewExposure
from experiments.models import Exposure
from experiments.queries import unit_hash
from experiments.queries.units import unit_of
from profiles.models import Identifier
from recommendations.models import Placement
from recommendations.queries import forget_catalog
from recommendations.queries.answer_ids import read_id
from recommendations.queries.placements import forget_placements, placement
from recommendations.services.holdouts import sync
from tests.recommendations import world
from tests.recommendations.statements import statements

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
def server() -> dict[str, str]:
    """The head of a server's request."""
    return {"Authorization": f"Bearer {make_server_key('shop', ['recommendations:read'])[1]}"}


def place(key: str = "home", *strategies: str, **more: Any) -> None:
    """An active placement; for_you where no strategy is given."""
    weighted = [{"strategy": one, "weight": 1.0} for one in strategies or ("for_you",)]
    given = {"title": "Picked for you", "n": 3, "filters": {"owned": "any"}, **more}
    Placement.objects.create(key=key, name=key.title(), strategies=weighted, **given)
    forget_placements()
    spec = placement(key)
    assert spec is not None
    sync(spec)


def get(headers: dict[str, str] | None = None, **query: str) -> HttpResponse:
    return Client().get(f"{PATH}?{urlencode(query)}", headers=headers or {})  # type: ignore[return-value]


def post(body: object, headers: dict[str, str] | None = None, path: str = PATH, **query: str) -> HttpResponse:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Client().post(path, raw, content_type="application/json", query_params=query, headers=headers or {})  # type: ignore[return-value]


def batch(body: object, headers: dict[str, str]) -> HttpResponse:
    return post(body, headers, f"{PATH}/batch")


def said(response: HttpResponse, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.content
    return msgspec.json.decode(response.content)  # type: ignore[no-any-return]


def ids(response: HttpResponse) -> list[str]:
    return [item["product_id"] for item in said(response)["items"]]


def faults(response: HttpResponse) -> set[tuple[str, str]]:
    return {(one["field"], one["reason"]) for one in said(response, 400)["errors"]}


def nameless(response: HttpResponse) -> dict[str, Any]:
    """The answer without its id, which differs each time."""
    body = said(response)
    assert body.pop("recommendation_id") == response["X-Recommendation-Id"]
    return body


def test_a_placement_answers_by_its_own_strategies_and_number(write_key: str) -> None:
    place("home", "popular")
    response = get(writeKey=write_key, placement="home")
    body = said(response)
    assert (body["placement"], body["title"], body["variant"], body["strategy"]) == (
        "home", "Picked for you", None, "popular"
    )  # fmt: skip
    assert [item["product_id"] for item in body["items"]] == ["lamp", "tray", "pot"]
    found = read_id(body["recommendation_id"], utc_now())
    assert (found.placement, found.model_run, found.showed("lamp")) == ("home", body["model"], True)
    assert ids(get(writeKey=write_key, placement="home", n="1")) == ["lamp"]
    assert response["Cache-Control"] == "private, no-store"
    assert "Authorization" in response["Vary"]


def test_an_unknown_placement_is_named_and_only_a_server_is_told_which_there_are(
    write_key: str, server: dict[str, str]
) -> None:
    place("home")
    place("secret-sale")
    public, backend = get(writeKey=write_key, placement="hom"), get(server, placement="hom")
    assert said(public, 404)["code"] == said(backend, 404)["code"] == "unknown_placement"
    assert "secret-sale" not in public.content.decode()
    assert "home, secret-sale" in said(backend, 404)["detail"]
    Placement.objects.update(is_active=False)
    forget_placements()
    assert said(get(writeKey=write_key, placement="home"), 404)["code"] == "unknown_placement"


def test_a_body_asks_the_same_as_a_query_string(write_key: str) -> None:
    query = {"writeKey": write_key, "product_id": "mug", "cart": "lamp,tray", "n": "2", "strategy": "similar"}
    body = {**query, "cart": ["lamp", "tray"], "n": 2}
    assert nameless(post(body)) == said(get({}, **query))
    assert nameless(post({"product_id": "mug", "n": 2}, {"X-Write-Key": write_key})) == said(
        get(writeKey=write_key, product_id="mug", n="2")
    )


def test_search_results_are_put_in_order_and_none_is_lost(write_key: str) -> None:
    results = [*IDS, *(f"other-{n}" for n in range(900))]
    world.products(*(f"other-{n}" for n in range(60)))
    response = post({"writeKey": write_key, "results": ["lamp", "mug", "pot"], "n": 10})
    body = nameless(response)
    assert body["strategy"] == "search"
    assert sorted(item["product_id"] for item in body["items"][:3]) == ["lamp", "mug", "pot"]
    assert post({"writeKey": write_key, "results": results}).status_code == 200
    assert faults(post({"writeKey": write_key, "results": [str(n) for n in range(1001)]})) == {("results", "too_long")}


def test_filters_narrow_what_is_answered(write_key: str) -> None:
    Product.objects.filter(product_id__in=["mug", "cup"]).update(category="Kitchen", brand="Acme", price=20)
    Product.objects.filter(product_id="pot").update(category="Home, Garden", price=5)
    forget_catalog()
    body = {"writeKey": write_key, "strategy": "popular"}
    assert ids(post({**body, "filters": {"categories": ["Kitchen"]}})) == ["cup", "mug"]
    assert ids(post({**body, "filters": {"brands": ["acme"], "exclude": ["cup"]}})) == ["mug"]
    assert ids(post({**body, "filters": {"price_max": 5.5}})) == ["pot"]
    assert ids(get(writeKey=write_key, strategy="popular", price_min="15")) == ["cup", "mug"]
    several = urlencode([("writeKey", write_key), ("categories", "Home, Garden"), ("categories", "Kitchen")])
    assert ids(Client().get(f"{PATH}?{several}&strategy=popular")) == ["pot", "cup", "mug"]  # type: ignore[arg-type]


def test_a_price_is_told_in_the_currency_asked_for_and_costs_never(write_key: str, server: dict[str, str]) -> None:
    Product.objects.filter(product_id="lamp").update(
        prices={"USD": "11.90"}, cost=3, list_price=12, images=["https://s.example/2.jpg"], categories=["Home", "Light"]
    )
    forget_catalog()
    in_dollars = said(get(server, strategy="popular", currency="usd", n="1"))["items"][0]["product"]
    assert (in_dollars["price"], in_dollars["currency"], in_dollars["list_price"]) == ("11.9", "USD", None)
    own = said(get(server, strategy="popular", currency="CHF", n="1"))["items"][0]["product"]
    assert (own["price"], own["currency"], own["list_price"]) == ("9.5", "EUR", "12")
    assert (own["images"], own["categories"]) == (["https://s.example/2.jpg"], ["Home", "Light"])
    assert set(own) == {
        "name", "category", "categories", "brand", "group_id", "price", "list_price", "currency", "url", "image_url",
        "images", "in_stock",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"cart": "mug"}, ("cart", "not_a_list")),
        ({"cart": [["mug"]]}, ("cart", "not_a_list")),
        ({"n": 0}, ("n", "out_of_range")),
        ({"n": True}, ("n", "out_of_range")),
        ({"n": 2.5}, ("n", "out_of_range")),
        ({"strategy": ["popular"]}, ("strategy", "unknown")),
        ({"strategy": "search"}, ("results", "missing")),
        ({"strategy": "alike"}, ("product_id", "missing")),
        ({"strategy": "bought_together"}, ("product_id", "missing")),
        ({"strategy": "popular", "placement": "home"}, ("strategy", "not_with_placement")),
        ({"placement": 7}, ("placement", "too_long")),
        ({"product_id": ""}, ("product_id", "bad_length")),
        ({"anonymous_id": {"a": 1}}, ("anonymous_id", "not_text")),
        ({"currency": "EURO"}, ("currency", "too_long")),
        ({"currency": "E1R"}, ("currency", "not_a_currency")),
        ({"region": "DE", "country": "FR"}, ("country", "too_many")),
        ({"filters": []}, None),
        ({"filters": [1]}, ("filters", "not_an_object")),
        ({"filters": {"colour": "red"}}, ("filters.colour", "unknown")),
        ({"filters": {"brands": "Acme"}}, ("filters.brands", "not_a_list")),
        ({"filters": {"price_min": "cheap"}}, ("filters.price_min", "not_a_price")),
        ({"filters": {"price_min": -1}}, ("filters.price_min", "not_a_price")),
        ({"filters": {"price_min": 9, "price_max": 3}}, ("price_max", "below_price_min")),
        ({"color": "red"}, ("color", "unknown")),
    ],
)  # fmt: skip
def test_each_bad_field_has_its_reason(write_key: str, body: dict[str, Any], expected: tuple[str, str] | None) -> None:
    response = post(body, {"X-Write-Key": write_key})
    if expected is None:
        assert response.status_code == 200
    else:
        assert faults(response) == {expected}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_object_is_refused(write_key: str, body: bytes) -> None:
    assert said(post(body, {"X-Write-Key": write_key}), 400)["code"] in ("malformed_json", "invalid")


def test_preflight_allows_get_and_post() -> None:
    preflight = Client().options(PATH, headers={"Origin": "https://shop.example"})
    assert preflight["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert Client().head(PATH).status_code == 401


def attacker_linked_to_a_victim(*, victim_has_a_past: bool) -> None:
    """The attacker sent identify with the victim's user id from his own browser: one profile holds both."""
    victim = world.identifier("user_id", "victim")
    attacker = world.identifier("anonymous_id", "attacker", of=victim)
    world.view(attacker, "cup", at=utc_now() - timedelta(minutes=1))
    if victim_has_a_past:
        world.order(victim, "lamp", "mug", at=utc_now() - timedelta(days=2))
        world.view(victim, "mug", at=utc_now())


@pytest.mark.parametrize("strategies", [("for_you",), ("buy_again", "for_you"), ("recently_viewed", "session")])
@pytest.mark.parametrize("owned", ["exclude", "only", "any"])
def test_an_attacker_linked_to_a_victim_learns_nothing_by_placement_or_body(
    write_key: str, strategies: tuple[str, ...], owned: str
) -> None:
    place("home", *strategies, filters={"owned": owned})
    bodies = [
        {"writeKey": write_key, "anonymous_id": "attacker", "placement": "home", "product_id": "tray"},
        {"writeKey": write_key, "anonymous_id": "attacker", "results": list(IDS)},
    ]
    attacker_linked_to_a_victim(victim_has_a_past=False)
    without = [nameless(post(body)) for body in bodies]
    Identifier.objects.all().delete()
    attacker_linked_to_a_victim(victim_has_a_past=True)
    assert [nameless(post(body)) for body in bodies] == without


def test_the_past_that_is_hidden_is_one_that_shows_to_a_server(write_key: str, server: dict[str, str]) -> None:
    """Control of the test above."""
    place("home", "buy_again")
    attacker_linked_to_a_victim(victim_has_a_past=True)
    public = nameless(post({"writeKey": write_key, "anonymous_id": "attacker", "placement": "home"}))
    assert nameless(post({"anonymous_id": "attacker", "placement": "home"}, server))["items"] != public["items"]


def test_a_write_key_is_not_asked_for_many_and_a_body_names_no_person_with_it(write_key: str) -> None:
    refused = post({"writeKey": write_key, "people": [{"user_id": "u1"}]}, path=f"{PATH}/batch")
    assert said(refused, 403)["code"] == "server_key_missing"
    assert said(post({"writeKey": write_key, "user_id": "u1"}), 403)["code"] == "write_key_reads_no_profile"


def test_a_batch_answers_everybody_in_their_order(write_key: str, server: dict[str, str]) -> None:
    place("mail", "buy_again", "popular", mode="in_turn")
    jane, john = world.identifier("user_id", "jane"), world.identifier("email", "john@example.com")
    world.order(jane, "mug", at=utc_now() - timedelta(days=9))
    world.order(john, "cup", at=utc_now() - timedelta(days=9))
    people = [
        {"user_id": "jane"},
        {"email": " John@Example.com"},
        {"user_id": "never-seen"},
        {"profile_id": str(jane.minted_id)},
    ]
    found = said(batch({"placement": "mail", "people": people}, server))["results"]
    assert [one["person"] for one in found] == people
    assert [one["items"][0]["product_id"] for one in found] == ["mug", "cup", "lamp", "mug"]
    assert len({one["recommendation_id"] for one in found}) == 4
    single = nameless(post({"placement": "mail", "user_id": "jane"}, server))
    assert {name: found[0][name] for name in single} == single


def test_in_a_batch_whoever_refuses_gets_what_nobody_gets(write_key: str, server: dict[str, str]) -> None:
    place("mail", "for_you")
    jane = world.identifier("user_id", "jane")
    world.view(jane, "mug", at=utc_now())
    people = {"people": [{"user_id": "jane"}, {"user_id": "never-seen"}], "placement": "mail"}
    shown, nobody = said(batch(people, server))["results"]
    assert shown["items"] != nobody["items"]
    with transaction.atomic():
        record_entries([NewEntry(keyed_hash("test"), PERSONALIZATION, DENIED, "api", utc_now(), identifier_id=jane.pk)])
    refused, nobody = said(batch(people, server))["results"]
    own = {"person", "recommendation_id"}
    assert {name: refused[name] for name in refused.keys() - own} == {
        name: nobody[name] for name in nobody.keys() - own
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("people", "missing")}),
        ({"people": []}, {("people", "missing")}),
        ({"people": [{"user_id": str(n)} for n in range(501)]}, {("people", "too_many")}),
        ({"people": ["u1"]}, {("people[0]", "not_a_person")}),
        ({"people": [{}]}, {("people[0]", "not_a_person")}),
        ({"people": [{"user_id": "a"}, {"user_id": "a", "email": "b"}]}, {("people[1].email", "too_many")}),
        ({"people": [{"profile_id": "x"}]}, {("people[0].profile_id", "not_a_uuid")}),
        ({"people": [{"phone": "x"}], "n": 99}, {("people[0]", "not_a_person"), ("n", "out_of_range")}),
        ({"people": [{"user_id": "a"}], "user_id": "b"}, {("user_id", "not_in_a_batch")}),
    ],
)  # fmt: skip
def test_every_fault_of_a_batch_is_named(
    server: dict[str, str], body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert faults(batch(body, server)) == expected


def test_what_is_known_of_the_people_of_a_batch_is_read_for_all_at_once(write_key: str, server: dict[str, str]) -> None:
    place("mail", "for_you", holdout=0.5)
    for n in range(20):
        who = world.identifier("user_id", f"u{n}")
        world.view(who, "mug", at=utc_now() - timedelta(hours=2))
        world.order(who, "cup", at=utc_now() - timedelta(days=9))

    def sent(count: int) -> int:
        people = [{"user_id": f"u{n}"} for n in range(count)]
        said(batch({"placement": "mail", "people": people}, server))
        with statements() as found:
            said(batch({"placement": "mail", "people": people}, server))
        return len(found)

    assert 5 <= sent(2) == sent(20)


@pytest.mark.parametrize("strategies", [("for_you",), ("buy_again", "recently_viewed", "popular"), ("popular",)])
def test_each_of_a_batch_is_answered_as_alone(
    write_key: str, server: dict[str, str], strategies: tuple[str, ...]
) -> None:
    place("mail", *strategies, mode="in_turn", holdout=0.4, n=4)
    names = []
    for n in range(12):
        account = world.identifier("user_id", f"u{n}")
        browser = world.identifier("anonymous_id", f"a{n}", of=account)
        names.append({"user_id": f"u{n}"})
        for days, product in enumerate(("mug", "cup", "pot")[: n % 4]):
            world.view(browser, product, at=utc_now() - timedelta(days=days, minutes=n))
        if n % 3 == 0:
            world.order(account, "cup", "mug", at=utc_now() - timedelta(days=n + 1))
            world.order(browser, "cup", at=utc_now() - timedelta(days=n + 40))
        if n % 5 == 4:
            denied = NewEntry(keyed_hash("t"), PERSONALIZATION, DENIED, "api", utc_now(), identifier_id=browser.pk)
            with transaction.atomic():
                record_entries([denied])
        if n % 4 == 1:
            experiments.services.note_exposures(
                [NewExposure("placement-mail", unit_hash(unit_of("anonymous_id", f"a{n}")), "holdout", utc_now())]
            )
    together = said(batch({"placement": "mail", "people": [*names, {"user_id": "never-seen"}]}, server))["results"]
    for one in together:
        alone = nameless(post({"placement": "mail", **one["person"]}, server))
        assert {name: one[name] for name in alone} == alone
    assert {one["variant"] for one in together} == {"holdout", "treated", None}


def test_a_holdout_is_split_by_the_browser_and_holds_for_server_and_token_too(
    write_key: str, server: dict[str, str]
) -> None:
    place("home", "for_you", holdout=0.5)
    make_user_token_key("shop")
    sides = set()
    for n in range(12):
        browser = world.identifier("anonymous_id", f"a{n}")
        world.identifier("user_id", f"u{n}", of=browser)
        public = said(get(writeKey=write_key, anonymous_id=f"a{n}", placement="home"))
        token = {"X-User-Token": make_user_token("shop", f"u{n}", timedelta(hours=1))}
        answers = [
            public, said(get(server, user_id=f"u{n}", placement="home")), said(get(token, placement="home")),
            said(batch({"placement": "home", "people": [{"user_id": f"u{n}"}]}, server))["results"][0],
        ]  # fmt: skip
        assert {one["variant"] for one in answers} == {public["variant"]}
        found = read_id(public["recommendation_id"], utc_now())
        assert (found.variant, len(found.unit)) == (public["variant"], 16)
        sides.add(public["variant"])
    assert sides == {"treated", "holdout"}
    assert not Exposure.objects.exists()


def test_a_holdout_of_nothing_shows_nothing_and_can_be_told_of(write_key: str) -> None:
    place("home", "popular", holdout=1.0, holdout_shows="nothing")
    body = said(get(writeKey=write_key, anonymous_id="a1", placement="home"))
    assert (body["items"], body["variant"]) == ([], "holdout")
    told = {"recommendation_id": body["recommendation_id"], "events": [{"kind": "impression", "product_ids": []}]}
    assert said(post(told, path=f"{PATH}/feedback", writeKey=write_key), 202)["taken"] == 1
    assert Exposure.objects.count() == 1


def test_whoever_refuses_is_on_no_side_of_a_holdout(write_key: str, server: dict[str, str]) -> None:
    place("home", "popular", holdout=0.5)
    for n in range(8):
        who = world.identifier("user_id", f"u{n}")
        with transaction.atomic():
            entry = NewEntry(keyed_hash("t", str(n)), PERSONALIZATION, DENIED, "api", utc_now(), identifier_id=who.pk)
            record_entries([entry])
    nobody = nameless(get(server, placement="home"))
    assert [nameless(get(server, user_id=f"u{n}", placement="home")) for n in range(8)] == [nobody] * 8
