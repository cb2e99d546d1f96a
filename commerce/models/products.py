"""Products, what noted their changes, and the history of their prices and stock."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Now

from commerce.models.feeds import CatalogFeed
from lake.fields import XidField

MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 6}
NO_TEXTS = Value([], ArrayField(models.TextField()))


class TakenAway(models.TextChoices):
    """What was done to a product that its feed no longer tells of."""

    OUT_OF_STOCK = "out_of_stock", "Out of stock"
    INACTIVE = "inactive", "Inactive"


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
    feed = models.ForeignKey(
        CatalogFeed,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="products",
        help_text="The pulled or uploaded feed that told of it last; none for the API and imports.",
    )
    stock_at = models.DateTimeField(
        null=True, blank=True, help_text="As of when its stock was last told; older words change nothing."
    )
    taken_away = models.TextField(
        choices=TakenAway.choices,
        blank=True,
        default="",
        db_default="",
        help_text="What was done to it when its feed told of it no more; undone when it is told of again.",
    )
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
            # Serves the variants of a product.
            models.Index(fields=["group_id"], condition=~Q(group_id=""), name="commerce_product_group"),
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


class ProductChange(models.Model):
    """A price or stock that changed, noted by trigger in the transaction that changed it. New products are none.

    `old` and `new` are amounts in `currency`, or 0 (out of stock) and 1 (in stock). `topic` is what others were told.
    """

    class What(models.TextChoices):
        PRICE = "price"
        STOCK = "stock"

    product_id = models.TextField()
    what = models.TextField(choices=What.choices)
    old = models.DecimalField(**MONEY)
    new = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    at = models.DateTimeField()
    transaction = models.BigIntegerField(help_text="The writer's, which also tells others of it.")
    topic = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(old=models.F("new")), name="commerce_change_differs"),
            models.CheckConstraint(
                condition=Q(topic__in=("", "product.back_in_stock", "product.price_dropped")),
                name="commerce_change_topic",
            ),
        ]
        indexes = [
            # Serves a product's history.
            models.Index(fields=["product_id", "-at"], name="commerce_change_product"),
            # Serves the retention, and what a transaction has yet to tell: its own are the newest.
            models.Index(fields=["at"], name="commerce_change_at"),
            models.Index(fields=["transaction"], name="commerce_change_writer"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.what} {self.old} → {self.new}"
