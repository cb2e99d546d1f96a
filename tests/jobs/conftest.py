"""The tests of jobs bring their own kinds."""

import pytest
from pytest_django import Settings

from tests.jobs import kinds


@pytest.fixture(autouse=True)
def _own_kinds(settings: Settings) -> None:
    settings.JOB_KINDS = "tests.jobs.kinds.KINDS"
    kinds.ran.clear()
