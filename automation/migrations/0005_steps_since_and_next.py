"""When an enrollment came to its step, and an index that finds what is due journey by journey."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("automation", "0004_versions_and_steps")]

    operations = [
        migrations.AddField(
            model_name="enrollment",
            name="node_at",
            field=models.DateTimeField(
                blank=True, help_text="When it came to that step: waits count from it.", null=True
            ),
        ),
        migrations.RemoveIndex(model_name="enrollment", name="automation_enrollment_due"),
        migrations.AddIndex(
            model_name="enrollment",
            index=models.Index(
                condition=models.Q(("state__in", ["armed", "waiting"])),
                fields=["journey", "due_at", "id"],
                name="automation_enrollment_next",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrollment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["armed", "waiting"]), _negated=True),
                    ("due_at__isnull", False),
                    _connector="OR",
                ),
                name="automation_waits_until",
            ),
        ),
    ]
