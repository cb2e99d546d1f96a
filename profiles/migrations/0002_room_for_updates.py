"""Leave room in the pages of the rows that are updated with every batch, so that most updates stay on their page."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("profiles", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE profiles_identifierstate SET (fillfactor = 70); ALTER TABLE profiles_profile SET (fillfactor = 70)",
            "ALTER TABLE profiles_identifierstate RESET (fillfactor); ALTER TABLE profiles_profile RESET (fillfactor)",
        )
    ]
