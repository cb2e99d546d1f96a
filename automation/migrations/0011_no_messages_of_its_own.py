"""Messages were copied to mailing; nothing reads these any more."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("automation", "0010_messages_to_mailing")]

    operations = [migrations.DeleteModel(name="Message")]
