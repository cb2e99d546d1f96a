"""Static lists, who answers for a segment, and what is computed of people, with its place in the lake."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import lake.fields

TRIGGERS = """
CREATE TRIGGER segments_computedvalues_changed BEFORE UPDATE ON segments_computedvalues FOR EACH ROW
  WHEN (OLD."values" IS DISTINCT FROM NEW."values" OR OLD.id IS DISTINCT FROM NEW.id
    OR OLD.xid IS DISTINCT FROM NEW.xid)
  EXECUTE FUNCTION lake_stamp();
CREATE TRIGGER segments_computedvalues_erased AFTER DELETE ON segments_computedvalues REFERENCING OLD TABLE AS before
  FOR EACH STATEMENT EXECUTE FUNCTION lake_note_erased_profiles('computed');
"""
UNDO = """
DROP TRIGGER segments_computedvalues_changed ON segments_computedvalues;
DROP TRIGGER segments_computedvalues_erased ON segments_computedvalues;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0003_purpose_of_segments"),
        ("lake", "0001_erased_rows_and_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "segment",
            "kind",
            models.TextField(
                choices=[("rule", "by a rule"), ("static", "a list")],
                db_default="rule",
                default="rule",
                editable=False,
            ),
        ),
        migrations.AddField(
            "segment",
            "owner",
            models.ForeignKey(
                blank=True,
                help_text="Who answers for it.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            "segment",
            models.CheckConstraint(condition=models.Q(kind__in=["rule", "static"]), name="segments_kind_known"),
        ),
        migrations.CreateModel(
            name="Listed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier_id", models.BigIntegerField(db_index=True)),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "origin",
                    models.TextField(blank=True, default="", help_text="What put it there, e.g. upload:<job id>."),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="listed",
                        to="segments.segment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["segment", "identifier_id"], name="segments_listed_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ComputedValues",
            fields=[
                ("profile_id", models.UUIDField(db_column="id", primary_key=True, serialize=False)),
                (
                    "values",
                    models.JSONField(default=dict, help_text="{name: number, text, truth or ISO instant}."),
                ),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("xid", lake.fields.XidField(db_default=lake.fields.CurrentXid(), editable=False)),
            ],
            options={"indexes": [models.Index(fields=["xid"], name="segments_computed_lake")]},
        ),
        migrations.RunSQL(TRIGGERS, UNDO),
    ]
