"""Codes that customers type: shared ones, and pools of codes for one use each."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from offers.models.offers import Offer


class CodePool(models.Model):
    """Codes of one offer that were made or uploaded together, or one code that many share."""

    class Kind(models.TextChoices):
        SHARED = "shared", "one code for all"
        GENERATED = "generated"
        UPLOADED = "uploaded"

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="pools")
    name = models.TextField()
    kind = models.TextField(choices=Kind.choices)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Code(models.Model):
    """One code as customers type it, in upper case without blanks and dashes: the same however it is written.

    `uses` counts reservations and redemptions that hold; the constraint refuses one more than `most_uses`.
    `identifier_id`: to whom it was given, in a mail or by the API; nobody else may use it then.
    """

    pool = models.ForeignKey(CodePool, on_delete=models.CASCADE, related_name="codes", db_index=False)
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="codes", db_index=False)
    code = models.TextField(unique=True)
    shown = models.TextField(help_text="As it is written in mails and on pages.")
    uses = models.BigIntegerField(default=0, db_default=0)
    most_uses = models.BigIntegerField(null=True, blank=True, help_text="Null: as often as the budget allows.")
    identifier_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    given_for = models.TextField(
        blank=True, default="", help_text="What it was given for, once: a message, a decision."
    )
    given_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_void = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(uses__gte=0) & (Q(most_uses__isnull=True) | Q(uses__lte=F("most_uses"))),
                name="offers_code_uses",
            ),
            models.UniqueConstraint(
                fields=["offer", "given_for"], condition=~Q(given_for=""), name="offers_code_given_once"
            ),
        ]
        indexes = [
            # Serves giving: the next code of a pool that nobody has.
            models.Index(
                fields=["pool", "id"],
                condition=Q(uses=0, identifier_id__isnull=True, is_void=False),
                name="offers_code_free",
            ),
            models.Index(fields=["pool", "-uses"], name="offers_code_of_pool"),
        ]

    def __str__(self) -> str:
        return f"code {self.pk}"
