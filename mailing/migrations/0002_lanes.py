"""What is due is found lane by lane: no campaign stands before a journey's mail, and no waiting message is walked over."""

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    dependencies = [("mailing", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="lane",
            field=models.PositiveSmallIntegerField(
                db_default=1, default=1, help_text="Smallest first: 0 transactional, 1 journeys, 2 campaigns."
            ),
        ),
        migrations.RemoveIndex(model_name="message", name="mailing_message_open"),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                "lane",
                Coalesce("not_before_at", "queued_at"),
                "id",
                condition=Q(state="queued"),
                name="mailing_message_due",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["sending_at"], condition=Q(state="sending"), name="mailing_message_sending"),
        ),
    ]
