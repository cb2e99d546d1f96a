"""One word for it everywhere: what stands in the menu is what the page is called."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("events", "0006_people_days")]

    operations = [migrations.AlterModelOptions("RejectedEvent", {"verbose_name_plural": "quarantine"})]
