"""Rows of people that were told before, and are true again: known messages whose traits have changed in between.

A list of customers without times says “this is so now”. A row equal to one of an older file is nothing new, unless
another value was stored in between: then it is told again, with the time of the newer file.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cdp.lib.clock import to_us
from events.queries.messages import stored_messages
from imports.building import digest, written
from imports.contracts import Built
from profiles import queries as profiles

NOT_COMPARED = frozenset({"email", "phone"})  # identifiers, written canonically when stored


def renewed(known: Sequence[Built], told_at: datetime, source_id: int) -> list[dict[str, Any]]:
    """The items to send again: where a trait of the person has another value since before `told_at`."""
    owners = profiles.known_keys({one.keys[0] for one in known})
    traits = profiles.traits_of(set(owners.values()))
    found = []
    for one in known:
        stored = traits.get(owners[one.keys[0]]) if one.keys[0] in owners else None
        if stored is not None and _differs(one.item["traits"], stored, to_us(told_at)):
            found.append({**one.item, "messageId": digest(one.id, written(told_at))})
    again = stored_messages(source_id, {item["messageId"] for item in found})
    return [item for item in found if item["messageId"] not in again]


def _differs(told: dict[str, Any], stored: dict[str, Any], told_us: int) -> bool:
    for name, value in told.items():
        old = stored.get(name)
        if name not in NOT_COMPARED and old is not None and old[1] < told_us and _plain(old[0]) != _plain(value):
            return True
    return False


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return str(sorted((name, _plain(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return str([_plain(inner) for inner in value])
    return f"{value:f}" if hasattr(value, "as_tuple") and not isinstance(value, str) else str(value)
