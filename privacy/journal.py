"""The journal of erasures, outside the database: hashes and times only, appended and synced before anything is erased.

A restored dump that is older than an erasure knows nothing of it; this file does (`manage.py erasures`).
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Noted:
    """One erasure. `refused`: hashes of identifiers with a tombstone; `held`: of all that were the person's."""

    erased_at: datetime
    refused: tuple[bytes, ...]
    held: tuple[bytes, ...]


def path() -> Path:
    """Where the journal is."""
    return Path(settings.VAR_DIR) / "erasures.ndjson"


def note(noted: Noted) -> None:
    """Append, durable when this returns; what stands there already is not written twice."""
    line = _line(noted)
    file = path()
    written = file.read_text() if file.exists() else ""
    if line in written.splitlines():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    is_new = not file.exists()
    cut_off = "\n" if written and not written.endswith("\n") else ""  # a crash left half a line: begin a new one
    with file.open("a") as out:
        out.write(f"{cut_off}{line}\n")
        out.flush()
        os.fsync(out.fileno())
    if is_new:
        file.chmod(0o600)


def noted() -> Iterator[Noted]:
    """Every erasure, the oldest first. A last line that was cut off by a crash is left out: nothing was erased yet."""
    if not path().exists():
        return
    for line in path().read_text().splitlines():
        try:
            said = json.loads(line)
        except json.JSONDecodeError:
            continue
        yield Noted(
            datetime.fromisoformat(said["erased_at"]),
            tuple(bytes.fromhex(text) for text in said["refused"]),
            tuple(bytes.fromhex(text) for text in said["held"]),
        )


def _line(noted: Noted) -> str:
    said = {
        "erased_at": noted.erased_at.isoformat(),
        "refused": sorted(key.hex() for key in noted.refused),
        "held": sorted(key.hex() for key in noted.held),
    }
    return json.dumps(said)
