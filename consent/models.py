"""Purposes and their words, the append-only ledger and its seals, suppressions, tombstones, and the address rows where
sends and withdrawals meet."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Regime(models.TextChoices):
    """The body of law that decides what holds for a person while they have said nothing."""

    GDPR = "gdpr", "GDPR and ePrivacy"
    CCPA = "ccpa", "CCPA/CPRA and state privacy laws"
    CAN_SPAM = "can_spam", "CAN-SPAM"
    OTHER = "other", "Elsewhere"


class Purpose(models.Model):
    """Something we may or may not do with a person's data.

    `legal_basis` and `allowed_by_default` hold where no `PurposeRule` of the person's regime says otherwise. A child is
    allowed only where its parent is; what nobody said about it is as its parent.
    """

    class LegalBasis(models.TextChoices):
        CONSENT = "consent"
        LEGITIMATE_INTEREST = "legitimate_interest"
        CONTRACT = "contract"

    class Channel(models.TextChoices):
        NONE = "", "None: stated for a browser or an account"
        EMAIL = "email", "E-mail: stated for an address"
        SMS = "sms", "SMS: stated for a phone number"

    class DoubleOptIn(models.TextChoices):
        NEVER = "never"
        UNVERIFIED = "unverified", "When said where nobody proves that the address is theirs"
        ALWAYS = "always"

    class DeniedEvent(models.TextChoices):
        STORE = "store", "Store it; ask at each use"
        ANONYMOUS = "anonymous", "Store it without identifiers"
        REFUSE = "refuse", "Do not store it"

    code = models.SlugField(primary_key=True)
    label = models.TextField()
    legal_basis = models.TextField(choices=LegalBasis.choices)
    allowed_by_default = models.BooleanField(default=False, help_text="What holds while the ledger knows nothing.")
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        help_text="Allowed only where this one is, too: a topic of e-mail marketing, for instance.",
    )
    channel = models.TextField(
        choices=Channel.choices,
        blank=True,
        default=Channel.NONE,
        db_default="",
        help_text="Whether it is stated for an address or number.",
    )
    double_opt_in = models.TextField(choices=DoubleOptIn.choices, default=DoubleOptIn.NEVER, db_default="never")
    denied_event = models.TextField(
        choices=DeniedEvent.choices,
        default=DeniedEvent.STORE,
        db_default="store",
        help_text="What becomes of an event that itself says this purpose is denied.",
    )
    categories = ArrayField(
        models.TextField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="Names and ids of consent managers that mean this purpose, e.g. C0002 or Performance.",
    )
    shown = models.BooleanField(
        default=True, db_default=True, help_text="Whether people meet it in the banner and the preference center."
    )
    position = models.SmallIntegerField(default=100, db_default=100, help_text="Its place in lists, smallest first.")

    def __str__(self) -> str:
        return self.label


class PurposeRule(models.Model):
    """What one regime says about a purpose."""

    purpose = models.ForeignKey(Purpose, on_delete=models.CASCADE, related_name="rules")
    regime = models.TextField(choices=Regime.choices)
    legal_basis = models.TextField(choices=Purpose.LegalBasis.choices)
    allowed_by_default = models.BooleanField(default=False)
    gpc_denies = models.BooleanField(default=False, help_text="Whether Sec-GPC: 1 counts as a denial.")
    expires_after_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="A yes older than this has expired. Empty: never."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "regime"], name="consent_purpose_rule_once")]

    def __str__(self) -> str:
        return f"{self.purpose_id} under {self.get_regime_display()}"


class Notice(models.Model):
    """A version of the privacy notice. Whoever answered under an older one is asked again where `ask_again` says so."""

    version = models.PositiveIntegerField(primary_key=True)
    url = models.TextField(blank=True, default="", help_text="Where people read it.")
    summary = models.JSONField(default=dict, blank=True, help_text="{locale: what changed, in a sentence}")
    ask_again = models.BooleanField(default=True)
    published_at = models.DateTimeField(db_default=Now())
    published_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"Notice {self.version}"


class Wording(models.Model):
    """The exact words in which a purpose was put to people. Never changed: new words are a new version."""

    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="wordings")
    version = models.PositiveIntegerField()
    locale = models.TextField(help_text="A language tag, e.g. en or de.")
    title = models.TextField()
    text = models.TextField()
    sha256 = models.BinaryField(max_length=32, help_text="Of title, a line feed, and text, in UTF-8.")
    made_at = models.DateTimeField(db_default=Now())
    made_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "version", "locale"], name="consent_wording_once"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} v{self.version} ({self.locale})"


class Proof(models.Model):
    """What shows that an entry is true, as it came: a form's fields, a consent string, a mail. Deletable, personal."""

    kind = models.TextField(help_text="form, tcf, event, api, import, staff, mail.")
    content = models.JSONField(default=dict)
    address_hash = models.BinaryField(max_length=16, null=True)
    identifier_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["address_hash"], name="consent_proof_address"),
            models.Index(fields=["identifier_id"], name="consent_proof_identifier"),
            models.Index(fields=["made_at"], name="consent_proof_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.made_at:%Y-%m-%d}"


class Entry(models.Model):
    """One line of the ledger. The database refuses to change or delete it (trigger consent_entry_append_only).

    The subject is an address hash (e-mail and SMS purposes) or an identifier id (all others), never both.
    """

    class State(models.TextChoices):
        GRANTED = "granted"
        WITHDRAWN = "withdrawn"
        DENIED = "denied"
        EXPIRED = "expired"
        PENDING = "pending"

    entry_key = models.BinaryField(max_length=16, unique=True, help_text="Idempotency: hash of what caused the entry.")
    address_hash = models.BinaryField(max_length=16, null=True)
    identifier_id = models.BigIntegerField(null=True)
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="+")
    state = models.TextField(choices=State.choices)
    method = models.TextField(
        help_text="How it was said: event, context, gpc, tcf, api, one_click, page, import, staff, complaint, bounce."
    )
    source_id = models.BigIntegerField(null=True)
    separation_id = models.BigIntegerField(
        null=True, help_text="The separation of people by staff that carried a refusal to both sides."
    )
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())
    channel = models.TextField(blank=True, default="", db_default="", help_text="email, sms, or nothing.")
    wording_id = models.BigIntegerField(null=True, help_text="The words it was an answer to.")
    wording_sha256 = models.BinaryField(max_length=32, null=True, help_text="Of these words.")
    notice_version = models.PositiveIntegerField(null=True, help_text="The privacy notice it was given under.")
    actor = models.TextField(
        blank=True, default="", db_default="", help_text="person, source:<id>, staff:<id> or system."
    )
    ip = models.TextField(blank=True, default="", db_default="", help_text="Truncated: /24 of IPv4, /48 of IPv6.")
    proof_id = models.BigIntegerField(null=True, help_text="A deletable Proof.")
    reason = models.TextField(blank=True, default="", db_default="", help_text="Why staff wrote it.")

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(address_hash__isnull=True) ^ models.Q(identifier_id__isnull=True),
                name="consent_entry_one_subject",
            ),
        ]
        indexes = [
            models.Index(fields=["address_hash", "purpose", "-occurred_at"], name="consent_entry_address"),
            models.Index(fields=["identifier_id", "purpose", "-occurred_at"], name="consent_entry_identifier"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} {self.state}"


class Address(models.Model):
    """One row an address, locked by every send to it and every withdrawal of it, so that they take turns."""

    address_hash = models.BinaryField(max_length=16, primary_key=True)
    last_mailed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return bytes(self.address_hash).hex()


class Suppression(models.Model):
    """An address that must not be written to, whatever consent says."""

    class Reason(models.TextChoices):
        UNSUBSCRIBE = "unsubscribe"
        HARD_BOUNCE = "hard_bounce"
        COMPLAINT = "complaint"
        ERASURE = "erasure"
        MANUAL = "manual"

    address_hash = models.BinaryField(max_length=16)
    scope = models.TextField(default="marketing", help_text="marketing, all (also transactional), or sms.")
    reason = models.TextField(choices=Reason.choices)
    created_at = models.DateTimeField(db_default=Now())
    note = models.TextField(blank=True, default="", db_default="", help_text="Why, in staff's words or an import's.")
    origin = models.TextField(blank=True, default="", db_default="", help_text="event, page, import, staff, erasure…")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["address_hash", "scope"], name="consent_suppression_once")]

    def __str__(self) -> str:
        return f"{self.reason} ({self.scope})"


