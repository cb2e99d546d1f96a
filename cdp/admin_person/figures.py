"""The figures tab: computed traits of a person in words, each with how it is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from people import queries as people
from people.contracts import Figure
from people.figures import Definition
from people.wording import is_instant, shown
from profiles.contracts import Counter


@dataclass(frozen=True, slots=True)
class FigureShown:
    """A figure: what it is called, its value in words (or the instant), what it says and how it is computed."""

    name: str
    label: str
    value: str
    at: datetime | None
    description: str
    how: str
    is_partial: bool


def figures(
    identifier_ids: Sequence[int], counters: Mapping[str, Counter], now: datetime, *, personal: bool
) -> list[FigureShown]:
    """Every enabled computed trait of this person; text that may name a person is masked without the right."""
    asked = people.definitions()
    found = people.figures_of(asked, identifier_ids, counters, now)
    return [_shown(one, definition, personal=personal) for one, definition in zip(found, asked, strict=True)]


def _shown(one: Figure, definition: Definition, *, personal: bool) -> FigureShown:
    return FigureShown(
        name=one.name,
        label=one.label,
        value=shown(definition, one.value, personal=personal),
        at=datetime.fromisoformat(one.value) if one.value and is_instant(definition) else None,
        description=one.description,
        how=definition.sentence(),
        is_partial=one.is_partial,
    )
