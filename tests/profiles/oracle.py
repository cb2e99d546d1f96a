"""The identity oracle: what any correct implementation makes of a set of events, written apart from ours.

Slow and plain on purpose: it looks at all events at once, knows no database, no batches and no arrival order.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

STRENGTH = {"user_id": 0, "email": 1, "phone": 2, "crm_id": 3, "device_id": 4, "anonymous_id": 5}
Key = tuple[str, str]


class OracleEvent(NamedTuple):
    """One event: its identifiers strongest first, its time, its name, its traits, its message."""

    keys: tuple[Key, ...]
    at: int
    name: str = "Seen"
    traits: tuple[tuple[str, Any], ...] = ()
    message: str = "00"


def limit(kind: str, has_user_id: bool) -> int:
    if kind == "user_id":
        return 1
    if kind == "email":
        return 5 if has_user_id else 1
    return 100 if kind in ("anonymous_id", "device_id") else 5


def told(union: set[Key], link: tuple[Key, Key], links: set[tuple[Key, Key]]) -> bool:
    """A second e-mail or phone joins a user only by a link with a user id of theirs."""
    if {"user_id", "email"} == {k for k, _ in link} or {"user_id", "phone"} == {k for k, _ in link}:
        return True
    users = {key for key in union if key[0] == "user_id"}
    for kind in ("email", "phone"):
        addresses = [key for key in union if key[0] == kind]
        if users and len(addresses) > 1:
            for address in addresses:
                if not any((min(u, address), max(u, address)) in links for u in users):
                    return False
    return True


def people(events: list[OracleEvent], never: Sequence[tuple[set[Key], set[Key]]] = ()) -> dict[frozenset[Key], Key]:
    """{a person's identifiers: the canonically first of them}. `never`: pairs of sides staff keep apart."""
    first: dict[Key, int] = {}
    links: dict[tuple[Key, Key], int] = {}
    seen_with: dict[Key, set[Key]] = defaultdict(set)
    for event in events:
        person = event.keys[0] if event.keys[0][0] in ("user_id", "email", "phone") else None
        for key in event.keys:
            first[key] = min(event.at, first.get(key, event.at))
            if person is not None and key != person:
                seen_with[key].add(person)
            for other in event.keys:
                if key < other:
                    links[key, other] = min(event.at, links.get((key, other), event.at))
    shared = {key for key, persons in seen_with.items() if len(persons) > 5}
    group = {key: {key} for key in first}
    for (a, b), _ in sorted(links.items(), key=lambda item: (item[1], sorted((STRENGTH[k[0]], k) for k in item[0]))):
        if a in shared or b in shared or group[a] is group[b]:
            continue
        union = group[a] | group[b]
        kinds = [kind for kind, _ in union]
        if any(group[a] & one and group[b] & other for pair in never for one, other in (pair, pair[::-1])):
            continue
        if not told(union, (a, b), set(links)):
            continue
        if all(kinds.count(kind) <= limit(kind, "user_id" in kinds) for kind in set(kinds)):
            for key in union:
                group[key] = union
    return {
        frozenset(members): min(members, key=lambda key: (first[key], STRENGTH[key[0]], key))
        for members in group.values()
    }


def states(events: list[OracleEvent]) -> dict[frozenset[Key], tuple[dict[str, Any], dict[str, list[int]]]]:
    """{a person's identifiers: (traits, {event name: [count, first, last]})}; an event hangs on its strongest one."""
    result = {}
    for members in people(events):
        mine = [event for event in events if event.keys[0] in members]
        traits = {}
        for event in sorted(mine, key=lambda event: (event.at, event.message)):
            traits.update(dict(event.traits))
        counters = {}
        for name in {event.name for event in mine}:
            times = [event.at for event in mine if event.name == name]
            counters[name] = [len(times), min(times), max(times)]
        result[members] = (traits, counters)
    return result
