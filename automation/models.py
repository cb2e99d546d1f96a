"""Journeys with their versions, and enrollments with the steps they passed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from automation.backtest_models import BackTest, BackTestLine
from automation.trigger_models import Browsing, TriggerRun
from consent.contracts import EMAIL_MARKETING

__all__ = [
    "BackTest",
    "BackTestLine",
    "Browsing",
    "Enrollment",
    "Journey",
    "JourneyVersion",
    "Passing",
    "TriggerRun",
]


class Journey(models.Model):
    """An automated story. `draft` is what the builder holds; what runs is `version`, which never changes."""

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        PAUSED = "paused"
        ARCHIVED = "archived"

    class Reentry(models.TextChoices):
        ONCE = "once", "once in a lifetime"
        AFTER = "after", "again some days after they entered last"
        ALWAYS = "always", "every time, but never twice at once"

    slug = models.SlugField(unique=True)
    name = models.TextField()
    state = models.TextField(choices=State.choices, default=State.DRAFT)
    holdout_share = models.DecimalField(
        max_digits=4, decimal_places=3, default="0.1", help_text="Share of addresses never mailed."
    )
    purpose = models.ForeignKey(
        "consent.Purpose",
        on_delete=models.PROTECT,
        default=EMAIL_MARKETING,
        related_name="+",
        limit_choices_to={"channel": "email"},
        help_text="What a mail is sent for: it goes to nobody who does not allow this purpose and its parents.",
    )
    notes = models.TextField(blank=True, default="")
    draft = models.JSONField(default=dict, blank=True, help_text="The graph in the builder: see automation/graph.")
    version = models.ForeignKey(
        "JourneyVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="What runs."
    )
    priority = models.SmallIntegerField(
        default=50,
        help_text="0 to 100. Of two journeys that would write to a person at once, the higher one goes first.",
    )
    reentry = models.TextField(choices=Reentry.choices, default=Reentry.ALWAYS)
    reentry_days = models.PositiveIntegerField(default=30)
    shipped = models.TextField(blank=True, default="", help_text="The shipped journey it was made of.")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name

    @property
    def purpose_code(self) -> str:
        """What the gate is asked for."""
        return str(self.purpose_id)


class JourneyVersion(models.Model):
    """A published graph: never changed. Enrollments pin the version they entered by."""

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    graph = models.JSONField()
    note = models.TextField(blank=True, default="")
    published_at = models.DateTimeField(db_default=Now())
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey", "number"], name="automation_version_number")]

    def __str__(self) -> str:
        return f"{self.journey.slug} v{self.number}"


class Enrollment(models.Model):
    """One way through a journey. It hangs on an identifier, so merges neither restart nor lose it.

    `armed`: its trigger has not come true yet (a cart not idle for long enough). `waiting`: due at `due_at` at step
    `node`, or an event earlier (`awaits`). `sending`: its message decides when it goes on.
    """

    class State(models.TextChoices):
        ARMED = "armed"
        WAITING = "waiting"
        SENDING = "sending"
        DONE = "done"
        EXITED = "exited"

    OPEN = (State.ARMED.value, State.WAITING.value, State.SENDING.value)

    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="enrollments")
    version = models.ForeignKey(JourneyVersion, null=True, on_delete=models.PROTECT, related_name="enrollments")
    occasion = models.TextField(help_text="What it is about, once: cart key and arming ordinal, an event, a day.")
    cart_key = models.TextField(blank=True, default="")
    node = models.TextField(blank=True, default="", help_text="Id of the step it stands at.")
    node_at = models.DateTimeField(null=True, blank=True, help_text="When it came to that step: waits count from it.")
    awaits = models.TextField(blank=True, default="", help_text="Name of the event it waits for.")
    facts = models.JSONField(default=dict, blank=True, help_text="What the trigger told: ids, amounts, an offer.")
    held_out = models.BooleanField(default=False, db_default=False, help_text="In the comparison group.")
    lease = models.UUIDField(null=True, blank=True, help_text="Of the worker that works it.")
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    entered_at = models.DateTimeField(null=True, blank=True, help_text="When its trigger came true.")
    goal_at = models.DateTimeField(null=True, blank=True, help_text="When the journey's goal was reached.")
    identifier_id = models.BigIntegerField(db_index=True)
    state = models.TextField(choices=State.choices, default=State.WAITING)
    reason = models.TextField(blank=True, default="", help_text="Why it ended as it did.")
    armed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["journey", "occasion"], name="automation_enrolled_once"),
            # Nobody is lost: who waits is due some time.
            models.CheckConstraint(
                condition=~Q(state__in=["armed", "waiting"]) | Q(due_at__isnull=False), name="automation_waits_until"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["waiting", "sending"]) | (Q(version__isnull=False) & ~Q(node="")),
                name="automation_stands_somewhere",
            ),
        ]
        indexes = [
            # Serves the claim: what is due, journey by journey, so that those of a paused one are never walked.
            models.Index(
                fields=["journey", "due_at", "id"],
                name="automation_enrollment_next",
                condition=Q(state__in=["armed", "waiting"]),
            ),
            models.Index(fields=["cart_key"], name="automation_enrollment_cart"),
            models.Index(fields=["journey", "version", "node"], name="automation_enrollment_at", condition=~Q(node="")),
            models.Index(fields=["journey", "identifier_id"], name="automation_enrollment_who"),
            models.Index(
                fields=["awaits", "identifier_id"], name="automation_enrollment_awaits", condition=~Q(awaits="")
            ),
            # Serves the second look once an address is known.
            models.Index(
                fields=["identifier_id"],
                name="automation_enrollment_missing",
                condition=models.Q(state="waiting", reason="no_address"),
            ),
            # Serves charts: why carts ended without a mail.
            models.Index(
                fields=["ended_at"],
                include=["id", "state", "reason"],
                condition=models.Q(ended_at__isnull=False),
                name="automation_enrollment_figures",
            ),
        ]

    def __str__(self) -> str:
        about = f"Cart {self.cart_key.removeprefix('cart:')}" if self.cart_key else self.occasion.partition(":")[0]
        return f"{about}, {self.get_state_display().lower()}"


class Passing(models.Model):
    """A step that an enrollment passed, once: what was done or why not. No step is done twice."""

    pk = models.CompositePrimaryKey("enrollment_id", "node")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="passings", db_index=False)
    node = models.TextField()
    outcome = models.TextField(help_text="done, skipped, timeout, or the arm that was taken.")
    reason = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.node}: {self.outcome}"
