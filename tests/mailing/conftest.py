"""What mailing's tests share: a real mail server, a sender, and a published template."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from mailing.services.sending import forget_connections
from tests.automation.sink import Sink, serve
from tests.mailing import world


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    """A mail server that this test's mails go to."""
    found = Sink()
    with serve(found) as port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield found
        forget_connections()


@pytest.fixture
def sender(settings: Settings, db: None) -> type[world.TestSender]:
    """The test's own sender, and a template for it."""
    settings.MAIL_SENDERS = {"test": "tests.mailing.world.TestSender"}
    world.TestSender.said, world.TestSender.ended = {}, []
    world.publish()
    return world.TestSender
