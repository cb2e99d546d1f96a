"""Carts and orders as read models: refolded from events, never incremented."""

from django.db import models
from django.db.models.functions import Now

from commerce.models.products import MONEY
from lake.fields import XidField


class Cart(models.Model):
    """One cart: `key` is `cart:<cart_id>`, or `run:<identifier>:<start µs>` where the shop sends no cart id."""

    class State(models.TextChoices):
        OPEN = "open"
        EMPTIED = "emptied"
        ORDERED = "ordered"
        EXPIRED = "expired"

    key = models.TextField(unique=True)
    identifier_id = models.BigIntegerField(db_index=True, help_text="Whose it is: see commerce/owning.py.")
    cart_id = models.TextField(null=True)
    state = models.TextField(choices=State.choices)
    lines = models.JSONField(default=list, help_text="[{product_id, name, quantity, price, variant, image_url, url}]")
    currency = models.CharField(max_length=3, blank=True, default="")
    value = models.DecimalField(**MONEY, default=0)
    opened_at = models.DateTimeField()
    last_added_at = models.DateTimeField(null=True, help_text="Latest event that put something in.")
    last_activity_at = models.DateTimeField()
    order_id = models.TextField(null=True)
    digest = models.BinaryField(
        max_length=16, editable=False, help_text="Of the fold: an equal one is not written again."
    )
    version = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Grows whenever what lies in it is stored otherwise than before."
    )
    abandoned_at = models.DateTimeField(null=True, blank=True, help_text="Since when it counts as left behind.")
    mailed_at = models.DateTimeField(null=True, blank=True, help_text="When a mail about it last went out.")
    unmailed_reason = models.TextField(
        blank=True, default="", db_default="", help_text="Why nobody was written to about it: a code of automation's."
    )
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(version__gte=1), name="commerce_cart_version_counts"),
            models.CheckConstraint(
                condition=~models.Q(state="expired") | models.Q(abandoned_at__isnull=False),
                name="commerce_cart_expired_was_abandoned",
            ),
        ]
        indexes = [
            # Serve the slice: open carts by how long nobody touched them, all and those not yet left behind.
            models.Index(fields=["last_activity_at"], name="commerce_cart_open", condition=models.Q(state="open")),
            models.Index(
                fields=["last_activity_at"],
                name="commerce_cart_in_use",
                condition=models.Q(state="open", abandoned_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Order(models.Model):
    """One order, refolded from every event with its order id."""

    class Status(models.TextChoices):
        STARTED = "started", "Checkout started"
        PENDING = "pending", "Refund without its order"
        PLACED = "placed"
        CANCELLED = "cancelled"
        REFUNDED = "refunded"
        PARTLY_REFUNDED = "partly_refunded"

    # What somebody bought, given back or not.
    BOUGHT = (Status.PLACED.value, Status.REFUNDED.value, Status.PARTLY_REFUNDED.value)

    order_id = models.TextField(unique=True)
    identifier_id = models.BigIntegerField(null=True, db_index=True, help_text="Null: nobody is known for it.")
    status = models.TextField(choices=Status.choices)
    is_guest = models.BooleanField(default=False, help_text="Placed without a user id.")
    currency = models.CharField(max_length=3, blank=True, default="")
    country = models.TextField(blank=True, default="")
    revenue = models.DecimalField(**MONEY, default=0)
    total = models.DecimalField(**MONEY, null=True)
    tax = models.DecimalField(**MONEY, null=True)
    shipping = models.DecimalField(**MONEY, null=True)
    discount = models.DecimalField(**MONEY, null=True)
    refunded = models.DecimalField(**MONEY, default=0)
    cart_id = models.TextField(null=True)
    coupon = models.TextField(blank=True, default="", db_default="", help_text="Codes, several between commas.")
    coupon_is_trusted = models.BooleanField(default=False, db_default=False, help_text="A server told of the coupon.")
    redemptions = models.JSONField(
        default=list, db_default=[], blank=True, help_text="Ids of reservations of offers it redeems."
    )
    cancel_is_trusted = models.BooleanField(default=False, db_default=False, help_text="A server said it is cancelled.")
    placed_at = models.DateTimeField(null=True)
    digest = models.BinaryField(
        max_length=16, editable=False, help_text="Of the fold: an equal one is not written again."
    )
    updated_at = models.DateTimeField(db_default=Now())
    xid = XidField()

    class Meta:
        indexes = [
            models.Index(fields=["-placed_at"], name="commerce_order_recent"),
            # Serves charts: what they sum stands in the index.
            models.Index(
                fields=["placed_at"],
                include=["status", "currency", "revenue", "refunded"],
                condition=models.Q(placed_at__isnull=False),
                name="commerce_order_figures",
            ),
            # Serves the lake: orders refolded since its watermark.
            models.Index(fields=["xid"], name="commerce_order_lake"),
        ]

    def __str__(self) -> str:
        return self.order_id


class OrderLine(models.Model):
    """One line of an order; refunds are lines of their own with a negative amount, dated by the refund."""

    class Kind(models.TextChoices):
        GOODS = "goods"
        REFUND = "refund"

    # No index of its own: the unique constraint begins with the order.
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.IntegerField()
    kind = models.TextField(choices=Kind.choices)
    product_id = models.TextField(blank=True, default="")
    name = models.TextField(blank=True, default="")
    quantity = models.DecimalField(**MONEY)
    price = models.DecimalField(**MONEY)
    amount = models.DecimalField(**MONEY, help_text="quantity × price; refunds have a negative quantity.")
    occurred_at = models.DateTimeField()
    xid = XidField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="commerce_orderline_position")]
        indexes = [
            models.Index(fields=["occurred_at"], name="commerce_orderline_time"),
            # Serves the lake: lines refolded since its watermark.
            models.Index(fields=["xid"], name="commerce_orderline_lake"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.product_id}"
