"""How far limits of pace are used up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailing", "0002_lanes")]

    operations = [
        migrations.CreateModel(
            name="PaceMark",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("tat", models.DateTimeField(null=True)),
                ("given", models.PositiveIntegerField(db_default=0, default=0)),
            ],
        ),
    ]
