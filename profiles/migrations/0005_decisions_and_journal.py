"""Rules in versions, separations by staff, and the journal of merges and splits."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0004_people_in_the_lake"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Separation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lift_reason", models.TextField(blank=True, db_default="", default="")),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IdentityChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("kind", models.TextField(choices=[("merged", "Merged"), ("split", "Split")])),
                (
                    "cause",
                    models.TextField(
                        choices=[
                            ("events", "events"),
                            ("rules", "changed identity rules"),
                            ("separation", "a separation by staff"),
                            ("lifted", "a separation lifted by staff"),
                            ("repair", "a recomputation"),
                        ],
                        default="events",
                    ),
                ),
                (
                    "rules_number",
                    models.PositiveIntegerField(
                        help_text="The identity rules it happened under; 0 = the shipped ones."
                    ),
                ),
                (
                    "profile_id",
                    models.UUIDField(
                        db_index=True, help_text="Merged: the one that stayed; split: the one that parted."
                    ),
                ),
                (
                    "others",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        help_text="Merged: those that went; split: where its identifiers are now.",
                        size=None,
                    ),
                ),
                (
                    "separation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="profiles.separation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IdentityMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_profile", models.UUIDField(db_index=True)),
                ("to_profile", models.UUIDField(db_index=True)),
                ("at", models.DateTimeField()),
                (
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="moves", to="profiles.identitychange"
                    ),
                ),
                (
                    "identifier",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="profiles.identifier",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["identifier", "at"], name="profiles_move_identifier")],
            },
        ),
        migrations.CreateModel(
            name="RuleSet",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("rules", models.JSONField(help_text="profiles.identity.IdentityRules as JSON, without its number.")),
                ("reason", models.TextField(help_text="Why they were changed.")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("is_current", models.BooleanField(db_default=False, default=False)),
                (
                    "applied_at",
                    models.DateTimeField(help_text="When everybody had been recomputed under them.", null=True),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("is_current",),
                        name="profiles_one_current_ruleset",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SeparatedIdentifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("side", models.SmallIntegerField()),
                (
                    "identifier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="profiles.identifier"
                    ),
                ),
                (
                    "separation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identifiers",
                        to="profiles.separation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("separation", "identifier"), name="profiles_separated_once"),
                    models.CheckConstraint(
                        condition=models.Q(("side__in", (1, 2))), name="profiles_separated_one_of_two_sides"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="identitychange",
            index=models.Index(fields=["-at"], name="profiles_change_at"),
        ),
    ]
