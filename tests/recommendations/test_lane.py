"""The fast lane of GET /v1/recommendations: what Django answers, without Django; refusals are Django's."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from recommendations.api.wsgi import recommendations_first
from tests.recommendations import world

pytestmark = pytest.mark.django_db
IDS = ("mug", "cup", "pot")


def passed_on(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Stands for Django behind the lane."""
    start_response("299 Passed on", [])
    return [b"django"]


def called(application: Any, method: str = "GET", path: str = "/v1/recommendations", **query: str) -> tuple[Any, ...]:
    """(status, headers by name, body)."""
    environ = RequestFactory().generic(method, f"{path}?{urlencode(query)}").environ
    environ["HTTP_X_REQUEST_ID"] = "request-of-a-test"
    found: list[Any] = []
    body = application(environ, lambda status, headers: found.extend((status, dict(headers))))
    return (*found, b"".join(body))


@pytest.fixture(autouse=True)
def _same_connection() -> Iterator[None]:
    """As Django's test client does: what a handler of our own closes would be the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def key() -> str:
    """A shop with a model, and its browser's key."""
    world.products(*IDS)
    world.go_live(world.small_model(IDS, [1, 2, 3], {("mug", "cup"): 0.5}))
    return world.source().write_key


def test_the_lane_answers_as_django_does(key: str) -> None:
    query = {"writeKey": key, "product_id": "mug", "n": "2"}
    quick = called(recommendations_first(passed_on), **query)
    django = called(WSGIHandler(), **query)
    assert quick[0] == django[0] == "200 OK"
    assert quick[2] == django[2]
    assert quick[1].pop("X-Recommendation-Id") != django[1].pop("X-Recommendation-Id")
    assert quick[1] == django[1]


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("POST", "/v1/recommendations", {}),
        ("HEAD", "/v1/recommendations", {}),
        ("GET", "/v1/recommendations/feedback", {}),
        ("GET", "/", {}),
        ("GET", "/v1/recommendations", {"n": "0"}),
    ],
)
def test_all_else_is_djangos(key: str, method: str, path: str, query: dict[str, str]) -> None:
    assert called(recommendations_first(passed_on), method, path, writeKey=key, **query)[2] == b"django"


def test_a_missing_key_is_djangos_to_refuse() -> None:
    assert called(recommendations_first(passed_on))[0] == "299 Passed on"


@pytest.mark.parametrize(
    "query",
    ["&".join(f"x{number}=1" for number in range(1_100)), "n=1&n=%FF%00&product_id=%00", "product_id=\u20ac"],
    ids=["more names than Django takes", "no text", "no bytes"],
)
def test_what_cannot_even_be_read_is_djangos_to_refuse(key: str, query: str) -> None:
    environ = RequestFactory().generic("GET", "/v1/recommendations").environ
    environ["QUERY_STRING"] = f"writeKey={key}&{query}"
    assert b"".join(recommendations_first(passed_on)(environ, lambda *_: None)) == b"django"