class Seal(models.Model):
    """A block of the ledger, chained: HMAC over the digest before it and every entry with an id up to `last_entry_id`
    and above the last block's. Append-only by trigger."""

    number = models.BigIntegerField(primary_key=True)
    last_entry_id = models.BigIntegerField(unique=True)
    entries = models.IntegerField()
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"Seal {self.number}"


class SealMark(models.Model):
    """How far the ledger may be sealed once every transaction before `until_xid` has ended. One row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    last_entry_id = models.BigIntegerField(help_text="Nobody gets an id up to this one any more after that.")
    until_xid = models.BigIntegerField()
    marked_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"up to entry {self.last_entry_id}"


class Place(models.Model):
    """The time zone last told with an identifier's events: where the person may be, if nothing better is known."""

    identifier_id = models.BigIntegerField(primary_key=True)
    time_zone = models.TextField()
    said_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.time_zone


class DeviceDenial(models.Model):
    """The latest denial of one kind that a device sent along with its events. In the ledger it stands once a change;
    this row lets it count against a yes that was said before it and arrives later."""

    identifier_id = models.BigIntegerField()
    purpose = models.ForeignKey(Purpose, on_delete=models.CASCADE, related_name="+", db_index=False)
    method = models.TextField(help_text="context, gpc or tcf.")
    denied_at = models.DateTimeField()
    source_id = models.BigIntegerField(null=True)
    proof_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["identifier_id", "purpose", "method"], name="consent_device_denial_once")
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} ({self.method})"


