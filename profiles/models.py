"""Identifiers, links and staff decisions (facts), states and profiles (derived), and the journal of what moved."""

import uuid_utils.compat
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from lake.fields import XidField


class Identifier(models.Model):
    """One way by which a person is known: (kind, canonical value). Never deleted but by erasure.

    `profile_id` is derived: the component this identifier belongs to now. `minted_id` is the profile id minted with it;
    any id ever minted resolves through it to the present profile.
    """

    kind = models.TextField(db_collation="C")  # bytewise: the quickest look-up, and the same order on every server
    value = models.TextField(db_collation="C")
    first_seen_at = models.DateTimeField(help_text="Earliest event time it was seen at, floored for browsers.")
    minted_id = models.UUIDField(unique=True, default=uuid_utils.compat.uuid7, editable=False)
    profile_id = models.UUIDField(db_index=True)
    degree = models.IntegerField(default=0, db_default=0, help_text="Distinct person keys it was seen with.")
    is_shared = models.BooleanField(
        default=False, db_default=False, help_text="Seen with too many people: it is nobody's."
    )
    created_at = models.DateTimeField(db_default=Now())
    xid = XidField()

    class Meta:
        # Serves the lake: identifiers that are new or hang elsewhere since its watermark.
        indexes = [
            models.Index(fields=["xid"], name="profiles_identifier_lake"),
            # Serves the page and the alarm of identifiers that are nobody's: few, so it costs writers nothing.
            models.Index(fields=["-degree"], name="profiles_identifier_shared", condition=models.Q(is_shared=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="profiles_identifier_once"),
            models.CheckConstraint(
                condition=~models.Q(kind="") & ~models.Q(value=""), name="profiles_identifier_names_something"
            ),
            models.CheckConstraint(condition=models.Q(degree__gte=0), name="profiles_identifier_degree_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Link(models.Model):
    """Two identifiers seen together on one event. Only ever added; keeps the earliest event time and its evidence.

    `a_is_person` says that on some event `a` was the person key (user_id, else e-mail, else phone) `b` was seen with;
    `b_is_person` likewise. Distinct person keys decide when an identifier counts as shared.
    """

    a = models.ForeignKey(Identifier, on_delete=models.CASCADE, related_name="+", db_index=False)
    b = models.ForeignKey(Identifier, on_delete=models.CASCADE, related_name="+", db_index=False)
    first_seen_at = models.DateTimeField()
    a_is_person = models.BooleanField(default=False, db_default=False)
    b_is_person = models.BooleanField(default=False, db_default=False)
    source_id = models.BigIntegerField(null=True, help_text="Source of the earliest evidence.")
    message_hash = models.BinaryField(max_length=16, null=True, help_text="Message of the earliest evidence.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="profiles_link_once"),
            models.CheckConstraint(condition=models.Q(a__lt=models.F("b")), name="profiles_link_ordered"),
        ]
        # Serves the walk over the neighbourhood from the far side.
        indexes = [models.Index(fields=["b", "a"], name="profiles_link_reverse")]

    def __str__(self) -> str:
        return f"{self.a_id} – {self.b_id}"


class IdentifierState(models.Model):
    """Fold of the events that hang on one identifier; a profile's state is the join of its identifiers' states.

    `traits`: {name: [value, event time µs, message hash hex]}; `counters`: {event name: [count, first µs, last µs]}.
    """

    identifier = models.OneToOneField(Identifier, on_delete=models.CASCADE, primary_key=True, related_name="state")
    traits = models.JSONField(default=dict)
    counters = models.JSONField(default=dict)
    event_count = models.BigIntegerField(default=0)
    first_seen_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(event_count=0, first_seen_at=None, last_seen_at=None)
                | models.Q(event_count__gt=0, first_seen_at__isnull=False, last_seen_at__gte=models.F("first_seen_at")),
                name="profiles_state_seen_as_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"state of #{self.pk}"


class Profile(models.Model):
    """Derived: the join of the states of the identifiers of one component. May be deleted and recomputed."""

    id = models.UUIDField(primary_key=True, editable=False)
    traits = models.JSONField(default=dict)
    counters = models.JSONField(default=dict)
    event_count = models.BigIntegerField(default=0)
    first_seen_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    is_shared = models.BooleanField(default=False, db_default=False)
    updated_at = models.DateTimeField(db_default=Now())
    xid = XidField()

    class Meta:
        permissions = [
            ("view_personal", "Can see personal data unmasked"),
            ("decide_identity", "Can split people, keep them apart and undo it"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(event_count=0, first_seen_at=None, last_seen_at=None)
                | models.Q(event_count__gt=0, first_seen_at__isnull=False, last_seen_at__gte=models.F("first_seen_at")),
                name="profiles_profile_seen_as_counted",
            ),
        ]
        # Serves the lake: profiles whose traits changed since its watermark. No other index: every batch changes every
        # other column, and an index on one would end updates in place. A trigger leaves xid alone then.
        indexes = [models.Index(fields=["xid"], name="profiles_profile_lake")]

    def __str__(self) -> str:
        """What the admin has found to call this person; else the end of the id."""
        return str(self.__dict__.get("called") or f"profile …{self.pk.hex[-6:]}")


class RuleSet(models.Model):
    """A version of the identity rules. A change is a new version; one is current, or none: the shipped ones hold."""

    number = models.PositiveIntegerField(primary_key=True)
    rules = models.JSONField(help_text="profiles.identity.IdentityRules as JSON, without its number.")
    reason = models.TextField(help_text="Why they were changed.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    is_current = models.BooleanField(default=False, db_default=False)
    applied_at = models.DateTimeField(null=True, help_text="When everybody had been recomputed under them.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=models.Q(is_current=True), name="profiles_one_current_ruleset"
            )
        ]

    def __str__(self) -> str:
        return f"identity rules {self.number}"


class Separation(models.Model):
    """Staff say that the identifiers of two sides are never one person. Lifting it is a fact too: nothing is lost."""

    reason = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    lift_reason = models.TextField(blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"separation #{self.pk}"


class SeparatedIdentifier(models.Model):
    """On which side of a separation an identifier stands."""

    separation = models.ForeignKey(Separation, on_delete=models.CASCADE, related_name="identifiers")
    identifier = models.ForeignKey(Identifier, on_delete=models.CASCADE, related_name="+")
    side = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["separation", "identifier"], name="profiles_separated_once"),
            models.CheckConstraint(condition=models.Q(side__in=(1, 2)), name="profiles_separated_one_of_two_sides"),
        ]

    def __str__(self) -> str:
        return f"side {self.side} of separation {self.separation_id}"


class IdentityChange(models.Model):
    """The journal: a merge or split of existing profiles, and what caused it. Written in the transaction that moves."""

    class Kind(models.TextChoices):
        MERGED = "merged"
        SPLIT = "split"

    class Cause(models.TextChoices):
        EVENTS = "events", "events"
        RULES = "rules", "changed identity rules"
        SEPARATION = "separation", "a separation by staff"
        LIFTED = "lifted", "a separation lifted by staff"
        REPAIR = "repair", "a recomputation"

    at = models.DateTimeField()
    kind = models.TextField(choices=Kind.choices)
    cause = models.TextField(choices=Cause.choices, default=Cause.EVENTS)
    separation = models.ForeignKey(Separation, null=True, on_delete=models.SET_NULL, related_name="+")
    rules_number = models.PositiveIntegerField(help_text="The identity rules it happened under; 0 = the shipped ones.")
    profile_id = models.UUIDField(db_index=True, help_text="Merged: the one that stayed; split: the one that parted.")
    others = ArrayField(models.UUIDField(), help_text="Merged: those that went; split: where its identifiers are now.")

    class Meta:
        indexes = [models.Index(fields=["-at"], name="profiles_change_at")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class IdentityMove(models.Model):
    """One identifier that went from one profile to another: read backwards, the profiles as they stood."""

    change = models.ForeignKey(IdentityChange, on_delete=models.CASCADE, related_name="moves")
    identifier = models.ForeignKey(Identifier, on_delete=models.CASCADE, related_name="+", db_index=False)
    from_profile = models.UUIDField(db_index=True)
    to_profile = models.UUIDField(db_index=True)
    at = models.DateTimeField()

    class Meta:
        # Serves where an identifier was at some instant.
        indexes = [models.Index(fields=["identifier", "at"], name="profiles_move_identifier")]

    def __str__(self) -> str:
        return f"identifier {self.identifier_id} moved"


class Account(models.Model):
    """A group of people as “group” calls name it: a company, a household, a club. Facts folded, whatever their order.

    `traits`: {name: [value, event time µs, message hash hex]}, the last by (time, hash) wins.
    """

    group_id = models.TextField(unique=True, db_collation="C")
    traits = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(group_id=""), name="profiles_account_names_something"),
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("first_seen_at")), name="profiles_account_seen_in_order"
            ),
        ]
        # Serves the list, the latest first.
        indexes = [models.Index(fields=["-last_seen_at"], name="profiles_account_latest")]

    def __str__(self) -> str:
        return f"account #{self.pk}"


class AccountMember(models.Model):
    """An identifier that was seen in an account. Who that is now, its profile says: a merge moves nothing here."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="members")
    identifier = models.ForeignKey(Identifier, on_delete=models.CASCADE, related_name="+")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "identifier"], name="profiles_member_once"),
            models.CheckConstraint(
                condition=models.Q(last_seen_at__gte=models.F("first_seen_at")), name="profiles_member_seen_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"member #{self.pk}"
