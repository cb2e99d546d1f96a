"""Purposes, the append-only ledger, suppressions, tombstones, and the address rows where sends and withdrawals meet."""

from django.db import models
from django.db.models.functions import Now


class Purpose(models.Model):
    """Something we may or may not do with a person's data."""

    class LegalBasis(models.TextChoices):
        CONSENT = "consent"
        LEGITIMATE_INTEREST = "legitimate_interest"
        CONTRACT = "contract"

    code = models.SlugField(primary_key=True)
    label = models.TextField()
    legal_basis = models.TextField(choices=LegalBasis.choices)
    allowed_by_default = models.BooleanField(default=False, help_text="What holds while the ledger knows nothing.")

    def __str__(self) -> str:
        return self.label


class Entry(models.Model):
    """One line of the ledger. The database refuses to change or delete it (trigger consent_entry_append_only).

    The subject is an address hash (e-mail and SMS purposes) or an identifier id (all others), never both.
    """

    class State(models.TextChoices):
        GRANTED = "granted"
        WITHDRAWN = "withdrawn"
        DENIED = "denied"
        EXPIRED = "expired"
        PENDING = "pending"

    entry_key = models.BinaryField(max_length=16, unique=True, help_text="Idempotency: hash of what caused the entry.")
    address_hash = models.BinaryField(max_length=16, null=True)
    identifier_id = models.BigIntegerField(null=True)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    state = models.TextField(choices=State.choices)
    method = models.TextField(
        help_text="How it was said: event, api, one_click, page, import, staff, complaint, bounce."
    )
    source_id = models.BigIntegerField(null=True)
    separation_id = models.BigIntegerField(
        null=True, help_text="The separation of people by staff that carried a refusal to both sides."
    )
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(address_hash__isnull=True) ^ models.Q(identifier_id__isnull=True),
                name="consent_entry_one_subject",
            ),
        ]
        indexes = [
            models.Index(fields=["address_hash", "purpose", "-occurred_at"], name="consent_entry_address"),
            models.Index(fields=["identifier_id", "purpose", "-occurred_at"], name="consent_entry_identifier"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} {self.state}"


class Address(models.Model):
    """One row an address, locked by every send to it and every withdrawal of it, so that they take turns."""

    address_hash = models.BinaryField(max_length=16, primary_key=True)
    last_mailed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return bytes(self.address_hash).hex()


class Suppression(models.Model):
    """An address that must not be written to, whatever consent says."""

    class Reason(models.TextChoices):
        UNSUBSCRIBE = "unsubscribe"
        HARD_BOUNCE = "hard_bounce"
        COMPLAINT = "complaint"
        ERASURE = "erasure"
        MANUAL = "manual"

    address_hash = models.BinaryField(max_length=16)
    scope = models.TextField(default="marketing", help_text="marketing, or all (also transactional).")
    reason = models.TextField(choices=Reason.choices)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["address_hash", "scope"], name="consent_suppression_once")]

    def __str__(self) -> str:
        return f"{self.reason} ({self.scope})"


class Tombstone(models.Model):
    """An erased identifier: its events up to `erased_at` are refused for ever."""

    identifier_hash = models.BinaryField(max_length=16, primary_key=True)
    erased_at = models.DateTimeField()
    refuses_all = models.BooleanField(
        default=False, help_text="Refuse later events too (imports and restores always are)."
    )

    def __str__(self) -> str:
        return bytes(self.identifier_hash).hex()
