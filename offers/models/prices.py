"""Price lists: prices of products for a group of customers, a currency, a quantity and a time."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

MONEY_EXACT: Any = {"max_digits": 18, "decimal_places": 6}


class PriceList(models.Model):
    """Who gets these prices, and when. Of several lists that fit, `priority` decides, then the lower price."""

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        ARCHIVED = "archived"

    key = models.SlugField(unique=True)
    name = models.TextField()
    state = models.TextField(choices=State.choices, default=State.DRAFT)
    currency = models.CharField(max_length=3)
    priority = models.SmallIntegerField(default=50)
    segment = models.SlugField(
        blank=True, default="", help_text="Members of this segment; empty with an empty group: everybody."
    )
    group = models.TextField(blank=True, default="", help_text="People whose trait `customer_group` has this value.")
    percent_off = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Of the list price, where a product has no row.",
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="offers_pricelist_dates",
            ),
            models.CheckConstraint(
                condition=Q(percent_off__isnull=True) | Q(percent_off__gte=0, percent_off__lte=100),
                name="offers_pricelist_percent",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """The price of one piece from `min_quantity` pieces on."""

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="prices", db_index=False)
    product_id = models.TextField(db_index=True)
    min_quantity = models.DecimalField(max_digits=12, decimal_places=3, default=1)
    price = models.DecimalField(**MONEY_EXACT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["price_list", "product_id", "min_quantity"], name="offers_price_once"),
            models.CheckConstraint(condition=Q(price__gte=0, min_quantity__gt=0), name="offers_price_not_below_0"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.price}"


class PriceListVersion(models.Model):
    """A price list as it stood after a change, so that it can be undone. `rows`: [[product_id, from, price]]."""

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    terms = models.JSONField(help_text="The columns of the list.")
    rows = models.JSONField(default=list)
    row_count = models.PositiveIntegerField(default=0)
    what = models.TextField(help_text="What was done, in words.")
    saved_at = models.DateTimeField(db_default=Now())
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["price_list", "number"], name="offers_pricelist_number")]

    def __str__(self) -> str:
        return f"{self.price_list_id} v{self.number}"
