"""What was reserved, redeemed and given back, and how often one person did."""

import uuid_utils.compat
from django.db import models
from django.db.models import F, Q

from offers.models.codes import Code
from offers.models.offers import MONEY, Offer, OfferVersion


class Redemption(models.Model):
    """One use of an offer. It hangs on an identifier, so merges neither lose nor repeat it.

    reserved → redeemed → released (an order cancelled); reserved → released, or expired at `expires_at`.
    """

    class State(models.TextChoices):
        RESERVED = "reserved"
        REDEEMED = "redeemed"
        RELEASED = "released"
        EXPIRED = "expired"

    HOLDS = (State.RESERVED.value, State.REDEEMED.value)

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="redemptions", db_index=False)
    version = models.ForeignKey(OfferVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.ForeignKey(Code, null=True, blank=True, on_delete=models.PROTECT, related_name="redemptions")
    identifier_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    state = models.TextField(choices=State.choices, default=State.RESERVED)
    key = models.TextField(unique=True, help_text="Of the caller: the same asked again is answered again.")
    order_id = models.TextField(blank=True, default="", db_index=True)
    money = models.DecimalField(**MONEY, default=0, help_text="What it costs of the budget.")
    currency = models.CharField(max_length=3, blank=True, default="")
    decision_id = models.UUIDField(null=True, blank=True, help_text="Of the decision that showed it.")
    reserved_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    redeemed_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, default="", help_text="Why it was released.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="reserved") | Q(expires_at__isnull=False), name="offers_reserved_ends"
            ),
            models.CheckConstraint(
                condition=~Q(state="redeemed") | Q(redeemed_at__isnull=False), name="offers_redeemed_at"
            ),
            models.CheckConstraint(condition=Q(money__gte=0), name="offers_redemption_money"),
        ]
        indexes = [
            models.Index(fields=["offer", "reserved_at"], name="offers_redemption_by_day"),
            # Serves expiry.
            models.Index(fields=["expires_at"], condition=Q(state="reserved"), name="offers_redemption_due"),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id}: {self.state}"


class PersonUse(models.Model):
    """How often an identifier used an offer. `most` is the cap less what the person's other identifiers used, written
    in the transaction that counts, which holds the person's lock."""

    pk = models.CompositePrimaryKey("offer_id", "identifier_id")
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="+", db_index=False)
    identifier_id = models.BigIntegerField(db_index=True)
    used = models.IntegerField(default=0)
    most = models.IntegerField(null=True, help_text="Null: no cap.")
    last_at = models.DateTimeField(help_text="The cool-off counts from it.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(used__gte=0) & (Q(most__isnull=True) | Q(used__lte=F("most"))), name="offers_cap_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id}: {self.used} times"
