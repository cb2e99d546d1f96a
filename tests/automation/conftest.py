"""Fixtures of the journey's tests: a live journey, a mail sink, and a person with an abandoned cart."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from automation.models import Journey
from tests.automation import world
from tests.automation.sink import Sink, serve


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    """A running SMTP server that the service hands its mails to."""
    found = Sink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = "", False, 60
    with serve(found) as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield found


@pytest.fixture
def journey(db: None) -> Journey:
    """The abandoned-cart journey with its first mail alone, live, with nobody held out."""
    return world.live_journey()
