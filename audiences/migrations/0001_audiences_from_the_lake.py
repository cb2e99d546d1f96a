"""Settings and runs of RFM, how fresh computed traits are, whose are stale, and proposed segments."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DiscoveryRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("people", models.BigIntegerField(help_text="Who did anything in the time looked at.")),
                ("sampled", models.BigIntegerField(help_text="Of how many it was learned.")),
                (
                    "left_out",
                    models.JSONField(default=dict, help_text="{the gate's reason: people of the sample left out}."),
                ),
                ("method", models.TextField(blank=True, default="")),
                ("clusters", models.PositiveSmallIntegerField(default=0)),
                ("silhouette", models.FloatField(help_text="From -1 to 1: how far apart the groups are.", null=True)),
                (
                    "tried",
                    models.JSONField(default=list, help_text="[[method, clusters, silhouette]]: what was compared."),
                ),
                ("job_id", models.UUIDField(null=True)),
            ],
            options={
                "get_latest_by": "at",
            },
        ),
        migrations.CreateModel(
            name="TraitRefresh",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField(help_text="The computed trait's name.", unique=True)),
                (
                    "refreshed_at",
                    models.DateTimeField(help_text="Null: never yet, or not since its definition changed.", null=True),
                ),
                ("definition", models.JSONField(default=dict, help_text="What it was computed by.")),
                ("people", models.BigIntegerField(default=0, help_text="Of how many it says something.")),
                ("is_watched", models.BooleanField(default=False, help_text="A live segment asks it.")),
                (
                    "problem",
                    models.TextField(blank=True, default="", help_text="Why it is computed of one person only."),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RfmRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("settings", models.JSONField()),
                (
                    "edges",
                    models.JSONField(help_text="{recency, orders, revenue: four edges}: newcomers are scored by them."),
                ),
                ("people", models.BigIntegerField()),
                (
                    "cells",
                    models.JSONField(help_text='{"r-fm": {people, revenue, orders, priced}}; revenue in the currency.'),
                ),
                (
                    "moves",
                    models.JSONField(
                        default=dict, help_text='{"from>to": people} between groups since the run before; "" = none.'
                    ),
                ),
                ("job_id", models.UUIDField(null=True)),
            ],
            options={
                "get_latest_by": "at",
                "indexes": [models.Index(fields=["-at"], name="audiences_rfm_latest")],
            },
        ),
        migrations.CreateModel(
            name="StaleProfile",
            fields=[
                ("profile_id", models.UUIDField(primary_key=True, serialize=False)),
                ("generation", models.BigIntegerField(db_default=1, default=1)),
                ("marked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [models.Index(fields=["marked_at"], name="audiences_stale_oldest")],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(help_text="By size, the largest is 1.")),
                ("title", models.TextField()),
                ("lines", models.JSONField(default=list, help_text="What sets them apart: [[words, lift]].")),
                ("people", models.BigIntegerField(help_text="Of the sample.")),
                ("share", models.FloatField(help_text="Of the sample, from 0 to 1.")),
                ("rule", models.JSONField()),
                (
                    "precision",
                    models.FloatField(help_text="Of those the rule takes in, the share that is in the group."),
                ),
                ("recall", models.FloatField(help_text="Of the group, the share that the rule takes in.")),
                (
                    "members",
                    models.BigIntegerField(help_text="Whom the rule takes in of everybody, when it was measured."),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[("open", "Open"), ("made", "a segment"), ("dismissed", "Dismissed")], default="open"
                    ),
                ),
                ("segment_slug", models.TextField(blank=True, default="")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="audiences.discoveryrun",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run", "number"), name="audiences_proposal_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "made", "dismissed"])),
                        name="audiences_proposal_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RfmSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("only_one", models.BooleanField(default=True, editable=False, unique=True)),
                ("chosen", models.JSONField(default=dict)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "updated_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "RFM settings",
                "verbose_name_plural": "RFM settings",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("only_one", True)), name="audiences_one_rfm_settings")
                ],
            },
        ),
    ]
