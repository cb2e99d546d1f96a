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


def limit(kind: str, has_user_id: bool, rules: Any = None) -> int:
    if rules is not None:
        return _told_limit(kind, has_user_id, rules)
    if kind == "user_id":
        return 1
    if kind == "email":
        return 5 if has_user_id else 1
    return 100 if kind in ("anonymous_id", "device_id") else 5


def _told_limit(kind: str, has_user_id: bool, rules: Any) -> int:
    """By rules other than the usual."""
    for own in rules.kinds:
        if own.kind == kind:
            if not has_user_id and own.limit_alone:
                return int(own.limit_alone)
            if own.limit:
                return int(own.limit)
    usual = {"user_id": rules.user_ids, "anonymous_id": rules.anonymous_ids, "device_id": rules.device_ids}
    usual["email"] = rules.emails if has_user_id else rules.emails_without_user_id
    return int(usual.get(kind, rules.others))


def is_nobodys(key: Key, persons: int, rules: Any = None) -> bool:
    """Whether an identifier seen with so many people belongs to none, or staff say its value names nobody."""
    if rules is None:
        return persons > 5
    most = next((one.shared_after for one in rules.kinds if one.kind == key[0] and one.shared_after), None)
    blocked = [one.value.lower() for one in rules.blocked if one.kind in ("", key[0])]
    value = key[1].lower()
    stands = [
        value.startswith(head) and value.endswith(tail) and len(value) >= len(head + tail)
        for head, star, tail in (one.partition("*") for one in blocked)
        if star
    ]
    return persons > (most or rules.shared_after) or value in blocked or any(stands)


def strength(key: Key, rules: Any = None) -> int:
    """Place of a kind in the order, 0 first."""
    if rules is None:
        return STRENGTH[key[0]]
    for name in (key[0], {"device_id": "device"}.get(key[0], "other")):
        if name in rules.priority:
            return int(rules.priority.index(name))
    raise LookupError(key)


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


def people(
    events: list[OracleEvent], never: Sequence[tuple[set[Key], set[Key]]] = (), rules: Any = None
) -> dict[frozenset[Key], Key]:
    """{a person's identifiers: the canonically first of them}. `never`: pairs of sides staff keep apart; `rules`: an
    IdentityRules, None for the usual ones spelled out here.
    """
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
    shared = {key for key in first if is_nobodys(key, len(seen_with[key]), rules)}
    group = {key: {key} for key in first}
    for (a, b), _ in sorted(
        links.items(), key=lambda item: (item[1], sorted((strength(k, rules), k) for k in item[0]))
    ):
        if a in shared or b in shared or group[a] is group[b]:
            continue
        union = group[a] | group[b]
        kinds = [kind for kind, _ in union]
        if any(group[a] & one and group[b] & other for pair in never for one, other in (pair, pair[::-1])):
            continue
        if not told(union, (a, b), set(links)):
            continue
        if all(kinds.count(kind) <= limit(kind, "user_id" in kinds, rules) for kind in set(kinds)):
            for key in union:
                group[key] = union
    return {
        frozenset(members): min(members, key=lambda key: (first[key], strength(key, rules), key))
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
