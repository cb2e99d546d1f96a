"""Fixtures of the events tests: sources, a door to send through, and a drain of the inbox alone."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from events import services
from events.models import Source

Send = Callable[..., Any]


@pytest.fixture
def browser(db: None) -> Source:
    return Source.objects.create(name="shop", kind=Source.Kind.BROWSER)


@pytest.fixture
def server(db: None) -> Source:
    return Source.objects.create(name="backend", kind=Source.Kind.SERVER)


@pytest.fixture
def send(server: Source) -> Send:
    """`send(body, path="/v1/batch")` posts as the server source; a dict or list of items is encoded first."""

    def post(body: Any, path: str = "/v1/batch", *, key: str | None = None, **head: Any) -> Any:
        if isinstance(body, list):
            body = {"batch": body}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        head.setdefault("HTTP_X_WRITE_KEY", server.write_key if key is None else key)
        return Client().post(path, raw, content_type="text/plain", **head)

    return post


@pytest.fixture
def work() -> Callable[[], int]:
    """Work the inbox until nothing is due; how many requests that were."""

    def work_all() -> int:
        total = 0
        while found := services.process_slice():
            total += found
        return total

    return work_all