class MailPreference(models.Model):
    """How often the owner of an address wants marketing mail, and until when none at all."""

    class Frequency(models.TextChoices):
        ALL = "all", "As it comes"
        WEEKLY = "weekly", "At most once a week"
        MONTHLY = "monthly", "At most once a month"

    address_hash = models.BinaryField(max_length=16, primary_key=True)
    paused_until = models.DateTimeField(null=True)
    frequency = models.TextField(choices=Frequency.choices, default=Frequency.ALL)
    locale = models.TextField(blank=True, default="")
    updated_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.get_frequency_display()


class Refusal(models.Model):
    """That something was not done for somebody, and why: one row a subject, use, purpose and reason, counted."""

    identifier_id = models.BigIntegerField(null=True)
    address_hash = models.BinaryField(max_length=16, null=True)
    use = models.TextField(help_text="recommendation, send, segment, training, sharing, export, ingest.")
    purpose_id = models.TextField()
    reason = models.TextField(help_text="The decision's code.")
    entry_id = models.BigIntegerField(null=True, help_text="The latest ledger entry that said so.")
    times = models.BigIntegerField(default=1, db_default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(address_hash__isnull=True) ^ models.Q(identifier_id__isnull=True),
                name="consent_refusal_one_subject",
            ),
            models.UniqueConstraint(
                fields=["identifier_id", "address_hash", "use", "purpose_id", "reason"],
                nulls_distinct=False,
                name="consent_refusal_once",
            ),
        ]
        indexes = [
            models.Index(fields=["address_hash"], name="consent_refusal_address"),
            models.Index(fields=["last_at"], name="consent_refusal_age"),
        ]

    def __str__(self) -> str:
        return f"{self.use}: {self.reason}"


class Tombstone(models.Model):
    """An erased identifier: its events up to `erased_at` are refused for ever."""

    identifier_hash = models.BinaryField(max_length=16, primary_key=True)
    erased_at = models.DateTimeField()
    refuses_all = models.BooleanField(
        default=False, help_text="Refuse later events too (imports and restores always are)."
    )

    def __str__(self) -> str:
        return bytes(self.identifier_hash).hex()
