"""The indexes from which charts count what became of mails."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("automation", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "Message",
            models.Index(
                fields=["finished_at"],
                include=["state", "reason"],
                condition=models.Q(finished_at__isnull=False),
                name="automation_message_figures",
            ),
        ),
        migrations.AddIndex(
            "Enrollment",
            models.Index(
                fields=["ended_at"],
                include=["id", "state", "reason"],
                condition=models.Q(ended_at__isnull=False),
                name="automation_enrollment_figures",
            ),
        ),
    ]
