"""Take files of suppressed addresses: like products they become no events, so they need no source."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_files_and_their_rows")]

    operations = [
        migrations.AlterField(
            model_name="import",
            name="kind",
            field=models.TextField(
                choices=[
                    ("people", "People"),
                    ("events", "Events"),
                    ("orders", "Orders"),
                    ("products", "Products"),
                    ("suppressions", "Suppressed addresses"),
                ]
            ),
        ),
        migrations.RemoveConstraint(model_name="import", name="imports_events_have_a_source"),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ("products", "suppressions")), ("source__isnull", False), _connector="OR"
                ),
                name="imports_events_have_a_source",
            ),
        ),
    ]
