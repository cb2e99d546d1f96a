"""The traits tab: what was said of a person, when, by which source, and what was said before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cdp.lib.clock import from_us
from events.queries import source_names
from people import queries as people
from people.contracts import PastValue
from people.queries import sources as told_by
from profiles import page as tables
from profiles.contracts import Trait

EARLIER = 20


@dataclass(frozen=True, slots=True)
class Said:
    """A value, when it was said and by which source."""

    value: str
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class TraitShown:
    """A trait now, and the values it had before, newest first; `more`: how many older ones are not shown."""

    name: str
    now: Said
    earlier: tuple[Said, ...]
    more: int


def traits(
    said: Mapping[str, Trait], identifier_ids: Sequence[int], *, personal: bool, until: datetime | None = None
) -> list[TraitShown]:
    """Each trait with its history, from the newest identify events; values masked without the right."""
    names = source_names()
    by = told_by.of_messages({hash_hex for _, _, hash_hex in said.values()})
    history = people.trait_history(identifier_ids, until=until)
    return [
        _shown(name, trait, history.get(name, ()), names, by.get(trait[2], 0), personal=personal)
        for name, trait in sorted(said.items())
    ]


def _shown(
    name: str,
    trait: Trait,
    history: Sequence[PastValue],
    names: Mapping[int, str],
    source_id: int,
    *,
    personal: bool,
) -> TraitShown:
    value, at_us, _ = trait
    at = from_us(at_us)
    now = Said(_text(value, personal=personal), at, names.get(source_id, ""))
    before = [past for past in history if past.said_at < at or past.value != value]
    if before and before[0].value == value:
        before = before[1:]  # said again since: the line above says when last
    earlier = tuple(
        Said(_text(past.value, personal=personal), past.said_at, names.get(past.source_id, "a former source"))
        for past in before[:EARLIER]
    )
    return TraitShown(name, now, earlier, len(before) - len(earlier))


def _text(value: Any, *, personal: bool) -> str:
    if value is None:
        return "taken back"
    return tables.text(value) if personal else tables.MASK
