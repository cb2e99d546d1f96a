"""Identifiers and profiles carry the transaction that last changed what the lake shows of them.

The trigger's condition keeps updates of all else (a profile's counters at every event) in place and free of charge.
"""

from django.db import migrations, models

import lake.fields

TRIGGERS = """
CREATE TRIGGER profiles_identifier_changed BEFORE UPDATE ON profiles_identifier FOR EACH ROW
  WHEN (OLD.profile_id IS DISTINCT FROM NEW.profile_id OR OLD.is_shared IS DISTINCT FROM NEW.is_shared
    OR OLD.first_seen_at IS DISTINCT FROM NEW.first_seen_at OR OLD.kind IS DISTINCT FROM NEW.kind
    OR OLD.xid IS DISTINCT FROM NEW.xid)
  EXECUTE FUNCTION lake_stamp();
CREATE TRIGGER profiles_identifier_erased AFTER DELETE ON profiles_identifier REFERENCING OLD TABLE AS before
  FOR EACH STATEMENT EXECUTE FUNCTION lake_note_erased('identifiers');
CREATE TRIGGER profiles_profile_changed BEFORE UPDATE ON profiles_profile FOR EACH ROW
  WHEN (OLD.traits IS DISTINCT FROM NEW.traits OR OLD.is_shared IS DISTINCT FROM NEW.is_shared
    OR OLD.id IS DISTINCT FROM NEW.id OR OLD.xid IS DISTINCT FROM NEW.xid)
  EXECUTE FUNCTION lake_stamp();
CREATE TRIGGER profiles_profile_erased AFTER DELETE ON profiles_profile REFERENCING OLD TABLE AS before
  FOR EACH STATEMENT EXECUTE FUNCTION lake_note_erased_profiles('profiles');
"""
UNDO = """
DROP TRIGGER profiles_identifier_changed ON profiles_identifier;
DROP TRIGGER profiles_identifier_erased ON profiles_identifier;
DROP TRIGGER profiles_profile_changed ON profiles_profile;
DROP TRIGGER profiles_profile_erased ON profiles_profile;
"""
XID = lake.fields.XidField(db_default=lake.fields.CurrentXid(), editable=False)


class Migration(migrations.Migration):
    dependencies = [("profiles", "0003_exact_microseconds"), ("lake", "0001_erased_rows_and_tables")]

    operations = [
        migrations.AddField("identifier", "xid", XID),
        migrations.AddField("profile", "xid", XID),
        migrations.AddIndex("identifier", models.Index(fields=["xid"], name="profiles_identifier_lake")),
        migrations.AddIndex("profile", models.Index(fields=["xid"], name="profiles_profile_lake")),
        migrations.RunSQL(TRIGGERS, UNDO),
    ]
