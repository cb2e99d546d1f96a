"""The right to decide who is one person."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("profiles", "0005_decisions_and_journal")]

    operations = [
        migrations.AlterModelOptions(
            name="profile",
            options={
                "permissions": [
                    ("view_personal", "Can see personal data unmasked"),
                    ("decide_identity", "Can split people, keep them apart and undo it"),
                ]
            },
        ),
    ]
