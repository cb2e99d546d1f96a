"""Offers with versions, budgets, codes and redemptions, and price lists."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(help_text="What programs name.", unique=True)),
                ("name", models.TextField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("draft", "Draft"),
                            ("waiting", "waits for approval"),
                            ("live", "Live"),
                            ("paused", "Paused"),
                            ("ended", "Ended"),
                        ],
                        default="draft",
                    ),
                ),
                (
                    "draft",
                    models.JSONField(blank=True, default=dict, help_text="The terms in the editor: see offers/terms."),
                ),
                ("notes", models.TextField(blank=True, default="")),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(auto_now=True)),
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
                    "submitted_by",
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
                "permissions": [("approve_offer", "Can approve offers whose budget others may not spend alone")],
            },
        ),
        migrations.CreateModel(
            name="CodePool",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                (
                    "kind",
                    models.TextField(
                        choices=[("shared", "one code for all"), ("generated", "Generated"), ("uploaded", "Uploaded")]
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
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
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pools", to="offers.offer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Code",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.TextField(unique=True)),
                ("shown", models.TextField(help_text="As it is written in mails and on pages.")),
                ("uses", models.BigIntegerField(db_default=0, default=0)),
                (
                    "most_uses",
                    models.BigIntegerField(blank=True, help_text="Null: as often as the budget allows.", null=True),
                ),
                ("identifier_id", models.BigIntegerField(blank=True, db_index=True, null=True)),
                (
                    "given_for",
                    models.TextField(
                        blank=True, default="", help_text="What it was given for, once: a message, a decision."
                    ),
                ),
                ("given_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("is_void", models.BooleanField(db_default=False, default=False)),
                (
                    "offer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="codes",
                        to="offers.offer",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="codes",
                        to="offers.codepool",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OfferVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("terms", models.JSONField()),
                ("published_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="offers.offer",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="offer",
            name="version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="offers.offerversion",
            ),
        ),
        migrations.CreateModel(
            name="PersonUse",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "offer_id", "identifier_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("identifier_id", models.BigIntegerField(db_index=True)),
                ("used", models.IntegerField(default=0)),
                ("most", models.IntegerField(help_text="Null: no cap.", null=True)),
                ("last_at", models.DateTimeField(help_text="The cool-off counts from it.")),
                (
                    "offer",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="offers.offer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PriceList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(unique=True)),
                ("name", models.TextField()),
                (
                    "state",
                    models.TextField(
                        choices=[("draft", "Draft"), ("live", "Live"), ("archived", "Archived")], default="draft"
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("priority", models.SmallIntegerField(default=50)),
                (
                    "segment",
                    models.SlugField(
                        blank=True,
                        default="",
                        help_text="Members of this segment; empty with an empty group: everybody.",
                    ),
                ),
                (
                    "group",
                    models.TextField(
                        blank=True, default="", help_text="People whose trait `customer_group` has this value."
                    ),
                ),
                (
                    "percent_off",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Of the list price, where a product has no row.",
                        max_digits=5,
                        null=True,
                    ),
                ),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(auto_now=True)),
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
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product_id", models.TextField(db_index=True)),
                ("min_quantity", models.DecimalField(decimal_places=3, default=1, max_digits=12)),
                ("price", models.DecimalField(decimal_places=6, max_digits=18)),
                (
                    "price_list",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prices",
                        to="offers.pricelist",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Redemption",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("identifier_id", models.BigIntegerField(blank=True, db_index=True, null=True)),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("reserved", "Reserved"),
                            ("redeemed", "Redeemed"),
                            ("released", "Released"),
                            ("expired", "Expired"),
                        ],
                        default="reserved",
                    ),
                ),
                (
                    "key",
                    models.TextField(help_text="Of the caller: the same asked again is answered again.", unique=True),
                ),
                ("order_id", models.TextField(blank=True, db_index=True, default="")),
                (
                    "money",
                    models.DecimalField(
                        decimal_places=2, default=0, help_text="What it costs of the budget.", max_digits=14
                    ),
                ),
                ("currency", models.CharField(blank=True, default="", max_length=3)),
                ("decision_id", models.UUIDField(blank=True, help_text="Of the decision that showed it.", null=True)),
                ("reserved_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("redeemed_at", models.DateTimeField(blank=True, null=True)),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.TextField(blank=True, default="", help_text="Why it was released.")),
                (
                    "code",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="offers.code",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="offers.offer",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="offers.offerversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                (
                    "offer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="budget",
                        serialize=False,
                        to="offers.offer",
                    ),
                ),
                ("currency", models.CharField(blank=True, default="", max_length=3)),
                ("money_limit", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("money_used", models.DecimalField(db_default=0, decimal_places=2, default=0, max_digits=14)),
                ("count_limit", models.BigIntegerField(blank=True, null=True)),
                ("count_used", models.BigIntegerField(db_default=0, default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("money_limit__isnull", True), ("money_used__lte", models.F("money_limit")), _connector="OR"
                        ),
                        name="offers_budget_money",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("count_limit__isnull", True), ("count_used__lte", models.F("count_limit")), _connector="OR"
                        ),
                        name="offers_budget_count",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("count_used__gte", 0), ("money_used__gte", 0)),
                        name="offers_budget_not_below_0",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="code",
            index=models.Index(
                condition=models.Q(("identifier_id__isnull", True), ("is_void", False), ("uses", 0)),
                fields=["pool", "id"],
                name="offers_code_free",
            ),
        ),
        migrations.AddIndex(
            model_name="code",
            index=models.Index(fields=["pool", "-uses"], name="offers_code_of_pool"),
        ),
        migrations.AddConstraint(
            model_name="code",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("uses__gte", 0),
                    models.Q(("most_uses__isnull", True), ("uses__lte", models.F("most_uses")), _connector="OR"),
                ),
                name="offers_code_uses",
            ),
        ),
        migrations.AddConstraint(
            model_name="code",
            constraint=models.UniqueConstraint(
                condition=models.Q(("given_for", ""), _negated=True),
                fields=("offer", "given_for"),
                name="offers_code_given_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="offerversion",
            constraint=models.UniqueConstraint(fields=("offer", "number"), name="offers_version_number"),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["live", "paused"]), _negated=True),
                    ("version__isnull", False),
                    _connector="OR",
                ),
                name="offers_live_has_terms",
            ),
        ),
        migrations.AddConstraint(
            model_name="personuse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("used__gte", 0), models.Q(("most__isnull", True), ("used__lte", models.F("most")), _connector="OR")
                ),
                name="offers_cap_per_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="pricelist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at__isnull", True),
                    ("ends_at__isnull", True),
                    ("ends_at__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="offers_pricelist_dates",
            ),
        ),
        migrations.AddConstraint(
            model_name="pricelist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("percent_off__isnull", True),
                    models.Q(("percent_off__gte", 0), ("percent_off__lte", 100)),
                    _connector="OR",
                ),
                name="offers_pricelist_percent",
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.UniqueConstraint(
                fields=("price_list", "product_id", "min_quantity"), name="offers_price_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="price",
            constraint=models.CheckConstraint(
                condition=models.Q(("min_quantity__gt", 0), ("price__gte", 0)), name="offers_price_not_below_0"
            ),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(fields=["offer", "reserved_at"], name="offers_redemption_by_day"),
        ),
        migrations.AddIndex(
            model_name="redemption",
            index=models.Index(
                condition=models.Q(("state", "reserved")), fields=["expires_at"], name="offers_redemption_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "reserved"), _negated=True), ("expires_at__isnull", False), _connector="OR"
                ),
                name="offers_reserved_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "redeemed"), _negated=True), ("redeemed_at__isnull", False), _connector="OR"
                ),
                name="offers_redeemed_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="redemption",
            constraint=models.CheckConstraint(condition=models.Q(("money__gte", 0)), name="offers_redemption_money"),
        ),
    ]
