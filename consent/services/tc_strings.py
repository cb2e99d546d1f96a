"""TC strings as proofs: each distinct string of an identifier is kept once."""

from collections.abc import Collection
from datetime import datetime

from consent.models import Proof

KIND = "tcf"


def keep_tc_strings(said: Collection[tuple[int, str]], *, now: datetime) -> dict[tuple[int, str], int]:
    """{(identifier id, string): proof id}, made where new, in the caller's transaction."""
    if not said:
        return {}
    rows = Proof.objects.filter(kind=KIND, identifier_id__in={identifier_id for identifier_id, _ in said})
    found = {(row.identifier_id or 0, str(row.content.get("string"))): row.pk for row in rows}
    new = [
        Proof(kind=KIND, identifier_id=identifier_id, content={"string": text}, made_at=now)
        for identifier_id, text in sorted(set(said) - found.keys())
    ]
    for row in Proof.objects.bulk_create(new):
        found[row.identifier_id or 0, row.content["string"]] = row.pk
    return found
