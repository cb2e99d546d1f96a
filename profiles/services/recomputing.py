"""Recomputing who is who after a decision: changed rules, a separation, one lifted. Facts stay as they are.

Each chunk is a transaction of its own under the identity lock, so that events keep coming in between; a chunk run
twice changes nothing the second time.
"""

from collections.abc import Collection, Sequence

from django.db import transaction

from profiles.identity import IdentityRules
from profiles.rules_in_force import rules_locked
from profiles.services import components, rows
from profiles.services.journal import Cause
from profiles.services.neighborhoods import walk
from profiles.services.rows import IdentifierRow

CHUNK = 2_000
"""Identifiers looked at in one transaction: some tenths of a second under the identity lock."""


def recompute(identifier_ids: Collection[int], *, cause: Cause) -> None:
    """Recompute the neighborhoods of these identifiers, and whether they are nobody's. Opens its own transaction, or
    joins the caller's, who then must not hold any lock below the identity lock.
    """
    with transaction.atomic():
        rows.execute("SELECT pg_advisory_xact_lock(%s)", [rows.IDENTITY_LOCK])
        rules = rules_locked()
        known = {row.id: row for row in rows.load(identifier_ids)}
        changed = _reshare(known.values(), rules)
        rows.update_identifiers(changed)
        newly_shared = [row for row in changed if row.is_shared]
        seeds = {row.id for row in known.values() if not row.is_shared}
        if newly_shared:
            seeds |= {end for edge in rows.edges_of([row.id for row in newly_shared]) for end in edge[:2]}
        neighborhood = walk(seeds, known)
        components.regroup(neighborhood, minted=(), reshared=changed, rules=rules, cause=cause)


def chunk_after(identifier_id: int, size: int = CHUNK) -> list[int]:
    """The next identifiers by id after this one; empty at the end."""
    found = rows.fetch("SELECT id FROM profiles_identifier WHERE id > %s ORDER BY id LIMIT %s", [identifier_id, size])
    return [row[0] for row in found]


def _reshare(known: Collection[IdentifierRow], rules: IdentityRules) -> Sequence[IdentifierRow]:
    """Those for whom the rules now say otherwise whether they are nobody's, so marked."""
    changed = [row for row in known if row.is_shared != rules.is_shared(row.degree, row.kind, row.value)]
    for row in changed:
        row.is_shared = not row.is_shared
    return changed
