"""The holdout of a placement: which side somebody is on, told without writing anything.

A placement's experiment splits by the caller's own identifier. A browser with a public key is split by the anonymous id
it names, known or not, and learns nothing of the person behind it. Who is asked for as a whole person stands under the
anonymous id of theirs that was seen first, so that the shop's server and mails treat them as their browser does; under
their oldest identifier where they have no browser.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import experiments.queries
from cdp.lib import bulk_sql
from cdp.lib.hashing import identifier_hash
from profiles.identifiers import Blocked, canonicalize
from recommendations.placements import PlacementSpec, experiment_key

HOLDOUT, TREATED = "holdout", "treated"
ANONYMOUS = "anonymous_id"
OLDEST = """
SELECT DISTINCT ON (profile_id) profile_id, kind, value FROM profiles_identifier
WHERE profile_id = ANY(%s::uuid[]) AND NOT is_shared
ORDER BY profile_id, kind <> 'anonymous_id', first_seen_at, id
"""


def variant_of(spec: PlacementSpec, unit: bytes, now: datetime) -> str:
    """ "holdout" or "treated"; "" where the placement holds nobody out or there is no unit.

    A stored exposure wins over a new computation. Not for people who refuse personalization: they are on no side.
    """
    if not unit or spec.holdout <= 0:
        return ""
    return experiments.queries.variant_now(experiment_key(spec.key), unit)


def variants_of(spec: PlacementSpec, units: Collection[bytes]) -> dict[bytes, str]:
    """`variant_of` for many units, by one statement; only units of people who do not refuse."""
    return experiments.queries.variants_now(experiment_key(spec.key), units) if spec.holdout > 0 else {}


def unit_of(kind: str, value: object) -> bytes:
    """The unit of an identifier as somebody names it, ever seen or not; empty for one that is blocked."""
    key = canonicalize(kind, value)
    return b"" if isinstance(key, Blocked) else identifier_hash(key.kind, key.value)


def units_of(profile_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """{profile id: unit} of those that have an identifier of their own, in one statement."""
    rows = bulk_sql.fetch(OLDEST, [list(profile_ids)]) if profile_ids else []
    return {profile_id: identifier_hash(kind, value) for profile_id, kind, value in rows}
