"""What a journey's mails are sent for; the shipped one's are reminders, a topic of e-mail marketing."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def reminders(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The shipped journey reminds of a cart."""
    journeys = apps.get_model("automation", "Journey").objects.filter(slug="abandoned-cart")
    journeys.update(purpose_id="email_reminders")


class Migration(migrations.Migration):
    dependencies = [
        ("automation", "0002_mail_figures"),
        ("consent", "0006_shipped_purposes_by_regime"),
    ]

    operations = [
        migrations.AddField(
            model_name="journey",
            name="purpose",
            field=models.ForeignKey(
                default="email_marketing",
                help_text="What a mail is sent for: it goes to nobody who does not allow this purpose and its parents.",
                limit_choices_to={"channel": "email"},
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="consent.purpose",
            ),
        ),
        migrations.RunPython(reminders, migrations.RunPython.noop),
    ]
