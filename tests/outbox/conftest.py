"""The outbox's tests bring their own consumers."""

import pytest
from pytest_django import Settings

from tests.outbox import consumers


@pytest.fixture(autouse=True)
def _own_consumers(settings: Settings) -> None:
    settings.OUTBOX_CONSUMERS = "tests.outbox.consumers.CONSUMERS"
    settings.OUTBOX_PUBLIC_TOPICS = "tests.outbox.consumers.PUBLIC_TOPICS"
    consumers.handed.clear()
    consumers.poison.clear()
    consumers.due[0] = consumers.late[0] = 0
