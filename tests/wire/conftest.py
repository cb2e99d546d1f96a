"""Fixtures of the wire tests: a browser's page, a shop's server, and a key the shop's backend signs with."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from cdp.access import tokens
from cdp.access.services import make_user_token_key
from events.models import Source
from tests.events.conftest import work as work

Send = Callable[..., Any]
Token = Callable[..., str]


@pytest.fixture
def pages(db: None) -> Source:
    return Source.objects.create(name="shop pages", kind=Source.Kind.BROWSER)


@pytest.fixture
def backend(db: None) -> Source:
    return Source.objects.create(name="shop backend", kind=Source.Kind.SERVER)


@pytest.fixture
def send() -> Send:
    """`send(source, item, …, **head)` posts a batch and gives the answer's JSON."""

    def post(source: Source, *items: dict[str, Any], **head: Any) -> Any:
        answer = Client().post(
            "/v1/batch", json.dumps({"batch": items}), "text/plain", HTTP_X_WRITE_KEY=source.write_key, **head
        )
        assert answer.status_code == 200, answer.content
        return answer.json()

    return post


@pytest.fixture
def token(db: None) -> Token:
    """`token("ada", email=…, hours=1, now=…)`: a user token as the shop's backend signs it."""
    key = make_user_token_key("shop")

    def make(
        sub: str, *, hours: float = 1, now: datetime | None = None, secret: str = key.secret, **claims: str
    ) -> str:
        exp = (now or datetime.now(UTC)) + timedelta(hours=hours)
        return tokens.make(kid="shop", secret=secret, sub=sub, exp=int(exp.timestamp()), **claims)

    return make
