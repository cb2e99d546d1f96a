"""How long uploaded experiment logs are kept."""

from cdp.lib.retention import DataClass, Timed
from experiments.models import UpliftUpload

_UPLOADS = Timed(UpliftUpload, "created_at", tells=("rows",))

CLASSES = (
    DataClass(
        code="uplift_uploads",
        title="Uploaded experiment logs",
        kept_for="to compare who is moved by an offer once more, with other goals or features",
        what="the rows are deleted; comparisons made of them stay",
        default_days=30,
        measure=_UPLOADS.measure,
        delete=_UPLOADS.delete,
        models=("experiments.UpliftUpload",),
    ),
)
