"""Which live segments look at what: so that a change asks those alone, and whoever uses them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from segments.ordering import with_users
from segments.queries.live import LiveSegment, by_level, uses_of
from segments.rules.facts import ANY_EVENT

Ids = frozenset[int]


@dataclass(frozen=True, slots=True)
class Concerned:
    """Ids of live segments by what they look at.

    `every_event`: of what any event may bring: its name does not matter, or it may tell an identifier or a place.
    """

    by_event: Mapping[str, Ids]
    every_event: Ids
    traits: Ids
    orders: Ids
    consents: Ids
    catalog: Ids

    def by_name(self, name: str, kind: str) -> Ids:
        """Those that look at an event of this name and type."""
        found = self.by_event.get(name, frozenset()) | self.every_event
        return found | self.traits if kind == "identify" else found

    @property
    def looks_at_events(self) -> bool:
        """Whether any event can matter."""
        return bool(self.by_event or self.every_event or self.traits)


def concerned(segments: Iterable[LiveSegment]) -> Concerned:
    """The index of these segments."""
    by_event: defaultdict[str, set[int]] = defaultdict(set)
    sets: defaultdict[str, set[int]] = defaultdict(set)
    for segment in segments:
        mentions = segment.mentions
        for name in mentions.events - {ANY_EVENT}:
            by_event[name].add(segment.id)
        looks = {
            "every": ANY_EVENT in mentions.events or mentions.identifiers or bool(mentions.purposes),
            "traits": bool(mentions.traits),
            "orders": mentions.orders,
            "consents": bool(mentions.purposes),
            "catalog": mentions.catalog,
        }
        for what, does in looks.items():
            if does:
                sets[what].add(segment.id)
    return Concerned(
        {name: frozenset(ids) for name, ids in by_event.items()},
        frozenset(sets["every"]),
        frozenset(sets["traits"]),
        frozenset(sets["orders"]),
        frozenset(sets["consents"]),
        frozenset(sets["catalog"]),
    )


def to_ask(segments: Sequence[LiveSegment], ids: Collection[int], together: int) -> list[LiveSegment]:
    """These segments, all that use them, and those that are asked in one statement with any of them.

    Whole statements: one for each choice of segments would have to be compiled anew, which costs more than it saves.
    """
    chosen = with_users(uses_of(segments), [one.slug for one in segments if one.id in ids])
    found = []
    for level in by_level(segments):
        for start in range(0, len(level), together):
            group = level[start : start + together]
            if any(one.slug in chosen for one in group):
                found += group
    return sorted(found, key=lambda one: one.id)
