"""By what all mail goes out: caps, quiet hours, pace, and the switch that stops everything."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Policy(models.Model):
    """One row. Quiet hours are local hours of the person; equal or no hours mean none. Transactional mail knows neither
    caps nor quiet hours.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    cap_per_day = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Marketing mails in 24 hours.")
    cap_per_week = models.PositiveSmallIntegerField(
        null=True, blank=True, default=3, help_text="Most marketing mails an address gets in 7 days, of all senders."
    )
    quiet_from_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    quiet_to_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    time_zone = models.TextField(
        blank=True, default="", help_text="Of people whose zone is unknown; empty: the company's."
    )
    per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Most mails a minute in all.")
    warm_up_from = models.DateField(null=True, blank=True, help_text="First day of the warm-up; none: no warm-up.")
    warm_up_first_day = models.PositiveIntegerField(default=200, help_text="Marketing mails on its first day.")
    warm_up_growth_percent = models.PositiveSmallIntegerField(default=50, help_text="More on each day after it.")
    warm_up_days = models.PositiveSmallIntegerField(default=21)
    approval_above = models.PositiveIntegerField(
        default=1_000, help_text="Campaigns to more people need a second person's yes."
    )
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="All marketing stands still since then.")
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    stopped_why = models.TextField(blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "policy"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="mailing_policy_one"),
            models.CheckConstraint(
                condition=(Q(quiet_from_hour__isnull=True) | Q(quiet_from_hour__lte=23))
                & (Q(quiet_to_hour__isnull=True) | Q(quiet_to_hour__lte=23)),
                name="mailing_policy_hours",
            ),
        ]

    def __str__(self) -> str:
        return "How mail goes out"


class DomainPace(models.Model):
    """How fast the mailboxes of one domain are written to."""

    domain = models.TextField(unique=True, help_text="e.g. gmail.com")
    per_minute = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.domain}: {self.per_minute} a minute"


class PaceMark(models.Model):
    """How far a limit is used up. `key`: all, @<domain> or day:<date>. `tat`: when the next message would be due at an
    even pace; `line`: when the last of those that wait has its turn; `given`: how many went out on a day."""

    key = models.TextField(primary_key=True)
    tat = models.DateTimeField(null=True)
    line = models.DateTimeField(null=True)
    given = models.PositiveIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.key
