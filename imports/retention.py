"""How long uploaded files are kept; their setting decides, and imports.settle deletes them."""

from django.conf import settings
from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from imports.models import Import

_FILES = Timed(Import, "finished_at", ~Q(path="") & Q(finished_at__isnull=False), tells=("kind", "state"))

CLASSES = (
    DataClass(
        code="import_files",
        title="Uploaded files",
        kept_for="to look up what a file said while its import is checked",
        what="files, their first rows and samples of rejected rows are deleted; counts stay",
        default_days=30,
        measure=_FILES.measure,
        delete=None,
        models=("imports.Import", "imports.ImportReject"),
        setting="IMPORT_KEEP_DAYS",
        setting_days=lambda: settings.IMPORT_KEEP_DAYS,
    ),
)
