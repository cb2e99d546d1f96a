"""The database refuses to change, delete or truncate the ledger, whoever asks; there is no setting to get around it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION consent_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the consent ledger is append-only: % refused; write a new entry instead', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER consent_entry_append_only BEFORE UPDATE OR DELETE ON consent_entry
    FOR EACH ROW EXECUTE FUNCTION consent_entry_refuse();
CREATE TRIGGER consent_entry_no_truncate BEFORE TRUNCATE ON consent_entry
    FOR EACH STATEMENT EXECUTE FUNCTION consent_entry_refuse();
ALTER TABLE consent_entry ENABLE ALWAYS TRIGGER consent_entry_append_only;
ALTER TABLE consent_entry ENABLE ALWAYS TRIGGER consent_entry_no_truncate;
"""
BACKWARD = """
DROP TRIGGER consent_entry_no_truncate ON consent_entry;
DROP TRIGGER consent_entry_append_only ON consent_entry;
DROP FUNCTION consent_entry_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
