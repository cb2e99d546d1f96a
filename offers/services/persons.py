"""Locks of persons: whose cap is counted is held until the transaction ends, whatever identifier they are known by."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cdp.lib import bulk_sql
from offers.queries.redemptions import uses_of
from profiles import queries as profiles

PERSONS = 20_911  # namespace: the first of the two integers of a PostgreSQL advisory lock
LOCK = """
SELECT pg_advisory_xact_lock(%s, stripe) FROM (
  SELECT DISTINCT hashtextextended(key, 0)::bit(32)::int AS stripe FROM unnest(%s::text[]) AS key ORDER BY stripe
) AS stripes
"""
MOST_GROWTHS = 5


@dataclass(slots=True)
class Persons:
    """Identifiers of each person (of any of them), and how often each of these used an offer."""

    members: dict[int, tuple[int, ...]] = field(default_factory=dict)
    uses: dict[tuple[int, int], tuple[int, datetime]] = field(default_factory=dict)

    def is_known(self, identifier_id: int | None) -> bool:
        """Whether it is one person's; a shared one is nobody's."""
        return identifier_id is not None and identifier_id in self.members

    def left(self, offer_id: int, identifier_id: int, cap: int) -> int:
        """The cap less what the person's other identifiers used."""
        others = (one for one in self.members[identifier_id] if one != identifier_id)
        return cap - sum(self.uses[offer_id, one][0] for one in others if (offer_id, one) in self.uses)

    def last(self, offer_id: int, identifier_id: int) -> datetime | None:
        """When the person used the offer last."""
        times = [self.uses[offer_id, one][1] for one in self.members[identifier_id] if (offer_id, one) in self.uses]
        return max(times, default=None)

    def note(self, offer_id: int, identifier_id: int, at: datetime) -> None:
        """It was just counted."""
        used, _ = self.uses.get((offer_id, identifier_id), (0, at))
        self.uses[offer_id, identifier_id] = (used + 1, at)


def hold(identifier_ids: Collection[int], offer_ids: Collection[int]) -> Persons:
    """Hold these persons, and read their uses of these offers. Looked up again under the lock, since a merge may have
    just committed."""
    found = profiles.persons_of(identifier_ids)
    held: set[UUID] = set()
    for _ in range(MOST_GROWTHS):
        missing = {profile_id for profile_id, _ in found.values()} - held
        if not missing:
            break
        bulk_sql.fetch_often(LOCK, [PERSONS, sorted(str(one) for one in missing)])
        held |= missing
        found = profiles.persons_of(identifier_ids)
    members = {pk: ids for pk, (_, ids) in found.items()}
    return Persons(members, uses_of(offer_ids, [one for ids in members.values() for one in ids]))
