"""Rows that are gone, the state of each table, and the functions that the triggers of projected tables call."""

import django.db.models.functions.datetime
from django.db import migrations, models

import lake.fields

FUNCTIONS = """
CREATE FUNCTION lake_us(at timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT (extract(epoch FROM at) * 1000000)::bigint $$;

CREATE FUNCTION lake_hi(id uuid) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT ('x' || left(encode(uuid_send(id), 'hex'), 16))::bit(64)::bigint $$;

CREATE FUNCTION lake_lo(id uuid) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT ('x' || right(encode(uuid_send(id), 'hex'), 16))::bit(64)::bigint $$;

CREATE FUNCTION lake_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.xid := pg_current_xact_id();
  RETURN NEW;
END $$;

CREATE FUNCTION lake_note_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO lake_erasedrow (projection, key) SELECT TG_ARGV[0], id FROM before;
  RETURN NULL;
END $$;

CREATE FUNCTION lake_note_erased_profiles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO lake_erasedrow (projection, key, key_lo) SELECT TG_ARGV[0], lake_hi(id), lake_lo(id) FROM before;
  RETURN NULL;
END $$;
"""
UNDO = """
DROP FUNCTION lake_note_erased_profiles();
DROP FUNCTION lake_note_erased();
DROP FUNCTION lake_stamp();
DROP FUNCTION lake_lo(uuid);
DROP FUNCTION lake_hi(uuid);
DROP FUNCTION lake_us(timestamptz);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ErasedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("projection", models.TextField()),
                ("key", models.BigIntegerField(help_text="The row's id; of a profile the upper half of its UUID.")),
                ("key_lo", models.BigIntegerField(help_text="Of a profile the lower half of its UUID.", null=True)),
                ("xid", lake.fields.XidField(db_default=lake.fields.CurrentXid(), editable=False)),
                ("erased_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"indexes": [models.Index(fields=["projection", "xid"], name="lake_erasedrow_since")]},
        ),
        migrations.CreateModel(
            name="LakeTable",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("generation", models.TextField(blank=True, db_default="", default="")),
                ("building", models.TextField(blank=True, db_default="", default="")),
                (
                    "built_rows",
                    models.BigIntegerField(
                        db_default=0, default=0, help_text="Rows the rebuild under way has written."
                    ),
                ),
                (
                    "built_of",
                    models.BigIntegerField(db_default=0, default=0, help_text="Rows it will write, about."),
                ),
                ("rebuilt_at", models.DateTimeField(null=True)),
                ("flushed_at", models.DateTimeField(null=True)),
                (
                    "flushed_rows",
                    models.BigIntegerField(db_default=0, default=0, help_text="Rows the last flush wrote."),
                ),
                ("compacted_at", models.DateTimeField(null=True)),
                ("verified_at", models.DateTimeField(null=True)),
                (
                    "verdict",
                    models.TextField(blank=True, db_default="", default="", help_text="What verify last found."),
                ),
                (
                    "problem",
                    models.TextField(blank=True, db_default="", default="", help_text="Why it cannot be projected."),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="lake_laketable_names_a_projection"
                    )
                ]
            },
        ),
        migrations.RunSQL(FUNCTIONS, UNDO),
    ]
