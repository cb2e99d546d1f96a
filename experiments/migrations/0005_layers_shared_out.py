"""What variants are in words, the segment of an audience, and promises: layers are shared out, winners come last."""

import django.contrib.postgres.constraints
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("experiments", "0004_owners_of_splits"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="experiment",
            name="audience_slug",
            field=models.TextField(
                blank=True, db_default="", default="", editable=False, help_text="The segment that keeps `audience`."
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="labels",
            field=models.JSONField(
                blank=True, db_default={}, default=dict, help_text="What each variant is, in words, by its key."
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(("winner", ""), ("state__in", ["stopped", "archived"]), _connector="OR"),
                name="experiments_winner_once_stopped",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("owner", ""), ("state", "running"), _negated=True),
                    models.Q(("control", ""), _negated=True),
                    _connector="OR",
                ),
                name="experiments_running_has_control",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("layer__isnull", False), ("owner", ""), ("state", "running")),
                expressions=[
                    (
                        models.Func(
                            output_field=models.TextField(),
                            template="int8range(layer_id * 1000000 + round(layer_from * 1000000)::bigint, layer_id * 1000000 + round(layer_to * 1000000)::bigint)",
                        ),
                        "&&",
                    )
                ],
                name="experiments_layer_shared_out",
            ),
        ),
    ]
