"""Privacy requests with their steps, single-use links, exports, letters, and rules and runs of retention."""

import uuid_utils.compat
from django.db import models
from django.db.models.functions import Now


class Request(models.Model):
    """What a person asked of us under a privacy law, from the asking to its end. `due_at` is the law's last day."""

    class Kind(models.TextChoices):
        ACCESS = "access", "Access and portability"
        RECTIFY = "rectify", "Rectification"
        ERASE = "erase", "Erasure"
        RESTRICT = "restrict", "Restriction"
        UNRESTRICT = "unrestrict", "End of a restriction"
        OBJECT = "object", "Objection"
        OPT_OUT = "opt_out", "Opt out of sale and sharing"

    class State(models.TextChoices):
        UNVERIFIED = "unverified", "Waiting for the link to be used"
        OPEN = "open", "Verified, to be decided by staff"
        WORKING = "working"
        DONE = "done"
        REFUSED = "refused"
        EXPIRED = "expired", "The link was never used"
        FAILED = "failed", "A step failed: it is tried again"

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    kind = models.TextField(choices=Kind.choices)
    state = models.TextField(choices=State.choices, default=State.UNVERIFIED)
    regime = models.TextField(help_text="The law its clock follows: gdpr, ccpa, can_spam or other.")
    address_hash = models.BinaryField(max_length=16, null=True)
    address = models.TextField(blank=True, default="", help_text="Where answers go. Personal; emptied at the end.")
    locale = models.TextField(default="en")
    person = models.JSONField(null=True, help_text="cdp.lib.rights.Person as found; personal, emptied at the end.")
    wishes = models.JSONField(default=dict, help_text="What is to be rectified, or which purposes; emptied at the end.")
    came_by = models.TextField(help_text="page, api or staff.")
    note = models.TextField(blank=True, default="", help_text="Staff's words: the reason of a refusal or extension.")
    handled_by_id = models.BigIntegerField(null=True)
    received_at = models.DateTimeField(db_default=Now())
    verified_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    extended_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="privacy_request_due", condition=models.Q(closed_at__isnull=True)),
            models.Index(fields=["-received_at"], name="privacy_request_newest"),
            models.Index(fields=["address_hash"], name="privacy_request_address"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {str(self.id)[-6:]}"


class Step(models.Model):
    """One step of a request with its evidence: counts and instants, nobody's data."""

    class State(models.TextChoices):
        WAITING = "waiting"
        WORKING = "working"
        DONE = "done"
        FAILED = "failed"

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="steps")
    position = models.SmallIntegerField()
    name = models.TextField(help_text="verify, find, export, erase:<store>, tombstones, recipients, check, tell…")
    title = models.TextField()
    state = models.TextField(choices=State.choices, default=State.WAITING)
    evidence = models.JSONField(default=dict)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["request", "name"], name="privacy_step_once")]

    def __str__(self) -> str:
        return self.title


class Link(models.Model):
    """A single-use link sent to an address: only its hash is kept. Used once, by POST, until it expires."""

    token_hash = models.BinaryField(max_length=32, primary_key=True)
    use = models.TextField(help_text="held, why, download, delete, verify, confirm (double opt-in).")
    address_hash = models.BinaryField(max_length=16)
    request = models.ForeignKey(Request, null=True, on_delete=models.CASCADE, related_name="links")
    facts = models.JSONField(default=dict, help_text="What it is for; no personal data but the masked address.")
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["address_hash", "-made_at"], name="privacy_link_address"),
            models.Index(fields=["expires_at"], name="privacy_link_age"),
        ]

    def __str__(self) -> str:
        return f"{self.use}, {'used' if self.used_at else 'unused'}"


class Letter(models.Model):
    """A transactional mail of this app, sent at least once: confirm a sign-up, a link, what became of a request.

    Its words are made when it is sent, with a link minted in that transaction: no token is ever stored.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"
        DROPPED = "dropped", "No longer wanted"

    key = models.TextField(unique=True, help_text="What it is about, once.")
    kind = models.TextField(help_text="confirm, link, export_ready, done, refused.")
    address = models.TextField(blank=True, default="", help_text="Personal; emptied once it was sent.")
    address_hash = models.BinaryField(max_length=16)
    locale = models.TextField(default="en")
    request = models.ForeignKey(Request, null=True, on_delete=models.SET_NULL, related_name="letters")
    facts = models.JSONField(default=dict)
    state = models.TextField(choices=State.choices, default=State.WAITING)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    next_at = models.DateTimeField(db_default=Now())
    made_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="privacy_letter_due", condition=models.Q(state="waiting")),
            models.Index(fields=["address_hash", "-made_at"], name="privacy_letter_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.state}"


class Export(models.Model):
    """A ZIP made for an access request: a file in EXPORTS_DIR, deleted when it expires or the person is erased."""

    request = models.OneToOneField(Request, on_delete=models.CASCADE, related_name="export")
    file = models.TextField(help_text="Its name in the folder; random.")
    sha256 = models.BinaryField(max_length=32)
    bytes = models.BigIntegerField()
    records = models.JSONField(default=dict, help_text="{part: rows}")
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    downloads = models.SmallIntegerField(default=0)
    deleted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.bytes} bytes"


class RetentionRule(models.Model):
    """How long one class of data is kept; `keep_days` empty: for ever. The classes are the code's."""

    data_class = models.SlugField(primary_key=True)
    keep_days = models.PositiveIntegerField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.data_class


class RetentionRun(models.Model):
    """One run over all classes: what was (or, dry, would be) deleted.

    `report`: {class: {"due": n, "deleted": n, …}}.
    """

    dry = models.BooleanField()
    report = models.JSONField(default=dict)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{'Dry run' if self.dry else 'Run'} of {self.started_at:%Y-%m-%d %H:%M}"
