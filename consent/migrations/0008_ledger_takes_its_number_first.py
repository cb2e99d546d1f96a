"""A transaction that appends to the ledger has its number (xid) before its entries have ids.

Sealing waits until every transaction that may still add an entry below an id has ended; one that had drawn an id and no
number yet would not be seen. A statement's BEFORE trigger runs before its rows are given their defaults.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION consent_entry_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_current_xact_id();
    RETURN NULL;
END $$;
CREATE TRIGGER consent_entry_number BEFORE INSERT ON consent_entry
    FOR EACH STATEMENT EXECUTE FUNCTION consent_entry_number();
"""
BACKWARD = """
DROP TRIGGER consent_entry_number ON consent_entry;
DROP FUNCTION consent_entry_number();
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0007_seals_and_words_append_only")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
