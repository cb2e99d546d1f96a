"""Fixtures of the journey's tests: a live journey, a mail sink, and a person with an abandoned cart."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from automation import services
from automation.models import Journey
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
    """The abandoned-cart journey, live, with nobody held out."""
    journey = services.ensure_default_journeys()
    journey.holdout_share = 0
    journey.save()
    services.sync_holdout(journey)
    services.activate(journey)
    journey.refresh_from_db()
    return journey
