"""Alarms: one row a code and key, raised and cleared any number of times."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Alarm(models.Model):
    """What staff must know of: open until its cause is gone. Holds no personal data: `key` and `message` are ours."""

    class Level(models.TextChoices):
        WARNING = "warning"
        ERROR = "error"

    code = models.TextField(help_text="What is watched, e.g. events.rejected_share.")
    key = models.TextField(blank=True, default="", help_text="Which one of these, e.g. a source's id.")
    level = models.TextField(choices=Level.choices, default=Level.WARNING)
    message = models.TextField(help_text="What is wrong and how to mend it.")
    link = models.TextField(blank=True, default="", help_text="The page where one looks further.")
    count = models.BigIntegerField(default=1, help_text="How often it was raised since it opened; once in 10 s counts.")
    first_at = models.DateTimeField(db_default=Now(), help_text="When it opened.")
    last_at = models.DateTimeField(db_default=Now())
    cleared_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "key"], name="alarms_alarm_once"),
            models.CheckConstraint(condition=models.Q(level__in=["warning", "error"]), name="alarms_alarm_level"),
            models.CheckConstraint(condition=models.Q(last_at__gte=models.F("first_at")), name="alarms_alarm_in_time"),
        ]
        # Serves the home page and /health/ready.
        indexes = [
            models.Index(fields=["level"], name="alarms_alarm_open", condition=models.Q(cleared_at__isnull=True))
        ]

    def __str__(self) -> str:
        return self.message
