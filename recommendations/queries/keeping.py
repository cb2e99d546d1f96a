"""Under whom feedback may be kept: known, one person's alone, and not against their will."""

from collections.abc import Collection
from datetime import datetime

import profiles.queries
from consent.contracts import ANALYTICS, Subject
from consent.queries import allows_each
from profiles.identifiers import NOBODY


def keepable(identifier_ids: Collection[int], now: datetime) -> dict[int, tuple[int, ...]]:
    """{identifier id: every identifier of that person} of those whose person allows analytics, asked as a whole.

    Shared identifiers, those nobody stands behind and those that are gone are left out. Three statements at most.
    """
    known = profiles.queries.identifier_facts(identifier_ids) if identifier_ids else {}
    own = {pk: one for pk, one in known.items() if not one.is_shared and one.kind != NOBODY}
    people = profiles.queries.identifiers_of({one.profile_id for one in own.values()}) if own else {}
    kin = {who: tuple(one.id for one in found if not one.is_shared) for who, found in people.items()}
    subjects = [Subject(identifier_ids=ids) for ids in kin.values()]
    decisions = allows_each(subjects, ANALYTICS, now) if subjects else []
    allowed = {who for who, decision in zip(kin, decisions, strict=True) if decision.allowed}
    return {pk: kin[one.profile_id] for pk, one in own.items() if one.profile_id in allowed}
