"""Products know whether a feed or a server told of them; stamps say who told what, and older ones count as browsers'."""

from django.db import migrations, models

RESTAMP = """
UPDATE commerce_product SET stamps = (SELECT jsonb_object_agg(key, '[false]'::jsonb || value) FROM jsonb_each(stamps))
WHERE stamps <> '{}'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("commerce", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(RESTAMP, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="product",
            name="is_trusted",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(
                        models.Q(("from_feed", True), ("stamps__seen__0", True), _connector="OR"),
                        then=models.Value(True),
                    ),
                    default=models.Value(False),
                ),
                help_text="A feed or a server told of it; others, only a browser, whose write key is public.",
                output_field=models.BooleanField(),
            ),
        ),
        migrations.AlterField(
            model_name="cart",
            name="identifier_id",
            field=models.BigIntegerField(db_index=True, help_text="Whose it is: see commerce/owning.py."),
        ),
        migrations.AlterField(
            model_name="product",
            name="stamps",
            field=models.JSONField(
                default=dict,
                help_text="{field: [told by a server, event time µs, message hash, value]}: what events told.",
            ),
        ),
    ]
