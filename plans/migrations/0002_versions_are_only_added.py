"""A version is what events were checked against: it may be added and made current or not, never rewritten or deleted."""

from django.db import migrations

GUARD = """
CREATE FUNCTION plans_version_is_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.event_type_id, OLD.number, OLD.schema, OLD.personal, OLD.changelog)
      IS DISTINCT FROM (NEW.event_type_id, NEW.number, NEW.schema, NEW.personal, NEW.changelog) THEN
    RAISE EXCEPTION 'a version of the tracking plan is only added: publish a new one'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'plans_version_only_added';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER plans_version_only_added BEFORE UPDATE OR DELETE ON plans_eventtypeversion
FOR EACH ROW EXECUTE FUNCTION plans_version_is_only_added();
"""
UNGUARD = """
DROP TRIGGER plans_version_only_added ON plans_eventtypeversion;
DROP FUNCTION plans_version_is_only_added();
"""


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNGUARD)]
