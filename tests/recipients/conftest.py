"""Fixtures: a third party and a processor that really listen, on loopback."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.recipients.receiver import Receiver, serve


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings: Settings) -> None:
    settings.RECIPIENTS_ALLOW_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serve() as running:
        yield running
