"""Fixtures of the tests of plans: the shipped plan, a source, and a way to send through the real door."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from events.models import Source
from plans import services
from plans.contracts import Draft
from plans.models import EventType

Send = Callable[..., Any]


@pytest.fixture
def server(db: None) -> Source:
    return Source.objects.create(name="backend", kind=Source.Kind.SERVER)


@pytest.fixture
def shipped(db: None) -> int:
    """The default plan."""
    return services.ensure_default_plan()


@pytest.fixture
def booked(db: None) -> EventType:
    """An event of the shop's own: “Course Booked” with a course and a number of seats."""
    schema = {
        "type": "object",
        "properties": {"course": {"type": "string"}, "seats": {"type": "integer", "minimum": 1}},
        "required": ["course"],
    }
    return services.declare("track", "Course Booked", Draft(schema), by=None, owner="Academy")


@pytest.fixture
def send(server: Source, drain: Callable[..., int]) -> Send:
    """`send("Course Booked", {...}, {...})` sends one event a dict as the server source, and works the inbox."""

    def post(name: str, *properties: dict[str, Any], source: Source | None = None, **head: Any) -> Any:
        items = [
            {"type": "track", "event": name, "userId": f"u{n}", "properties": each, **head}
            for n, each in enumerate(properties)
        ]
        key = (source or server).write_key
        answer = Client().post(
            "/v1/batch", json.dumps({"batch": items}), content_type="text/plain", HTTP_X_WRITE_KEY=key
        )
        drain(only={"events.process"})
        return answer

    return post
