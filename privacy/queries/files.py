"""An export as a download that nobody keeps on the way."""

from pathlib import Path

from django.conf import settings
from django.http import FileResponse

from privacy.models import Export


def file_of(export: Export) -> FileResponse:
    """The ZIP, to be saved under a name that says what it is."""
    name = f"my-data-{export.made_at:%Y-%m-%d}.zip"
    response = FileResponse((Path(settings.EXPORTS_DIR) / export.file).open("rb"), as_attachment=True, filename=name)
    response["Content-Type"] = "application/zip"
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Robots-Tag"] = "noindex"
    return response
