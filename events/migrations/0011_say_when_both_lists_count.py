"""The help texts of a source's two lists of trust say what events/trust.py does: no statement for the database."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0010_what_became_of_new_requests"),
    ]

    operations = [
        migrations.AlterField(
            model_name="source",
            name="asserts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                default=list,
                help_text="Identifier kinds believed as they are. Both lists empty = the default of the kind of source (browser: anonymous_id and user_id, with a token email and phone; else all); once this one names a kind, both count as they stand.",
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="with_token",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                blank=True,
                db_default=[],
                default=list,
                help_text="Identifier kinds believed only where a user token vouches for the very value. Empty beside an empty asserts = the default; empty beside asserts that names a kind = none. Add user_id once the shop hands out tokens: then nobody can claim to be another.",
                size=None,
            ),
        ),
    ]
