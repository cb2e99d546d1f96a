"""A row a comparison of what is stored of segments with what the lake answers."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("segments", "0005_fills_of_lists_and_exports_of_members"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("job_id", models.UUIDField(blank=True, null=True)),
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
                ("started_at", models.DateTimeField()),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, help_text="Empty: it runs, or was cancelled.", null=True),
                ),
                ("segments", models.PositiveIntegerField(default=0, help_text="Segments compared.")),
                (
                    "people",
                    models.BigIntegerField(
                        default=0, help_text="Profiles there were: each compared for every segment."
                    ),
                ),
                (
                    "wrong",
                    models.BigIntegerField(
                        default=0, help_text="Memberships and due answers that were not as the rule says."
                    ),
                ),
                (
                    "unsettled",
                    models.BigIntegerField(
                        default=0, help_text="Differences still on their way when it stopped waiting."
                    ),
                ),
                ("seconds", models.FloatField(default=0)),
                (
                    "details",
                    models.JSONField(
                        default=list, help_text="Of each segment: id, slug, counts, seconds, what went wrong."
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("unsettled__gte", 0), ("wrong__gte", 0)), name="segments_audit_counts"
                    )
                ],
                "indexes": [models.Index(fields=["-started_at"], name="segments_audit_newest")],
            },
        ),
    ]
