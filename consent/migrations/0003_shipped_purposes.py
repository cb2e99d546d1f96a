"""Install the purposes the product ships with."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# As shipped with this migration; later changes get migrations of their own.
PURPOSES = (
    ("analytics", "Analytics", "legitimate_interest", True),
    ("personalization", "Personalization", "legitimate_interest", True),
    ("email_marketing", "E-mail marketing", "consent", False),
    ("email_open_tracking", "E-mail open tracking", "consent", False),
    ("ml_training", "Training of models", "legitimate_interest", True),
    ("third_party_sharing", "Sharing with third parties", "consent", False),
)


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    purpose = apps.get_model("consent", "Purpose")
    purpose.objects.bulk_create(
        [purpose(code=c, label=label, legal_basis=basis, allowed_by_default=d) for c, label, basis, d in PURPOSES],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_append_only_ledger")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
