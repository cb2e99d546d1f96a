"""Purposes by regime, words and notices, proofs, seals, mail preferences, refusals, and what an entry says besides."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0004_withdrawals_of_separations"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailPreference",
            fields=[
                ("address_hash", models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ("paused_until", models.DateTimeField(null=True)),
                (
                    "frequency",
                    models.TextField(
                        choices=[
                            ("all", "As it comes"),
                            ("weekly", "At most once a week"),
                            ("monthly", "At most once a month"),
                        ],
                        default="all",
                    ),
                ),
                ("locale", models.TextField(blank=True, default="")),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("version", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("url", models.TextField(blank=True, default="", help_text="Where people read it.")),
                (
                    "summary",
                    models.JSONField(blank=True, default=dict, help_text="{locale: what changed, in a sentence}"),
                ),
                ("ask_again", models.BooleanField(default=True)),
                ("published_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("published_by_id", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Place",
            fields=[
                ("identifier_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("time_zone", models.TextField()),
                ("said_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("last_entry_id", models.BigIntegerField(unique=True)),
                ("entries", models.IntegerField()),
                ("previous", models.BinaryField(max_length=32)),
                ("digest", models.BinaryField(max_length=32)),
                ("sealed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="SealMark",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "last_entry_id",
                    models.BigIntegerField(help_text="Nobody gets an id up to this one any more after that."),
                ),
                ("until_xid", models.BigIntegerField()),
                ("marked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddField(
            model_name="entry",
            name="actor",
            field=models.TextField(
                blank=True, db_default="", default="", help_text="person, source:<id>, staff:<id> or system."
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="channel",
            field=models.TextField(blank=True, db_default="", default="", help_text="email, sms, or nothing."),
        ),
        migrations.AddField(
            model_name="entry",
            name="ip",
            field=models.TextField(
                blank=True, db_default="", default="", help_text="Truncated: /24 of IPv4, /48 of IPv6."
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="notice_version",
            field=models.PositiveIntegerField(help_text="The privacy notice it was given under.", null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="proof_id",
            field=models.BigIntegerField(help_text="A deletable Proof.", null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="reason",
            field=models.TextField(blank=True, db_default="", default="", help_text="Why staff wrote it."),
        ),
        migrations.AddField(
            model_name="entry",
            name="wording_id",
            field=models.BigIntegerField(help_text="The words it was an answer to.", null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="wording_sha256",
            field=models.BinaryField(help_text="Of these words.", max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="purpose",
            name="categories",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                db_default=[],
                default=list,
                help_text="Names and ids of consent managers that mean this purpose, e.g. C0002 or Performance.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="channel",
            field=models.TextField(
                blank=True,
                choices=[
                    ("", "None: stated for a browser or an account"),
                    ("email", "E-mail: stated for an address"),
                    ("sms", "SMS: stated for a phone number"),
                ],
                db_default="",
                default="",
                help_text="Whether it is stated for an address or number.",
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="denied_event",
            field=models.TextField(
                choices=[
                    ("store", "Store it; ask at each use"),
                    ("anonymous", "Store it without identifiers"),
                    ("refuse", "Do not store it"),
                ],
                db_default="store",
                default="store",
                help_text="What becomes of an event that itself says this purpose is denied.",
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="double_opt_in",
            field=models.TextField(
                choices=[
                    ("never", "Never"),
                    ("unverified", "When said where nobody proves that the address is theirs"),
                    ("always", "Always"),
                ],
                db_default="never",
                default="never",
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                help_text="Allowed only where this one is, too: a topic of e-mail marketing, for instance.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="children",
                to="consent.purpose",
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="position",
            field=models.SmallIntegerField(
                db_default=100, default=100, help_text="Its place in lists, smallest first."
            ),
        ),
        migrations.AddField(
            model_name="purpose",
            name="shown",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Whether people meet it in the banner and the preference center.",
            ),
        ),
        migrations.AddField(
            model_name="suppression",
            name="note",
            field=models.TextField(
                blank=True, db_default="", default="", help_text="Why, in staff's words or an import's."
            ),
        ),
        migrations.AddField(
            model_name="suppression",
            name="origin",
            field=models.TextField(
                blank=True, db_default="", default="", help_text="event, page, import, staff, erasure…"
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="method",
            field=models.TextField(
                help_text="How it was said: event, context, gpc, tcf, api, one_click, page, import, staff, complaint, bounce."
            ),
        ),
        migrations.AlterField(
            model_name="suppression",
            name="scope",
            field=models.TextField(default="marketing", help_text="marketing, all (also transactional), or sms."),
        ),
        migrations.CreateModel(
            name="Proof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.TextField(help_text="form, tcf, event, api, import, staff, mail.")),
                ("content", models.JSONField(default=dict)),
                ("address_hash", models.BinaryField(max_length=16, null=True)),
                ("identifier_id", models.BigIntegerField(null=True)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [
                    models.Index(fields=["address_hash"], name="consent_proof_address"),
                    models.Index(fields=["identifier_id"], name="consent_proof_identifier"),
                    models.Index(fields=["made_at"], name="consent_proof_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Refusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier_id", models.BigIntegerField(null=True)),
                ("address_hash", models.BinaryField(max_length=16, null=True)),
                (
                    "use",
                    models.TextField(help_text="recommendation, send, segment, training, sharing, export, ingest."),
                ),
                ("purpose_id", models.TextField()),
                ("reason", models.TextField(help_text="The decision's code.")),
                ("entry_id", models.BigIntegerField(help_text="The latest ledger entry that said so.", null=True)),
                ("times", models.BigIntegerField(db_default=1, default=1)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["address_hash"], name="consent_refusal_address"),
                    models.Index(fields=["last_at"], name="consent_refusal_age"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("address_hash__isnull", True), ("identifier_id__isnull", True), _connector="XOR"
                        ),
                        name="consent_refusal_one_subject",
                    ),
                    models.UniqueConstraint(
                        fields=("identifier_id", "address_hash", "use", "purpose_id", "reason"),
                        name="consent_refusal_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PurposeRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "regime",
                    models.TextField(
                        choices=[
                            ("gdpr", "GDPR and ePrivacy"),
                            ("ccpa", "CCPA/CPRA and state privacy laws"),
                            ("can_spam", "CAN-SPAM"),
                            ("other", "Elsewhere"),
                        ]
                    ),
                ),
                (
                    "legal_basis",
                    models.TextField(
                        choices=[
                            ("consent", "Consent"),
                            ("legitimate_interest", "Legitimate Interest"),
                            ("contract", "Contract"),
                        ]
                    ),
                ),
                ("allowed_by_default", models.BooleanField(default=False)),
                ("gpc_denies", models.BooleanField(default=False, help_text="Whether Sec-GPC: 1 counts as a denial.")),
                (
                    "expires_after_days",
                    models.PositiveIntegerField(
                        blank=True, help_text="A yes older than this has expired. Empty: never.", null=True
                    ),
                ),
                (
                    "purpose",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="consent.purpose"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("purpose", "regime"), name="consent_purpose_rule_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Wording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("locale", models.TextField(help_text="A language tag, e.g. en or de.")),
                ("title", models.TextField()),
                ("text", models.TextField()),
                ("sha256", models.BinaryField(help_text="Of title, a line feed, and text, in UTF-8.", max_length=32)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("made_by_id", models.BigIntegerField(null=True)),
                (
                    "purpose",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="wordings", to="consent.purpose"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("purpose", "version", "locale"), name="consent_wording_once")
                ],
            },
        ),
    ]
