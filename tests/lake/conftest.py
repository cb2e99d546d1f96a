"""Where this test's lake is."""

from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture
def lake_folder() -> Path:
    """The folder of this test's lake; it need not exist yet."""
    return Path(settings.LAKE_URL)
