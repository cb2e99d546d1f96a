"""Fixtures of the people tests: events through the real entrance, and a client with a server key."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cdp.access.services import make_server_key
from events import services
from events.models import Source

Say = Callable[..., None]
Ask = Callable[..., Any]
PROFILES = "/v1/spaces/shop/collections/users/profiles/"


@pytest.fixture
def source(db: None) -> Source:
    return Source.objects.create(name="backend", kind=Source.Kind.SERVER)


@pytest.fixture
def say(source: Source) -> Say:
    """`say({…}, {…})` sends these events in one batch and works them."""

    def send(*items: dict[str, Any]) -> None:
        for item in items:
            item.setdefault("type", "track")
            if item["type"] == "track":
                item.setdefault("event", "Seen")
        answer = Client().post(
            "/v1/batch",
            json.dumps({"batch": list(items)}),
            content_type="application/json",
            HTTP_X_WRITE_KEY=source.write_key,
        )
        assert answer.status_code == 200, answer.content
        while services.process_slice():
            pass

    return send


@pytest.fixture
def server_key(db: None) -> str:
    return make_server_key("tests", ["profiles:read"])[1]


@pytest.fixture
def ask(server_key: str) -> Ask:
    """`ask("/v1/profiles/…", limit=3)`: the answer to a GET with a server key; `key=` another one, "" for none."""

    def get(path: str, *, key: str | None = None, head: dict[str, str] | None = None, **query: Any) -> Any:
        chosen = server_key if key is None else key
        headers = {**({"Authorization": f"Bearer {chosen}"} if chosen else {}), **(head or {})}
        return Client().get(path, query, headers=headers)

    return get
