"""Fixtures of the privacy tests: a mail sink, and a folder of exports of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.automation.sink import Sink, serve


@pytest.fixture(autouse=True)
def exports(settings: Settings, tmp_path: Path) -> Path:
    """Where exports are written."""
    settings.EXPORTS_DIR = tmp_path / "exports"
    return tmp_path / "exports"


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    """A running SMTP server that the service hands its mails to."""
    found = Sink()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = "", False, 5
    with serve(found) as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield found
