"""Fixtures of the laws: emptying every table of ours between two plays of one test."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import connection

KEPT = {"consent_purpose", "django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture
def flush_tables() -> Callable[[], None]:
    """Empties all tables but what migrations filled; triggers are off meanwhile, since the ledger refuses TRUNCATE."""

    def flush() -> None:
        tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - KEPT
        names = ", ".join(f'"{table}"' for table in sorted(tables))
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
            cursor.execute("SET session_replication_role = DEFAULT")

    return flush
