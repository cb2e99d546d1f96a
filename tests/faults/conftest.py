"""Where the fault tests make databases of their own."""

import os

import pytest


@pytest.fixture
def database_server() -> str:
    """URL of the PostgreSQL server the tests run on (any database of it)."""
    return os.environ["DATABASE_URL"]
