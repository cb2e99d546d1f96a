"""The words an event says it answers: kept with the entry where they are real, with their digest, else left out."""

import dataclasses
from collections.abc import Sequence

from consent.contracts import NewEntry
from consent.models import Wording


def with_real_words(entries: Sequence[NewEntry]) -> list[NewEntry]:
    """Entries whose `wording_id` is of their purpose get its digest; a claim that is not true is dropped."""
    claimed = {entry.wording_id for entry in entries if entry.wording_id is not None}
    if not claimed:
        return list(entries)
    rows = Wording.objects.filter(pk__in=claimed).values_list("pk", "purpose_id", "sha256")
    known = {(pk, purpose): bytes(digest) for pk, purpose, digest in rows}
    return [_judged(entry, known.get((entry.wording_id or 0, entry.purpose))) for entry in entries]


def _judged(entry: NewEntry, digest: bytes | None) -> NewEntry:
    return dataclasses.replace(entry, wording_id=entry.wording_id if digest else None, wording_sha256=digest)
