"""Model runs (what was trained, on what, how good it was, which is live), placements, and what answers brought."""

from django.db import models
from django.db.models.functions import Now


class ModelRun(models.Model):
    """One training: parameters, data window, metrics beside popularity, and the artifact's checksum."""

    job_id = models.UUIDField(null=True, editable=False)
    params = models.JSONField(default=dict)
    trained_until = models.DateTimeField(help_text="The newest event it learned from.")
    people = models.IntegerField(default=0)
    products = models.IntegerField(default=0)
    interactions = models.BigIntegerField(default=0)
    metrics = models.JSONField(default=dict, help_text="By strategy and slice: ndcg, recall, hit rate, mrr, coverage.")
    artifact = models.TextField(help_text="File name under VAR_DIR/models.")
    checksum = models.TextField(help_text="SHA-256 of the artifact.")
    is_live = models.BooleanField(default=False)
    verdict = models.TextField(blank=True, default="", help_text="Why it was or was not promoted.")
    override_reason = models.TextField(blank=True, default="", help_text="Why staff made it live against the verdict.")
    log = models.JSONField(default=list, blank=True, help_text="[[seconds since the start, step, note]].")
    seconds = models.FloatField(null=True, help_text="How long the training took.")
    peak_mb = models.FloatField(null=True, help_text="Greatest memory of the process while training.")
    size_mb = models.FloatField(null=True, help_text="Of the artifact.")
    sampled = models.FloatField(default=1.0, help_text="Share of people it learned from; below 1 to bound memory.")
    promoted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_live"], condition=models.Q(is_live=True), name="recommendations_one_live_model"
            ),
        ]

    def __str__(self) -> str:
        return f"model #{self.pk}"


class Placement(models.Model):
    """One place in the shop or in mails that recommendations fill: strategies, rules, holdout."""

    key = models.SlugField(unique=True, help_text="What the API and the script tag name, e.g. home-top.")
    name = models.TextField()
    kind = models.TextField(default="custom")
    title = models.TextField(blank=True, default="", help_text="A heading for customers, e.g. “Picked for you”.")
    is_active = models.BooleanField(default=True)
    strategies = models.JSONField(default=list)
    mode = models.TextField(default="blend")
    fallbacks = models.JSONField(default=list)
    n = models.SmallIntegerField(default=8)
    filters = models.JSONField(default=dict, blank=True)
    caps = models.JSONField(default=dict, blank=True)
    boosts = models.JSONField(default=list, blank=True)
    diversity = models.FloatField(default=0.0)
    exploration = models.FloatField(default=0.0)
    holdout = models.FloatField(default=0.0)
    holdout_shows = models.TextField(default="popular")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(n__gte=1, n__lte=50), name="recommendations_placement_n"),
            models.CheckConstraint(
                condition=models.Q(
                    diversity__gte=0,
                    diversity__lte=1,
                    exploration__gte=0,
                    exploration__lte=1,
                    holdout__gte=0,
                    holdout__lte=1,
                ),
                name="recommendations_placement_shares",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.key


class PlacementRule(models.Model):
    """A pinned or excluded product, category or brand; without a placement it holds in all."""

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, null=True, blank=True, related_name="rules")
    action = models.TextField(choices=[("pin", "Pin"), ("exclude", "Exclude")])
    target = models.TextField(
        choices=[("product", "Product"), ("category", "Category"), ("brand", "Brand")], default="product"
    )
    value = models.TextField(help_text="The product's id, or the name of the category or brand.")
    position = models.SmallIntegerField(default=0, help_text="Of a pin, from 1; 0 = before what was found.")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    segment = models.TextField(blank=True, default="", help_text="Only for members of this segment (its slug).")
    note = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(action="pin") | models.Q(target="product"), name="recommendations_pin_a_product"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target} {self.value}"


class Feedback(models.Model):
    """What became of one product of one answer, told once: repeats are refused by the unique constraint.

    Answers themselves are not stored: an answer's id is signed and says which placement, variant and model it was of.
    """

    class Kind(models.IntegerChoices):
        IMPRESSION = 0
        CLICK = 1
        ADD = 2
        ORDER = 3

    recommendation = models.BinaryField(max_length=12, help_text="The nonce in the answer's id.")
    kind = models.SmallIntegerField(choices=Kind.choices)
    product_id = models.TextField()
    order_id = models.TextField(blank=True, default="")
    placement = models.TextField(help_text="Key of the placement, or `api:<strategy>` without one.")
    variant = models.TextField(blank=True, default="")
    model_run = models.IntegerField(default=0, help_text="0: none was live.")
    identifier_id = models.BigIntegerField(null=True, help_text="Who it was, where that may be kept.")
    amount = models.DecimalField(max_digits=18, decimal_places=6, null=True, help_text="Of an order's lines.")
    currency = models.CharField(max_length=3, blank=True, default="")
    served_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recommendation", "kind", "product_id", "order_id"], name="recommendations_feedback_once"
            ),
            # Also serves orders that are folded anew: what each of their products was credited to.
            models.UniqueConstraint(
                fields=["order_id", "product_id"],
                condition=models.Q(kind=3),
                name="recommendations_feedback_credited_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=3) & ~models.Q(order_id="") | ~models.Q(kind=3) & models.Q(order_id=""),
                name="recommendations_feedback_of_an_order",
            ),
        ]
        indexes = [
            # Serves attribution (a buyer's clicks and additions of the last days), erasure and export.
            models.Index(
                fields=["identifier_id", "at"],
                condition=models.Q(identifier_id__isnull=False),
                name="recommendations_feedback_who",
            ),
            models.Index(fields=["at"], name="recommendations_feedback_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.product_id}"


class Earning(models.Model):
    """What the answers a placement gave on a day (company's time zone) brought, then or later, by variant and model.
    Counts stand on the row without a currency, money on those with one."""

    day = models.DateField()
    placement = models.TextField()
    variant = models.TextField(blank=True, default="")
    model_run = models.IntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True, default="")
    answers = models.BigIntegerField(default=0, help_text="Answers of which at least one product was seen.")
    clicked = models.BigIntegerField(
        default=0, db_default=0, help_text="Of the answers: at least one product was clicked."
    )
    added = models.BigIntegerField(
        default=0, db_default=0, help_text="Of the answers: at least one product was put into the cart."
    )
    ordered = models.BigIntegerField(
        default=0, db_default=0, help_text="Of the answers: at least one product was bought."
    )
    impressions = models.BigIntegerField(default=0)
    clicks = models.BigIntegerField(default=0)
    adds = models.BigIntegerField(default=0)
    orders = models.BigIntegerField(default=0, help_text="Order lines that are due to it.")
    revenue = models.DecimalField(max_digits=18, decimal_places=6, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "placement", "variant", "model_run", "currency"], name="recommendations_earning_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.placement} {self.variant}"


class ShownProduct(models.Model):
    """How often a product was seen and clicked in the answers given on a day."""

    day = models.DateField()
    product_id = models.TextField()
    impressions = models.BigIntegerField(default=0)
    clicks = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "product_id"], name="recommendations_shown_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.product_id}"
