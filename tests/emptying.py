"""Emptying the test database after a test that commits.

Django's own flush truncates everything: the ledger refuses that, and rows shipped by migrations would be gone for the
tests that follow. So the ledger's triggers are taken off for the moment, and shipped rows stay.
"""

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


def empty_tables() -> None:
    """Empty every table but those that migrations filled."""
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
