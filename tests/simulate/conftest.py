"""The demo's law holds: of whom nothing is known, the strictest."""

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _the_demos_law(settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
