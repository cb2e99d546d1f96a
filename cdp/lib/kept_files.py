"""A stream kept as a file: written under a bound while it is hashed, durable when it is there, gone when it fails."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class FileTooLarge(Exception):
    """More bytes than are taken; nothing is kept. The message is for the one who sent it."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A kept file: `path` below its app's folder, `size` in bytes; `lines` counts its line ends."""

    path: str
    size: int
    sha256: str
    lines: int


def write(pieces: Iterable[bytes], at: Path, name: str, *, most: int, too_large: str) -> KeptFile:
    """The stream at `at`, called `name`, fsynced. Raises FileTooLarge with `too_large` beyond `most` bytes; whoever
    calls removes what was written then.
    """
    digest, size, lines = hashlib.sha256(), 0, 0
    with at.open("wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > most:
                raise FileTooLarge(too_large)
            digest.update(piece)
            lines += piece.count(b"\n")
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return KeptFile(name, size, digest.hexdigest(), lines)
