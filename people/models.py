"""Computed traits as staff define them, and how often server keys read people."""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from people import figures


def conditions(raw: Sequence[Any]) -> tuple[figures.Held, ...]:
    """Conditions as segments read them, which stand above: the roof says by whom. Raises ValueError for a bad one."""
    read: Callable[[Sequence[Any]], tuple[figures.Held, ...]] = import_string(settings.PROFILE_CONDITIONS)
    return read(raw)


class ComputedTrait(models.Model):
    """A figure computed from a person's events or orders when it is asked for; see people/figures.py."""

    class Over(models.TextChoices):
        EVENTS = figures.EVENTS, "events"
        ORDERS = figures.ORDERS, "orders"

    name = models.TextField(
        unique=True, help_text="What programs call it: small letters, digits and _, for example favorite_category."
    )
    label = models.TextField(help_text="What people call it.")
    description = models.TextField(blank=True, default="", help_text="What it says, for whoever meets it.")
    kind = models.TextField(choices=tuple(figures.KINDS.items()), default=figures.COUNT)
    over = models.TextField(
        choices=Over.choices,
        default=Over.EVENTS,
        help_text="Orders are those placed and not cancelled, with revenue, refunded, net_revenue, currency, country.",
    )
    event = models.TextField(blank=True, default="", help_text="The name of the events it is about.")
    property = models.TextField(
        blank=True,
        default="",
        help_text="Which property of them, for example category, or products.category in a list.",
    )
    by_currency = models.BooleanField(
        default=False, help_text="For amounts: one value a currency, since euros and dollars cannot be added."
    )
    filters = models.JSONField(
        default=dict, blank=True, help_text="Only those whose properties equal these: {property: text}."
    )
    where = models.JSONField(
        default=list,
        blank=True,
        help_text="Only those that meet all of these, in the language of segments: [{property, is, value}].",
    )
    window_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="Only the last so many days; empty = all time."
    )
    how_many = models.PositiveSmallIntegerField(default=5, help_text="The length of a list of last values.")
    enabled = models.BooleanField(default=True, help_text="Off: it is neither computed nor shown.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(name__regex=r"^[a-z][a-z0-9_]{0,63}$"), name="people_trait_name_for_programs"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=list(figures.KINDS)), name="people_trait_kind_known"),
            models.CheckConstraint(
                condition=models.Q(window_days=None) | models.Q(window_days__gte=1, window_days__lte=3650),
                name="people_trait_window_bounded",
            ),
            models.CheckConstraint(
                condition=models.Q(how_many__gte=1, how_many__lte=figures.LONGEST_LIST),
                name="people_trait_list_bounded",
            ),
            models.CheckConstraint(
                condition=models.Q(over="orders") | models.Q(kind=figures.SESSIONS) | ~models.Q(event=""),
                name="people_trait_names_its_events",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.name

    def definition(self) -> figures.Definition:
        """As the pure module takes it."""
        return figures.Definition(
            name=self.name,
            label=self.label,
            description=self.description,
            kind=self.kind,
            over=self.over,
            event=self.event,
            path=self.property,
            by_currency=self.by_currency,
            filters=tuple(sorted((str(name), str(value)) for name, value in self.filters.items())),
            window_days=self.window_days,
            how_many=self.how_many,
            where=conditions(self.where) if self.where else (),
        )


class KeyReads(models.Model):
    """How many answers about a person a server key got on a day: whoever reads in bulk is seen. No person is named."""

    key_id = models.BigIntegerField(help_text="The server key (cdp.access).")
    day = models.DateField()
    reads = models.BigIntegerField(default=0)
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "reads by server keys"
        constraints = [
            models.UniqueConstraint(fields=["key_id", "day"], name="people_reads_once"),
            models.CheckConstraint(condition=models.Q(reads__gte=0), name="people_reads_counted"),
        ]

    def __str__(self) -> str:
        return f"key {self.key_id} on {self.day}"
