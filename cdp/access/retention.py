"""How long it is kept who looked at or changed what concerns a person."""

from cdp.access.models import AuditEntry
from cdp.lib.retention import DataClass, Timed

_AUDIT = Timed(AuditEntry, "at", tells=("action",))

CLASSES = (
    DataClass(
        code="audit",
        title="Audit log",
        kept_for="to show who looked at personal data (GDPR Art. 5(2) and 32)",
        what="entries are deleted",
        default_days=730,
        measure=_AUDIT.measure,
        delete=_AUDIT.delete,
        models=("access.AuditEntry",),
    ),
)
