"""The fast lane of POST /v1/decide: what Django answers, without Django; refusals are Django's."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from cdp.access.services import make_user_token, make_user_token_key
from decisions.api.wsgi import decide_first
from decisions.models import Decision
from tests.decisions.deciding_world import Shop, place, table
from tests.segments.world import World

pytestmark = pytest.mark.django_db
IDS = re.compile(rb'"decision_id":"[0-9a-f-]{36}"')
CART = {"currency": "EUR", "lines": [{"product_id": "mug", "quantity": 2, "price": "30.00"}]}
ASKED = {"placements": ["hero", "none"], "context": {"country": "DE"}, "cart": CART}


def passed_on(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Stands for Django behind the lane; answers the body it was handed."""
    start_response("299 Passed on", [])
    return [bytes(environ["wsgi.input"].read())]


def called(application: Any, body: bytes, method: str = "POST", path: str = "/v1/decide", **head: str) -> Any:
    """(status, headers by name, body)."""
    environ = RequestFactory().generic(method, path, body, "application/json", headers=head).environ
    environ["HTTP_X_REQUEST_ID"] = "request-of-a-test"
    found: list[Any] = []
    answered = application(environ, lambda status, headers: found.extend((status, dict(headers))))
    return (*found, b"".join(answered))


@pytest.fixture(autouse=True)
def _same_connection() -> Iterator[None]:
    """As Django's test client does: what a handler of our own closes would be the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def shop() -> Shop:
    world = World()
    world.segment({"did": "Product Viewed"}, slug="lookers")
    world.send(world.identify("ada", anonymous="ada-phone"), world.track("ada", "Product Viewed", product_id="mug"))
    looked = {"is": "member", "value": "lookers"}
    place("hero", table({"id": "looked", "show": 1, "segment": looked}, {"id": "all", "show": 2}))
    return Shop(world)


def test_the_lane_answers_as_django_does(shop: Shop) -> None:
    make_user_token_key("shop")
    token = make_user_token("shop", "ada", timedelta(hours=1))
    askers: list[tuple[dict[str, str], dict[str, str], str]] = [
        ({"Authorization": f"Bearer {shop.key}"}, {"user_id": "ada"}, "looked"),
        ({"X-User-Token": token}, {}, "looked"),
        ({"X-Write-Key": shop.write_key}, {"anonymous_id": "never-seen"}, "all"),
    ]
    for head, person, arm in askers:
        body = json.dumps({**ASKED, **person}).encode()
        quick, django = called(decide_first(passed_on), body, **head), called(WSGIHandler(), body, **head)
        assert quick[0] == django[0] == "200 OK"
        assert [one["arm"] for one in json.loads(quick[2])["decisions"]] == [arm, "fallback"]
        assert quick[2] != django[2]
        assert IDS.sub(b"", quick[2]) == IDS.sub(b"", django[2])
        assert quick[1] == django[1]
    assert Decision.objects.count() == 6


def test_a_repetition_is_the_same_on_either_way(shop: Shop) -> None:
    head = {"Authorization": f"Bearer {shop.key}", "Idempotency-Key": "once"}
    body = json.dumps(ASKED).encode()
    quick = called(decide_first(passed_on), body, **head)
    assert quick[0] == "200 OK"
    assert quick == called(WSGIHandler(), body, **head)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/decide", b""),
        ("POST", "/v1/exposures", b"{}"),
        ("POST", "/v1/decide", b'{"placements": []}'),
        ("POST", "/v1/decide", b"{"),
        ("POST", "/v1/decide?x=%FF", b"\xff"),
    ],
)
def test_all_else_is_djangos_with_the_same_body(shop: Shop, method: str, path: str, body: bytes) -> None:
    found = called(decide_first(passed_on), body, method, path, Authorization=f"Bearer {shop.key}")
    assert (found[0], found[2]) == ("299 Passed on", body)


def test_an_unknown_key_is_djangos_to_refuse(shop: Shop) -> None:
    body = json.dumps(ASKED).encode()
    assert called(decide_first(passed_on), body, **{"X-Write-Key": "made-up"})[2] == body
    assert Decision.objects.count() == 0
