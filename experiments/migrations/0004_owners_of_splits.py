"""Splits that placements, journeys and campaigns keep for themselves get their owner: they are none of staff's."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

KEPT_BY = ("placement", "journey", "campaign")


def give_owners(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """All that are there were made by a program: `placement-home` is placement:home's."""
    experiments = apps.get_model("experiments", "Experiment")
    for row in experiments.objects.filter(owner=""):
        kind, _, rest = row.key.partition("-")
        row.owner = f"{kind}:{rest}" if kind in KEPT_BY and rest else f"split:{row.key}"
        row.save(update_fields=["owner"])


class Migration(migrations.Migration):
    dependencies = [("experiments", "0003_results")]

    operations = [migrations.RunPython(give_owners, migrations.RunPython.noop)]
