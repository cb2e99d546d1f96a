"""Start-up documents of browser SDKs: this host, no destination, no vendor's statistics, refusals browsers can read."""

import base64

import pytest
from django.test import Client
from pytest_django import Settings

from events import queries
from events.models import Source

pytestmark = pytest.mark.django_db
ADDRESSES = ("/v1/projects/{}/settings", "/sourceConfig/?writeKey={}", "/sourceConfig?writeKey={}&v=3")


@pytest.fixture
def shop() -> Source:
    return Source.objects.create(name="shop pages", kind=Source.Kind.BROWSER)


def test_segments_settings_send_the_sdk_to_the_host_it_asked(shop: Source) -> None:
    answer = Client().get(f"/v1/projects/{shop.write_key}/settings", headers={"host": "localhost:8123"})
    assert answer.json() == {
        "integrations": {
            "Segment.io": {"apiKey": shop.write_key, "apiHost": "localhost:8123/v1", "protocol": "http"},
        },
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "metrics": {"sampleRate": 0},
        "enabledMiddleware": {},
        "remotePlugins": [],
    }


def test_behind_a_proxy_that_speaks_https_so_does_the_sdk(shop: Source, settings: Settings) -> None:
    settings.BASE_URL = "https://localhost"
    answer = Client().get(f"/v1/projects/{shop.write_key}/settings", headers={"host": "localhost"})
    assert answer.json()["integrations"]["Segment.io"]["protocol"] == "https"


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("place", ["query", "basic"])
def test_rudderstacks_configuration_is_found_by_either_place_of_the_key(slash: str, place: str, shop: Source) -> None:
    query = f"?writeKey={shop.write_key}&p=npm" if place == "query" else ""
    basic = base64.b64encode(f"{shop.write_key}:".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"} if place == "basic" else {}
    answer = Client().get(f"/sourceConfig{slash}{query}", headers=headers)
    off = {"enabled": False}
    assert answer.json() == {
        "source": {
            "id": str(shop.pk),
            "name": f"source {shop.pk}",
            "writeKey": shop.write_key,
            "enabled": True,
            "config": {"statsCollection": {"errors": off, "metrics": off}},
            "destinations": [],
        }
    }


@pytest.mark.parametrize("address", ADDRESSES)
def test_any_origin_may_read_it_and_keep_it_for_five_minutes(address: str, shop: Source) -> None:
    answer = Client().get(address.format(shop.write_key), headers={"Origin": "https://shop.example"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert Client().head(address.format(shop.write_key)).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_preflight_allows_the_key_in_the_head(address: str) -> None:
    answer = Client().options(address.format("wk_any"))
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "authorization" in answer["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(("address", "status"), list(zip(ADDRESSES, (404, 401, 401), strict=True)))
def test_an_unknown_key_is_a_problem_every_origin_can_read(address: str, status: int) -> None:
    answer = Client().get(address.format("wk_nobody"))
    assert (answer.status_code, answer.json()["code"]) == (status, "unknown_write_key")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "WWW-Authenticate" not in answer.headers  # else browsers ask the customer for a password


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_disabled_source_starts_nothing(address: str, shop: Source) -> None:
    Source.objects.update(enabled=False)
    queries.forget_sources()
    answer = Client().get(address.format(shop.write_key))
    assert (answer.status_code, answer.json()["code"]) == (403, "source_disabled")


def test_nothing_can_be_posted_there(shop: Source) -> None:
    answer = Client().post(f"/v1/projects/{shop.write_key}/settings")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, OPTIONS")


def test_without_any_key_the_configuration_says_what_to_send() -> None:
    answer = Client().get("/sourceConfig/")
    assert answer.status_code == 401
    assert "write key" in answer.json()["detail"]
