"""What somebody met already: of a whole person every identifier's exposures count, and the earliest wins.

So a variant stays from the first anonymous visit through sign-in, merge and split: identifiers keep their exposures,
and whoever they belong to now is looked up when it is asked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from cdp.lib import bulk_sql
from cdp.lib.hashing import identifier_hash
from experiments.queries.askers import Asker
from experiments.queries.units import unit_hash

MOST_IDENTIFIERS = 500
OWN = """
SELECT id, kind, value FROM profiles_identifier
WHERE profile_id = %s::uuid AND NOT is_shared
ORDER BY kind <> 'anonymous_id', first_seen_at, id LIMIT %s::bigint
"""
MET = """
SELECT experiment_id, unit_hash, variant FROM experiments_exposure
WHERE experiment_id = ANY(%s::bigint[]) AND unit_hash = ANY(%s::bytea[])
ORDER BY experiment_id, exposed_at, unit_hash
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Under what somebody is exposed, and {experiment id: (unit hash, variant)} of what they met first."""

    unit_hash: bytes
    identifier_id: int | None
    met: dict[int, tuple[bytes, str]]
    ids: dict[bytes, int]


def met_by(asker: Asker, experiment_ids: Collection[int]) -> Standing:
    """What this asker met of these; a browser with a public key: by its own anonymous id, nothing reached from it."""
    own, known = unit_hash(asker.unit), asker.met_as
    ids = _identifiers(known.profile_id) if known.profile_id is not None else {}
    if known.is_browser and len(known.identifier_ids) == 1:
        ids = {own: known.identifier_ids[0]}
    rows = bulk_sql.fetch_often(MET, [list(experiment_ids), list({own, *ids})]) if experiment_ids else []
    met: dict[int, tuple[bytes, str]] = {}
    for experiment_id, hashed, variant in rows:
        met.setdefault(experiment_id, (bytes(hashed), variant))
    return Standing(own, ids.get(own), met, ids)


def _identifiers(profile_id: UUID) -> dict[bytes, int]:
    rows = bulk_sql.fetch_often(OWN, [profile_id, MOST_IDENTIFIERS])
    return {unit_hash(identifier_hash(kind, value)): id_ for id_, kind, value in rows}
