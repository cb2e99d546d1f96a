"""Owning: whose a named cart is, from every event that touched it. Pure, free of arrival order.

Anybody may send a browser's event with anybody's cart id, so the last word is worth nothing. The cart belongs to the
person told of by a server; else to one with a name (a user id, an address, a number of the shop's own) before a mere
device; else to the one who came first. First by our own clock for browsers, whose times may be forged. A guest who
signs in stays one person, who came when the guest did. Within the person it hangs on the strongest identifier.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from commerce.contracts import Fact
from profiles.identifiers import ANONYMOUS_ID, is_device, rank


def owner_of(events: Iterable[Fact], person_of: Mapping[int, UUID], kinds: Mapping[int, str]) -> int:
    """The identifier the cart hangs on. `events` are all that touched it, at least one."""
    touches: dict[UUID, list[Fact]] = {}
    for event in events:
        touches.setdefault(person_of[event.identifier_id], []).append(event)
    owner = min(touches, key=lambda person: _weakness(touches[person], kinds))
    best = max(touches[owner], key=lambda event: (event.is_server, -_rank(kinds, event), *event.key))
    return best.identifier_id


def _weakness(touches: list[Fact], kinds: Mapping[int, str]) -> tuple[bool, bool, datetime, bytes]:
    """Of one person: the least owns the cart."""
    told = [event for event in touches if event.is_server] or touches
    is_named = any(_is_named(kinds.get(event.identifier_id, ANONYMOUS_ID)) for event in told)
    return (not told[0].is_server, not is_named, *min((event.claimed_at, event.hash) for event in told))


def _is_named(kind: str) -> bool:
    return bool(kind) and kind != ANONYMOUS_ID and not is_device(kind)


def _rank(kinds: Mapping[int, str], event: Fact) -> int:
    return rank(kinds.get(event.identifier_id, ANONYMOUS_ID))
