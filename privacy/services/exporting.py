"""Exports: one ZIP a request, written row by row to a file of a random name, deleted after 7 days or with the person.

`data/<part>.json` holds every row a store has of the person; `index.html` shows the first 500 of each part, escaped,
in the person's language, loading nothing; `README.txt` says what each file is. What is shared with others, and what
belongs to people kept apart, is not the person's and not in it: each store exports by the person's own identifiers.
"""

import hashlib
import io
import json
import os
import secrets
import tempfile
import zipfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from cdp.lib.rights import Part, Person
from privacy import export_page
from privacy.models import Export, Request
from privacy.services import links
from privacy.stores import stores
from privacy.words import Words, words

KEPT_FOR = timedelta(days=7)
STRAY_AFTER = timedelta(days=1)
PIECE = 1 << 20


def make(request: Request, person: Person, now: datetime) -> Export:
    """The request's export, made once; what an earlier, unfinished run left is made anew."""
    if (known := Export.objects.filter(request=request).first()) is not None:
        return known
    folder = _folder()
    name = f"{secrets.token_hex(16)}.zip"
    with tempfile.NamedTemporaryFile(dir=folder, prefix="making-", delete=False) as file:
        try:
            records = write(file, person, words(request.locale), now)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, folder / name)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(file.name)
            raise
    path = folder / name
    return Export.objects.create(
        request=request,
        file=name,
        sha256=_digest(path),
        bytes=path.stat().st_size,
        records=records,
        made_at=now,
        expires_at=now + KEPT_FOR,
    )


def write(file: IO[bytes], person: Person, say: Words, now: datetime) -> dict[str, int]:
    """Write the ZIP of everything held of the person; {part: rows}. Memory stays flat however long a history is."""
    shown: list[export_page.Section] = []
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        tempfile.TemporaryFile(dir=_folder()) as page,
    ):
        for part in parts_of(person):
            table = io.BytesIO()
            rows = _write_part(archive, part, table, say)
            page.write(export_page.section(say, part.name, part.about, rows, table.getvalue().decode()).encode())
            shown.append(export_page.Section(part.name, part.about, rows))
        page.seek(0)
        with archive.open("index.html", "w") as index:
            index.write(export_page.head(say, settings.COMPANY_NAME, now, shown).encode())
            while piece := page.read(PIECE):
                index.write(piece)
            index.write(export_page.FOOT.encode())
        archive.writestr("README.txt", export_page.readme(say, settings.COMPANY_NAME, now, shown))
    return {section.name: section.rows for section in shown}


def parts_of(person: Person) -> list[Part]:
    """Every file of every store, the most telling first; their rows are read when they are written.

    Two of one name raise ValueError: one would hide the other.
    """
    parts = [part for store in stores() if store.export for part in store.export(person)]
    names = [part.name for part in parts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two parts of an export are called {', '.join(twice)}: rename one in its app's rights.py")
    return sorted(parts, key=lambda part: export_page.place(part.name))


def path_of(export: Export) -> Path:
    """Where the file is."""
    return Path(settings.EXPORTS_DIR) / export.file


def downloadable(request_id: UUID, *, now: datetime) -> Export | None:
    """The request's export while its file is there."""
    export = Export.objects.filter(request_id=request_id, deleted_at=None, expires_at__gt=now).first()
    return export if export is not None and path_of(export).exists() else None


def note_download(export: Export) -> None:
    """Count a download."""
    Export.objects.filter(pk=export.pk).update(downloads=F("downloads") + 1)


def delete_expired(now: datetime) -> int:
    """Exports past their 7 days lose their file, and their request its address; always 0, so it may be called at will.

    Files that no export names (a worker died while it wrote) go after a day.
    """
    expired = Export.objects.filter(deleted_at=None, expires_at__lt=now)
    delete_exports(list(expired.values_list("request_id", flat=True)), now=now)
    named = set(Export.objects.filter(deleted_at=None).values_list("file", flat=True))
    for path in Path(settings.EXPORTS_DIR).glob("*") if Path(settings.EXPORTS_DIR).exists() else ():
        with suppress(FileNotFoundError):
            if path.name not in named and path.stat().st_mtime < (now - STRAY_AFTER).timestamp():
                path.unlink()
    return 0


def delete_exports(request_ids: list[UUID], *, now: datetime) -> int:
    """Delete the files of these requests' exports; how many. The requests keep no address and no person any more."""
    count = 0
    for export in Export.objects.filter(request_id__in=request_ids, deleted_at=None):
        path_of(export).unlink(missing_ok=True)
        with transaction.atomic():
            Export.objects.filter(pk=export.pk).update(deleted_at=now)
            links.end_links(export.request_id, now=now)
            Request.objects.filter(pk=export.request_id, closed_at__isnull=False).update(
                address="", address_hash=None, person=None
            )
        count += 1
    return count


def _write_part(archive: zipfile.ZipFile, part: Part, table: IO[bytes], say: Words) -> int:
    """A part's rows as a JSON array, one a line; the first ones into the page's table, too. How many there are."""
    count = 0
    with archive.open(f"data/{part.name}.json", "w", force_zip64=True) as file:
        file.write(b"[")
        for row in part.rows:
            file.write((b",\n" if count else b"\n") + _encode(row))
            if count < export_page.MOST_ROWS:
                table.write(export_page.row(say, row).encode())
            count += 1
        file.write(b"\n]\n" if count else b"]\n")
    return count


def _encode(row: Any) -> bytes:
    return json.dumps(row, ensure_ascii=False, default=str).encode("utf-8", "replace")


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.digest()


def _folder() -> Path:
    folder = Path(settings.EXPORTS_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
