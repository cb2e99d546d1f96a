"""Every test starts with empty in-process caches and a model folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from cdp.access.queries import forget_callers
from events.queries import forget_sources
from recommendations.queries import forget_catalog, forget_model


@pytest.fixture(autouse=True)
def _fresh_caches(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.VAR_DIR = tmp_path

    forget_catalog()
    forget_model()
    forget_callers()
    forget_sources()
    yield
    forget_catalog()
    forget_model()
