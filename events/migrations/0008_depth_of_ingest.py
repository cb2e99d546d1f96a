"""Conflicting messages, mended rejects, trust by token, what became of a request; counters that must add up."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0007_call_it_quarantine"),
    ]

    operations = [
        migrations.CreateModel(
            name="MessageConflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source_id", models.BigIntegerField()),
                ("message_hash", models.BinaryField(max_length=16)),
                ("digest", models.BigIntegerField(help_text="Of what this one said.")),
                ("inbox_id", models.BigIntegerField(help_text="Where its bytes are.")),
                ("index", models.IntegerField()),
                ("noted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddField(
            model_name="rejectedevent",
            name="edited",
            field=models.BinaryField(help_text="The bytes as staff mended them; what is replayed.", null=True),
        ),
        migrations.AddField(
            model_name="rejectedevent",
            name="replayed_as_id",
            field=models.BigIntegerField(help_text="The inbox row it was sent again as.", null=True),
        ),
        migrations.AddField(
            model_name="rejectedevent",
            name="resolution",
            field=models.TextField(
                blank=True,
                choices=[("replayed", "Replayed"), ("dismissed", "Dismissed")],
                db_default="",
                default="",
                help_text="What became of it.",
            ),
        ),
        migrations.AddField(
            model_name="rejectedevent",
            name="resolved_by_id",
            field=models.BigIntegerField(help_text="Member of staff; None for a job or a command.", null=True),
        ),
        migrations.AddField(
            model_name="source",
            name="country",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Country (two letters, e.g. DE) of phone numbers that name none, where the event tells no country.",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="with_token",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                db_default=[],
                default=list,
                help_text="Identifier kinds believed only where a user token vouches for the very value; empty = the default (browser: email, phone). Add user_id once the shop hands out tokens: then nobody can claim to be another.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="sourceday",
            name="bots",
            field=models.BigIntegerField(db_default=0, default=0, help_text="Of the accepted: sent by a bot."),
        ),
        migrations.AddField(
            model_name="sourceday",
            name="conflicts",
            field=models.BigIntegerField(db_default=0, default=0, help_text="Of the duplicates: with another body."),
        ),
        migrations.AddField(
            model_name="sourceday",
            name="violations",
            field=models.BigIntegerField(db_default=0, default=0, help_text="Of the accepted: against the plan."),
        ),
        migrations.AddField(
            model_name="storedmessage",
            name="digest",
            field=models.BigIntegerField(
                help_text="Of what it said; None where it was stored before digests.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="rejectedevent",
            name="stage",
            field=models.TextField(help_text="parse, validate, plan, identity or poison."),
        ),
        migrations.AddIndex(
            model_name="event",
            index=django.contrib.postgres.indexes.BrinIndex(
                django.contrib.postgres.indexes.OpClass("inbox_id", name="int8_minmax_multi_ops"),
                name="events_event_inbox",
                pages_per_range=16,
            ),
        ),
        migrations.AddIndex(
            model_name="inbox",
            index=models.Index(fields=["source", "id"], name="events_inbox_source"),
        ),
        migrations.AddIndex(
            model_name="rejectedevent",
            index=models.Index(
                condition=models.Q(("resolved_at__isnull", True)), fields=["-id"], name="events_rejected_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourceday",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "received",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("accepted"), "+", models.F("duplicates")
                                ),
                                "+",
                                models.F("rejected"),
                            ),
                            "+",
                            models.F("refused"),
                        ),
                    )
                ),
                name="events_sourceday_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="messageconflict",
            constraint=models.UniqueConstraint(
                fields=("source_id", "message_hash", "digest"), name="events_conflict_once"
            ),
        ),
    ]
