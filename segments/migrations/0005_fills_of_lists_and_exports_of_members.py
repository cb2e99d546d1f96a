"""People put on lists at once, rows that named nobody, and files of members."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0004_lists_owners_and_computed_values"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ListFill",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "way",
                    models.TextField(
                        choices=[("upload", "from a file"), ("segment", "from a segment"), ("rule", "from a rule")]
                    ),
                ),
                ("name", models.TextField(help_text="The file's name, or where the people are from.")),
                (
                    "source",
                    models.JSONField(
                        default=dict, help_text="How the file is read; the segment and instant; the rule."
                    ),
                ),
                (
                    "path",
                    models.TextField(blank=True, default="", help_text="Below SEGMENT_FILES_DIR; empty once deleted."),
                ),
                ("preview", models.JSONField(default=dict, help_text="The file's first rows, until it is read.")),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("draft", "To be looked at"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("undone", "Taken back"),
                        ],
                        default="draft",
                    ),
                ),
                ("problem", models.TextField(blank=True, default="", help_text="Why it failed.")),
                ("job_id", models.UUIDField(blank=True, help_text="The job that does it.", null=True)),
                ("about", models.BigIntegerField(default=0, help_text="Rows or people, about.")),
                ("position", models.JSONField(default=dict, help_text="How far it has come.")),
                ("rows", models.BigIntegerField(default=0, help_text="Rows or people read.")),
                ("added", models.BigIntegerField(default=0, help_text="Put on the list by it.")),
                ("already", models.BigIntegerField(default=0, help_text="On the list before, or named twice.")),
                ("unmatched", models.BigIntegerField(default=0, help_text="Rows that name nobody we know.")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="fills", to="segments.segment"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ListReject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.BigIntegerField(help_text="Its place in the file; the header is row 1.")),
                ("code", models.TextField()),
                ("reason", models.TextField()),
                ("raw", models.TextField()),
                ("made_at", models.DateTimeField(db_index=True)),
                (
                    "fill",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rejects",
                        to="segments.listfill",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MemberExport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("columns", models.JSONField(default=list, help_text="In their order; profile_id is the first.")),
                ("purpose", models.TextField(help_text="Who does not allow it is left out.")),
                (
                    "path",
                    models.TextField(blank=True, default="", help_text="Below SEGMENT_FILES_DIR; empty once deleted."),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("running", "Being written"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("deleted", "Deleted"),
                        ],
                        default="running",
                    ),
                ),
                ("problem", models.TextField(blank=True, default="", help_text="Why it failed, or was deleted early.")),
                ("job_id", models.UUIDField(blank=True, null=True)),
                ("rows", models.BigIntegerField(default=0, help_text="People in the file.")),
                ("left_out", models.JSONField(default=dict, help_text="People left out, by the gate's reason.")),
                ("size", models.BigIntegerField(default=0, help_text="Bytes.")),
                ("downloads", models.PositiveIntegerField(default=0)),
                (
                    "key_id",
                    models.BigIntegerField(blank=True, help_text="The server key that asked for it.", null=True),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, help_text="When the file is deleted.", null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="exports", to="segments.segment"
                    ),
                ),
            ],
            options={
                "permissions": [("export_members", "Can export the members of segments as files")],
            },
        ),
        migrations.AddIndex(
            model_name="listfill",
            index=models.Index(fields=["segment", "-created_at"], name="segments_fill_newest"),
        ),
        migrations.AddConstraint(
            model_name="listfill",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "rows",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("added"), "+", models.F("already")
                            ),
                            "+",
                            models.F("unmatched"),
                        ),
                    )
                ),
                name="segments_fill_counts_every_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="listreject",
            constraint=models.UniqueConstraint(fields=("fill", "row"), name="segments_reject_once"),
        ),
        migrations.AddIndex(
            model_name="memberexport",
            index=models.Index(fields=["segment", "-created_at"], name="segments_export_newest"),
        ),
        migrations.AddConstraint(
            model_name="memberexport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("expires_at__isnull", False), ("state", "done"), models.Q(("path", ""), _negated=True)),
                    models.Q(("state", "done"), _negated=True),
                    _connector="OR",
                ),
                name="segments_export_that_is_done_expires",
            ),
        ),
    ]
