"""Every test starts with a model folder of its own."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _models_lie_apart(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
