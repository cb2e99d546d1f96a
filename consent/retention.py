"""How long proofs of consent and notes of what was not done are kept. The ledger itself is kept: it names nobody."""

from django.db.models import Exists, OuterRef, Q

from cdp.lib.retention import DataClass, Timed
from consent.contracts import AMBIENT, GRANTED
from consent.models import Entry, Proof, Refusal

# By the time of saying, as the fold has it; a yes that a device sends along takes no other one's place.
_later = Entry.objects.filter(
    Q(address_hash=OuterRef("address_hash")) | Q(identifier_id=OuterRef("identifier_id")),
    Q(occurred_at__gt=OuterRef("occurred_at")) | Q(occurred_at=OuterRef("occurred_at"), pk__gt=OuterRef("pk")),
    ~Q(state=GRANTED, method__in=AMBIENT),
    purpose=OuterRef("purpose"),
)
_in_force = Entry.objects.filter(~Exists(_later), proof_id=OuterRef("pk"), state=GRANTED)
_PROOFS = Timed(Proof, "made_at", Q(~Exists(_in_force)), tells=("kind",))
_REFUSALS = Timed(Refusal, "last_at", tells=("use", "purpose_id", "reason"))

CLASSES = (
    DataClass(
        code="consent_proofs",
        title="Proofs of consent",
        kept_for="to show that a yes was given (GDPR Art. 7(1)), for as long as claims can be made",
        what="what shows how somebody agreed is deleted, unless that yes is still in force",
        default_days=1095,
        measure=_PROOFS.measure,
        delete=_PROOFS.delete,
        models=("consent.Proof",),
    ),
    DataClass(
        code="consent_refusals",
        title="What was not done for want of consent",
        kept_for="to tell people and staff why something was not sent or personalized",
        what="the counts are deleted",
        default_days=395,
        measure=_REFUSALS.measure,
        delete=_REFUSALS.delete,
        models=("consent.Refusal",),
    ),
)
