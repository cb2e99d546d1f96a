"""Columns of journeys that their graphs and the mail policy say now; nobody stands nowhere."""

from django.db import migrations, models
from django.db.models import Q

LEFT = (
    "trigger",
    "idle_minutes",
    "max_age_hours",
    "quiet_from_hour",
    "quiet_to_hour",
    "time_zone",
    "cap_per_week",
    "template",
    "subject",
)


class Migration(migrations.Migration):
    dependencies = [("automation", "0008_graphs_of_journeys")]

    operations = [
        *(migrations.RemoveField(model_name="journey", name=name) for name in LEFT),
        migrations.AddConstraint(
            model_name="enrollment",
            constraint=models.CheckConstraint(
                condition=~Q(state__in=["waiting", "sending"]) | (Q(version__isnull=False) & ~Q(node="")),
                name="automation_stands_somewhere",
            ),
        ),
    ]
