"""The journey and the mail sink of the automation tests, for decisions that must not act on them."""

from tests.automation.conftest import journey, sink

__all__ = ["journey", "sink"]
