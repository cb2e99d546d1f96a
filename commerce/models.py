"""Products, and carts and orders as read models: refolded from events, never incremented."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Now

from lake.fields import XidField

MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 6}
NO_TEXTS = Value([], ArrayField(models.TextField()))


class Product(models.Model):
    """One sellable thing, learned from a feed (believed) or from events (until a feed says otherwise)."""

    product_id = models.TextField(unique=True)
    name = models.TextField(blank=True, default="")
    category = models.TextField(blank=True, default="")
    brand = models.TextField(blank=True, default="")
    price = models.DecimalField(**MONEY, null=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    url = models.TextField(blank=True, default="")
    image_url = models.TextField(blank=True, default="")
    in_stock = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    attributes = models.JSONField(default=dict)
    group_id = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="Variants of one product (size, color) share it; an answer shows one of them.",
    )
    categories = ArrayField(
        models.TextField(),
        default=list,
        db_default=NO_TEXTS,
        blank=True,
        help_text="From the root of the shop's tree down to `category`.",
    )
    list_price = models.DecimalField(**MONEY, null=True, blank=True, help_text="Before a reduction.")
    prices = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        blank=True,
        help_text='In further currencies, e.g. {"USD": "13.90"}.',
    )
    images = ArrayField(
        models.TextField(), default=list, db_default=NO_TEXTS, blank=True, help_text="Further pictures."
    )
    quantity = models.DecimalField(**MONEY, null=True, blank=True, help_text="Pieces in stock, where the shop tells.")
    cost = models.DecimalField(
        **MONEY, null=True, blank=True, help_text="What the shop pays for one. Never shown to customers."
    )
    added_at = models.DateTimeField(db_default=Now(), help_text="When it was first told of.")
    from_feed = models.BooleanField(default=False)
    stamps = models.JSONField(
        default=dict, help_text="{field: [told by a server, event time µs, message hash, value]}: what events told."
    )
    is_trusted = models.GeneratedField(
        expression=Case(When(Q(from_feed=True) | Q(stamps__seen__0=True), then=Value(True)), default=Value(False)),
        output_field=models.BooleanField(),
        db_persist=True,
        help_text="A feed or a server told of it; others, only a browser, whose write key is public.",
    )
    seen_at = models.DateTimeField(help_text="Time of the feed or event that last described it.")
    updated_at = models.DateTimeField(auto_now=True)
    xid = XidField()

    class Meta:
        indexes = [
            models.Index(fields=["category"], name="commerce_product_category"),
            # Serves the lake: products that show otherwise since its watermark.
            models.Index(fields=["xid"], name="commerce_product_lake"),
        ]

    def __str__(self) -> str:
        return self.name or self.product_id


class CatalogChange(models.Model):
    """A statement that changed what a product shows, noted by trigger: what holds the catalog in memory looks here.

    Rows are only added, so writers never wait for each other; those older than ten minutes are pruned by later ones.
    """

    transaction = models.BigIntegerField(help_text="The writer's; sums of these never come twice.")
    is_deletion = models.BooleanField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"change #{self.pk}"


class Cart(models.Model):
    """One cart: `key` is `cart:<cart_id>`, or `run:<identifier>:<start µs>` where the shop sends no cart id."""

    class State(models.TextChoices):
        OPEN = "open"
        EMPTIED = "emptied"
        ORDERED = "ordered"

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
    updated_at = models.DateTimeField(db_default=Now())

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
