"""What became of messages: receipts of opens, clicks, bounces and complaints, and mail that came in, counted."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import localtime

from mailing.models.messages import Message


class Receipt(models.Model):
    """Something that became of a message after the hand-over; written once a `key`.

    It is never changed, but for one thing: who opened or clicked is told a minute later, once, when it is known what
    else came with it (`who` is empty until then).
    """

    class Kind(models.TextChoices):
        DELIVERED = "delivered"
        OPENED = "opened"
        CLICKED = "clicked"
        BOUNCED = "bounced"
        DELAYED = "delayed"
        COMPLAINED = "complained"
        UNSUBSCRIBED = "unsubscribed"

    class Who(models.TextChoices):
        HUMAN = "human", "A person"
        MACHINE = "machine", "A program: scanner, prefetch"
        UNKNOWN = "unknown", "Cannot be told"

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="receipts", db_index=False)
    kind = models.TextField(choices=Kind.choices)
    who = models.TextField(choices=Who.choices, blank=True, default="", help_text="Of opens and clicks.")
    why = models.TextField(blank=True, default="", help_text="What told who it was, or the server's status code.")
    url = models.TextField(blank=True, default="", help_text="Of clicks: where it led, without personal parts.")
    link = models.PositiveIntegerField(null=True, blank=True, help_text="Of clicks: which link, the first is 0.")
    agent = models.TextField(blank=True, default="", help_text="Kind of program, never the whole user agent.")
    network = models.BinaryField(
        max_length=16, null=True, blank=True, help_text="Hash of the network it came from; emptied within hours."
    )
    key = models.TextField(help_text="The same twice is one receipt.")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "kind", "key"], name="mailing_receipt_once")]
        indexes = [
            models.Index(fields=["kind", "at"], name="mailing_receipt_time"),
            # Serves the slice that tells who it was.
            models.Index(
                fields=["at"], name="mailing_receipt_unsettled", condition=Q(who="", kind__in=["opened", "clicked"])
            ),
            # Serves the question how many mails one network followed at once, and the emptying of networks.
            models.Index(fields=["network", "at"], name="mailing_receipt_network", condition=Q(network__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {localtime(self.at):%-d %b %Y %H:%M}"


class Intake(models.Model):
    """Mail and provider calls that came in on a day, counted by what they were. None of it is kept."""

    day = models.DateField()
    kind = models.TextField(
        help_text="bounced, delayed, complained, … ; unknown: of no mail of ours; other: no report."
    )
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "kind"], name="mailing_intake_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.count} {self.kind}"
