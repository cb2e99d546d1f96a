"""Files of lists and exports on the disk: uploads until they are read, exports until their time is over."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

UPLOADS, EXPORTS = "uploads", "exports"
MOST_BYTES = 512 * 1024**2


class FileTooLarge(Exception):
    """More bytes than a list may have; nothing is kept."""

    def __init__(self) -> None:
        super().__init__(f"A list may have at most {MOST_BYTES // 1024**2} MB. Send it in parts.")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """An upload below SEGMENT_FILES_DIR. `lines` counts its line ends."""

    path: str
    size: int
    sha256: str
    lines: int


def keep(pieces: Iterable[bytes]) -> KeptFile:
    """Store a stream under a name of its own, durable when this returns. Raises FileTooLarge."""
    name = new_name(UPLOADS)
    digest, size, lines = hashlib.sha256(), 0, 0
    try:
        with absolute(name).open("wb") as file:
            for piece in pieces:
                size += len(piece)
                if size > MOST_BYTES:
                    raise FileTooLarge
                digest.update(piece)
                lines += piece.count(b"\n")
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        forget(name)
        raise
    return KeptFile(name, size, digest.hexdigest(), lines)


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
