"""Settings and runs of RFM, how fresh computed traits are, whose are to be computed anew, and proposed segments."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class RfmSettings(models.Model):
    """How people are scored: one row, made with the first change. See `audiences.rfm.Settings`."""

    only_one = models.BooleanField(default=True, unique=True, editable=False)
    chosen = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    class Meta:
        verbose_name = verbose_name_plural = "RFM settings"
        constraints = [models.CheckConstraint(condition=models.Q(only_one=True), name="audiences_one_rfm_settings")]

    def __str__(self) -> str:
        return "RFM settings"


class RfmRun(models.Model):
    """One refresh of everybody's scores: what they were computed by, the grid, and who moved. It names nobody."""

    at = models.DateTimeField()
    settings = models.JSONField()
    edges = models.JSONField(help_text="{recency, orders, revenue: four edges}: newcomers are scored by them.")
    people = models.BigIntegerField()
    cells = models.JSONField(help_text='{"r-fm": {people, revenue, orders, priced}}; revenue in the currency.')
    moves = models.JSONField(
        default=dict, help_text='{"from>to": people} between groups since the run before; "" = none.'
    )
    repeat = models.JSONField(
        default=dict,
        db_default={},
        help_text="The likelihood to buy again: its state, AUC beside the recency rule's, weights, people.",
    )
    job_id = models.UUIDField(null=True)

    class Meta:
        get_latest_by = "at"
        indexes = [models.Index(fields=["-at"], name="audiences_rfm_latest")]

    def __str__(self) -> str:
        return f"RFM of {self.people:,} people"


class TraitRefresh(models.Model):
    """When a computed trait was computed of everybody, and whether who is touched is computed anew within seconds."""

    name = models.TextField(unique=True, help_text="The computed trait's name.")
    refreshed_at = models.DateTimeField(null=True, help_text="Null: never yet, or not since its definition changed.")
    definition = models.JSONField(default=dict, help_text="What it was computed by.")
    people = models.BigIntegerField(default=0, help_text="Of how many it says something.")
    is_watched = models.BooleanField(default=False, help_text="A live segment asks it.")
    problem = models.TextField(blank=True, default="", help_text="Why it is computed of one person only.")

    def __str__(self) -> str:
        return self.name


class StaleProfile(models.Model):
    """A profile whose values are to be computed anew. Deleted only if its generation has not moved meanwhile."""

    profile_id = models.UUIDField(primary_key=True)
    generation = models.BigIntegerField(default=1, db_default=1)
    is_whole = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Merged or split: every trait is computed anew, not only watched ones.",
    )
    marked_at = models.DateTimeField(db_default=Now())

    class Meta:
        # Serves the claim: who has waited longest, first.
        indexes = [models.Index(fields=["marked_at"], name="audiences_stale_oldest")]

    def __str__(self) -> str:
        return f"{self.profile_id} @{self.generation}"


class DiscoveryRun(models.Model):
    """One search for groups of people who behave alike. It names nobody."""

    at = models.DateTimeField()
    people = models.BigIntegerField(help_text="Who did anything in the time looked at.")
    sampled = models.BigIntegerField(help_text="Of how many it was learned.")
    left_out = models.JSONField(default=dict, help_text="{the gate's reason: people of the sample left out}.")
    method = models.TextField(blank=True, default="")
    clusters = models.PositiveSmallIntegerField(default=0)
    silhouette = models.FloatField(null=True, help_text="From -1 to 1: how far apart the groups are.")
    tried = models.JSONField(default=list, help_text="[[method, clusters, silhouette]]: what was compared.")
    job_id = models.UUIDField(null=True)

    class Meta:
        get_latest_by = "at"

    def __str__(self) -> str:
        return f"{self.clusters} groups of {self.sampled:,} people"


class Proposal(models.Model):
    """A group that was found, in words, and the rule that comes nearest to it."""

    class State(models.TextChoices):
        OPEN = "open"
        MADE = "made", "a segment"
        DISMISSED = "dismissed"

    run = models.ForeignKey(DiscoveryRun, on_delete=models.CASCADE, related_name="proposals")
    number = models.PositiveSmallIntegerField(help_text="By size, the largest is 1.")
    title = models.TextField()
    lines = models.JSONField(default=list, help_text="What sets them apart: [[words, lift]].")
    people = models.BigIntegerField(help_text="Of the sample.")
    share = models.FloatField(help_text="Of the sample, from 0 to 1.")
    rule = models.JSONField()
    precision = models.FloatField(help_text="Of those the rule takes in, the share that is in the group.")
    recall = models.FloatField(help_text="Of the group, the share that the rule takes in.")
    members = models.BigIntegerField(help_text="Whom the rule takes in of everybody, when it was measured.")
    state = models.TextField(choices=State.choices, default=State.OPEN)
    segment_slug = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="audiences_proposal_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "made", "dismissed"]), name="audiences_proposal_state"
            ),
        ]

    def __str__(self) -> str:
        return self.title
