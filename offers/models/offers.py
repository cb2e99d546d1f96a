"""Offers, what was published of them, and what may be given away."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

MONEY: Any = {"max_digits": 15, "decimal_places": 3}


class Offer(models.Model):
    """A promise to a customer. `draft` is what the editor holds; what holds is `version`, which never changes."""

    class State(models.TextChoices):
        DRAFT = "draft"
        WAITING = "waiting", "waits for approval"
        LIVE = "live"
        PAUSED = "paused"
        ENDED = "ended"

    key = models.SlugField(unique=True, help_text="What programs name.")
    name = models.TextField()
    state = models.TextField(choices=State.choices, default=State.DRAFT)
    draft = models.JSONField(default=dict, blank=True, help_text="The terms in the editor: see offers/terms.")
    version = models.ForeignKey("OfferVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    notes = models.TextField(blank=True, default="")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True, help_text="Since when the draft waits for approval.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        permissions = [("approve_offer", "Can approve offers whose budget others may not spend alone")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["live", "paused"]) | Q(version__isnull=False), name="offers_live_has_terms"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OfferVersion(models.Model):
    """Published terms: never changed. Redemptions pin the version they were made under."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    terms = models.JSONField()
    audience_slug = models.TextField(
        blank=True, default="", help_text="The segment that holds whom it is for; empty: everybody."
    )
    published_at = models.DateTimeField(db_default=Now())
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer", "number"], name="offers_version_number")]

    def __str__(self) -> str:
        return f"{self.offer_id} v{self.number}"


class Budget(models.Model):
    """What may be given away of one offer and what was: one row, counted up in the transaction that reserves.

    The constraints refuse what would go over a limit, however many ask at once. Null: no limit.
    """

    offer = models.OneToOneField(Offer, on_delete=models.CASCADE, primary_key=True, related_name="budget")
    currency = models.CharField(max_length=3, blank=True, default="")
    money_limit = models.DecimalField(**MONEY, null=True, blank=True)
    money_used = models.DecimalField(**MONEY, default=0, db_default=0)
    count_limit = models.BigIntegerField(null=True, blank=True)
    count_used = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(money_limit__isnull=True) | Q(money_used__lte=F("money_limit")),
                name="offers_budget_money",
            ),
            models.CheckConstraint(
                condition=Q(count_limit__isnull=True) | Q(count_used__lte=F("count_limit")),
                name="offers_budget_count",
            ),
            models.CheckConstraint(condition=Q(money_used__gte=0, count_used__gte=0), name="offers_budget_not_below_0"),
        ]

    def __str__(self) -> str:
        return f"budget of {self.offer_id}"
