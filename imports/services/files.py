"""Files of imports on the disk: streamed there under a bound while they are hashed, deleted when their time is over."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

from cdp.lib.kept_files import KeptFile, write

PIECE = 1024 * 1024


def too_large() -> str:
    """What the sender of a file beyond the bound is told."""
    return f"A file may have at most {settings.IMPORT_MAX_BYTES:,} bytes (IMPORT_MAX_BYTES). Send it in parts."


def keep(pieces: Iterable[bytes]) -> KeptFile:
    """Store a stream under a name of its own, durable when this returns. Raises FileTooLarge."""
    name = f"{uuid4().hex}/file"
    path = absolute(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.chmod(path.parent, 0o700)
    try:
        return write(pieces, path, name, most=settings.IMPORT_MAX_BYTES, too_large=too_large())
    except BaseException:
        forget(name)
        raise


def absolute(name: str) -> Path:
    """Where a kept file is."""
    return Path(settings.IMPORTS_DIR) / name


def spool_of(name: str, digest: str) -> Path:
    """Where the rows of a file are sorted by order, for one mapping of it."""
    return absolute(name).parent / f"orders-{digest}.sqlite"


def forget_spools(name: str) -> None:
    """Delete what was sorted of a file: it is sorted anew."""
    for spool in absolute(name).parent.glob("orders-*.sqlite"):
        spool.unlink(missing_ok=True)


def forget(name: str) -> None:
    """Delete a kept file and all beside it. What is gone already is no error."""
    if name:
        with suppress(FileNotFoundError):
            shutil.rmtree(absolute(name).parent)


def strays(known: set[str], *, older_than: float) -> Iterator[UUID]:
    """Delete folders of uploads that no import knows (its process died), last touched before that instant."""
    root = Path(settings.IMPORTS_DIR)
    for folder in root.iterdir() if root.is_dir() else ():
        if f"{folder.name}/file" not in known and folder.stat().st_mtime < older_than:
            shutil.rmtree(folder, ignore_errors=True)
            yield UUID(folder.name)
