"""Emptying the test database after a test that commits.

Django's own flush truncates everything: the ledger refuses that, and rows shipped by migrations would be gone for the
tests that follow. So the ledger's triggers are taken off for the moment, and shipped rows stay: as they were before the
first such test, whatever a test changed of them.
"""

from typing import Any

from django.apps import apps
from django.db import connection, transaction

SHIPPED = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "consent_notice",
    "consent_purpose",
    "consent_purposerule",
    "consent_wording",
    "django_content_type",
    "django_migrations",
}
GUARDS = {table: (f"{table}_append_only", f"{table}_no_truncate") for table in ("consent_entry", "consent_seal")}
EDITED = ("consent_purpose", "consent_purposerule")
ROWS = "SELECT " + ", ".join(f"(SELECT jsonb_agg(each ORDER BY each.*)::text FROM {table} each)" for table in EDITED)

_shipped: list[tuple[Any, ...]] = []


def remember_shipped() -> None:
    """Keep what migrations wrote and staff may edit. Only the first call counts: before any test committed."""
    if not _shipped:
        _shipped.append(_rows())


def empty_tables() -> None:
    """Empty every table but those that migrations filled; put these back as they were shipped."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - SHIPPED
    names = ", ".join(f'"{table}"' for table in sorted(tables))
    with transaction.atomic(), connection.cursor() as cursor:
        for table, triggers in GUARDS.items():
            for trigger in triggers:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        cursor.execute(f"TRUNCATE {names} RESTART IDENTITY")
        for table, triggers in GUARDS.items():
            for trigger in triggers:
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
        if _shipped and _rows() != _shipped[0]:
            for table, rows in zip(EDITED, _shipped[0], strict=True):
                cursor.execute(f"DELETE FROM {table}")
                cursor.execute(f"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, %s)", [rows])


def _rows() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        return tuple(cursor.fetchone())
