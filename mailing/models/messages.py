"""Messages of every sender; what became of each stands in its receipts."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Now
from django.utils.timezone import localtime

from consent.tokens import mask


class Message(models.Model):
    """One message to one address for one occasion. Marketing is handed over at most once, transactional at least once.

    Its states only move forward, with one exception: what was definitely refused for now (4xx) goes back into the
    queue. A marketing message found in `sending` becomes `unknown`, never queued again.
    `sender` is a key of `settings.MAIL_SENDERS`; `sender_id` its journey, campaign or notice; `about_id` its own row
    for this person (an enrollment, a campaign's recipient). No foreign keys: senders stand above this app.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed", "Refused for good"
        UNKNOWN = "unknown", "Handed over or not: never resent"
        SUPPRESSED = "suppressed"

    class Kind(models.TextChoices):
        MARKETING = "marketing"
        TRANSACTIONAL = "transactional"

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "SMS"
        PUSH = "push"

    OPEN = (State.QUEUED.value, State.SENDING.value)
    # Handed over, or perhaps.
    HANDED = (State.SENDING.value, State.SENT.value, State.UNKNOWN.value)

    sender = models.TextField(help_text="journey, campaign, notice …: who decides about it and fills it.")
    sender_id = models.BigIntegerField()
    about_id = models.BigIntegerField(null=True, blank=True, help_text="The sender's own row for this person.")
    label = models.TextField(help_text="The sender's name when it was queued.")
    step = models.TextField()
    occasion = models.TextField()
    channel = models.TextField(choices=Channel.choices, default=Channel.EMAIL)
    kind = models.TextField(choices=Kind.choices, default=Kind.MARKETING)
    purpose = models.TextField(blank=True, default="", help_text="A purpose's code; empty for transactional.")
    template = models.TextField(help_text="Slug of a mail template.")
    template_version = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pinned when queued, or what was sent; none: the newest published when sent."
    )
    variant = models.TextField(blank=True, default="", help_text="Of an experiment on subject or content.")
    locale = models.TextField(blank=True, default="", help_text="Of the words that were sent.")
    address_hash = models.BinaryField(max_length=16)
    address = models.TextField(blank=True, default="", help_text="Where it goes. Personal.")
    identifier_id = models.BigIntegerField(db_index=True)
    lane = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="Smallest first: 0 transactional, 1 journeys, 2 campaigns."
    )
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    reason = models.TextField(blank=True, default="")
    message_id = models.TextField(blank=True, default="", help_text="The mail's Message-ID.")
    subject = models.TextField(blank=True, default="")
    html = models.TextField(blank=True, default="")
    text = models.TextField(blank=True, default="")
    consent_entry_id = models.BigIntegerField(null=True, blank=True, help_text="The ledger entry that allowed it.")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    queued_at = models.DateTimeField(db_default=Now())
    not_before_at = models.DateTimeField(null=True, blank=True, help_text="Held back until then (quiet hours, pace).")
    sending_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # What became of it, the first time each: folded from receipts. Opens and clicks are those of people.
    delivered_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    clicked_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "sender_id", "step", "address_hash", "occasion"], name="mailing_message_once"
            ),
            models.CheckConstraint(condition=Q(kind="transactional") | ~Q(purpose=""), name="mailing_message_purpose"),
        ]
        indexes = [
            # Serves the hand-over: what is due, lane by lane, whatever else waits.
            models.Index(
                "lane",
                Coalesce("not_before_at", "queued_at"),
                "id",
                name="mailing_message_due",
                condition=Q(state="queued"),
            ),
            # Serves the look for what dead workers left.
            models.Index(fields=["sending_at"], name="mailing_message_sending", condition=Q(state="sending")),
            models.Index(fields=["address_hash", "-sending_at"], name="mailing_message_address"),
            # Serves reports and live counts.
            models.Index(fields=["sender", "sender_id", "step", "state"], name="mailing_message_sender"),
            models.Index(fields=["sender", "about_id"], name="mailing_message_about"),
            # Serves charts: written once, when a mail reaches its last state.
            models.Index(
                fields=["finished_at"],
                include=["state", "reason"],
                condition=Q(finished_at__isnull=False),
                name="mailing_message_figures",
            ),
            # Serves reports of bounces: they name the mail.
            models.Index(fields=["message_id"], name="mailing_message_mid", condition=~Q(message_id="")),
        ]

    def __str__(self) -> str:
        when = self.finished_at or self.queued_at
        to = mask(self.address) if self.address else "an erased address"
        return f"Mail to {to}, {self.get_state_display().lower()} {localtime(when):%-d %b %Y %H:%M}"
