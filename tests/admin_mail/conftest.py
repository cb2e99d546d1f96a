"""What is shared with mailing's own tests: a mail server, a sender, a published template."""

from tests.mailing.conftest import sender, sink

__all__ = ["sender", "sink"]
