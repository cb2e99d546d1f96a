"""Every test of the lake has a folder of its own."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def lake_folder(settings: Settings, tmp_path: Path) -> Path:
    """Where this test's lake is."""
    settings.LAKE_URL = str(tmp_path / "lake")
    return tmp_path / "lake"
