"""Feeds with their schedule and runs; products know which feed told of them, and as of when their stock is."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("commerce", "0007_richer_products"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="product",
            name="stock_at",
            field=models.DateTimeField(
                blank=True, help_text="As of when its stock was last told; older words change nothing.", null=True
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="taken_away",
            field=models.TextField(
                blank=True,
                choices=[("out_of_stock", "Out of stock"), ("inactive", "Inactive")],
                db_default="",
                default="",
                help_text="What was done to it when its feed told of it no more; undone when it is told of again.",
            ),
        ),
        migrations.CreateModel(
            name="CatalogFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField(unique=True)),
                ("url", models.TextField(blank=True, default="", help_text="Empty: files are uploaded by staff only.")),
                (
                    "format",
                    models.TextField(
                        choices=[
                            ("auto", "Find out"),
                            ("csv", "CSV (comma, semicolon, tab or |)"),
                            ("json", "JSON or JSON lines"),
                            ("merchant", "Google Merchant XML (RSS or Atom)"),
                        ],
                        default="auto",
                    ),
                ),
                (
                    "mapping",
                    models.JSONField(blank=True, default=dict, help_text="{column of the file: what it becomes}"),
                ),
                (
                    "currency",
                    models.CharField(blank=True, default="", help_text="Of prices that tell none.", max_length=3),
                ),
                ("header_name", models.TextField(blank=True, default="")),
                (
                    "header_value",
                    models.TextField(blank=True, default="", help_text="Sent to the address, shown to nobody again."),
                ),
                ("every_minutes", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "at_time",
                    models.TimeField(blank=True, help_text="Once a day, in the company's time zone.", null=True),
                ),
                ("enabled", models.BooleanField(default=True)),
                (
                    "missing",
                    models.TextField(
                        choices=[
                            ("leave", "stay as they are"),
                            ("out_of_stock", "go out of stock"),
                            ("inactive", "are shown no more"),
                        ],
                        default="leave",
                    ),
                ),
                ("etag", models.TextField(blank=True, default="", help_text="Of the file that was last read whole.")),
                ("last_modified", models.TextField(blank=True, default="")),
                (
                    "digest",
                    models.TextField(blank=True, default="", help_text="SHA-256 of that file and of how it was read."),
                ),
                (
                    "failures",
                    models.PositiveIntegerField(default=0, help_text="Runs that failed since the last good one."),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
            ],
            options={
                "verbose_name": "feed",
            },
        ),
        migrations.AddField(
            model_name="product",
            name="feed",
            field=models.ForeignKey(
                blank=True,
                help_text="The pulled or uploaded feed that told of it last; none for the API and imports.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="products",
                to="commerce.catalogfeed",
            ),
        ),
        migrations.CreateModel(
            name="FeedRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Reading"),
                            ("done", "Done"),
                            ("unchanged", "Not changed"),
                            ("held", "Held: asks staff"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                    ),
                ),
                ("job_id", models.UUIDField(blank=True, null=True)),
                (
                    "path",
                    models.TextField(
                        blank=True, default="", help_text="The file while it is read, below VAR_DIR/feeds."
                    ),
                ),
                ("is_upload", models.BooleanField(default=False)),
                ("size", models.BigIntegerField(default=0, help_text="Bytes of the file.")),
                (
                    "status",
                    models.PositiveSmallIntegerField(blank=True, help_text="What the address answered.", null=True),
                ),
                ("etag", models.TextField(blank=True, default="")),
                ("last_modified", models.TextField(blank=True, default="")),
                ("digest", models.TextField(blank=True, default="")),
                ("place", models.BigIntegerField(default=0, help_text="Items of the file that are worked.")),
                ("created", models.BigIntegerField(default=0)),
                ("changed", models.BigIntegerField(default=0)),
                ("same", models.BigIntegerField(default=0)),
                (
                    "repeated",
                    models.BigIntegerField(default=0, help_text="Items of products that stood in the file before."),
                ),
                ("rejected", models.BigIntegerField(default=0)),
                (
                    "missing",
                    models.BigIntegerField(default=0, help_text="Products of this feed that the file no longer holds."),
                ),
                ("reasons", models.JSONField(default=dict, help_text="{reason: rejected items}")),
                (
                    "samples",
                    models.JSONField(
                        default=list, help_text="The first rejected: [{line, product_id, reason, detail}]"
                    ),
                ),
                (
                    "error",
                    models.TextField(blank=True, default="", help_text="Why it failed or is held, and how to mend it."),
                ),
                ("queued_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(blank=True, null=True)),
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
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="commerce.catalogfeed"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FeedSeen",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id", "product_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("product_id", models.TextField()),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="commerce.feedrun",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="catalogfeed",
            constraint=models.CheckConstraint(
                condition=models.Q(("every_minutes__isnull", True), ("at_time__isnull", True), _connector="OR"),
                name="commerce_feed_one_schedule",
            ),
        ),
        migrations.AddConstraint(
            model_name="catalogfeed",
            constraint=models.CheckConstraint(
                condition=models.Q(("every_minutes__isnull", True), ("every_minutes__gte", 5), _connector="OR"),
                name="commerce_feed_not_too_often",
            ),
        ),
        migrations.AddIndex(
            model_name="feedrun",
            index=models.Index(fields=["feed", "-queued_at"], name="commerce_feedrun_newest"),
        ),
        migrations.AddConstraint(
            model_name="feedrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=("feed",),
                name="commerce_feed_one_open_run",
            ),
        ),
    ]
