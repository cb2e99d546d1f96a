"""Seals and wordings are append-only as the ledger is, by trigger; and by privilege none of the three may be changed by
the role the product works as (a superuser has no privileges to lose: there the triggers refuse)."""

from django.db import migrations

TABLES = ("consent_seal", "consent_wording")
LEDGER = ("consent_entry", *TABLES)
FORWARD = "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION consent_entry_refuse();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION consent_entry_refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
"""
    for table in TABLES
) + "".join(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC, CURRENT_USER;\n" for table in LEDGER)
BACKWARD = "".join(
    f"DROP TRIGGER {table}_no_truncate ON {table};\nDROP TRIGGER {table}_append_only ON {table};\n" for table in TABLES
) + "".join(f"GRANT UPDATE, DELETE, TRUNCATE ON {table} TO CURRENT_USER;\n" for table in LEDGER)


class Migration(migrations.Migration):
    dependencies = [("consent", "0006_shipped_purposes_by_regime")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
