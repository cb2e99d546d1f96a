"""Files of lists and exports on the disk: uploads until they are read, exports until their time is over."""

import os
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from cdp.lib.kept_files import KeptFile, write

UPLOADS, EXPORTS = "uploads", "exports"
MOST_BYTES = 512 * 1024**2
TOO_LARGE = f"A list may have at most {MOST_BYTES // 1024**2} MB. Send it in parts."


def keep(pieces: Iterable[bytes]) -> KeptFile:
    """Store a stream under a name of its own, durable when this returns. Raises FileTooLarge."""
    name = new_name(UPLOADS)
    try:
        return write(pieces, absolute(name), name, most=MOST_BYTES, too_large=TOO_LARGE)
    except BaseException:
        forget(name)
        raise


def new_name(folder: str) -> str:
    """A name nobody guesses, in a folder that is there and that nobody else on this machine may read."""
    own = absolute(folder)
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.chmod(own, 0o700)
    return f"{folder}/{secrets.token_hex(16)}"


def absolute(name: str) -> Path:
    """Where a file is."""
    return Path(settings.SEGMENT_FILES_DIR) / name


def forget(name: str) -> None:
    """Delete a file. What is gone already is no error."""
    if name:
        absolute(name).unlink(missing_ok=True)


def strays(known: Collection[str], *, older_than: float) -> Iterator[str]:
    """Delete files that no row knows (their process died), last touched before that instant."""
    root = Path(settings.SEGMENT_FILES_DIR)
    for path in root.glob("*/*") if root.is_dir() else ():
        name = f"{path.parent.name}/{path.name}"
        with suppress(FileNotFoundError):
            if name not in known and path.stat().st_mtime < older_than:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                yield name
