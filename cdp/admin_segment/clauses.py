"""An explanation as a page shows it: each clause in words with its answer and the events that decided it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from cdp.admin_person.sentences import impersonal, sentence
from cdp.lib.clock import from_us
from events.models import Event
from segments.rules import Explanation

JOINS = {"all": "all of these", "any": "at least one of these", "not": "not this"}
MASKED = "•••"


@dataclass(frozen=True, slots=True)
class Deciding:
    """An event that decided a clause, as a sentence. `url` is empty for those who may not open events."""

    at: datetime
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Clause:
    """`words` name it; `found` says what there is; `needs` what would change the answer, where that is known."""

    kind: str
    holds: bool
    words: str
    found: str
    needs: str
    events: tuple[Deciding, ...]
    children: tuple["Clause", ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """What this reader may see: personal values, and pages of events."""

    personal: bool
    events: bool


def clauses(explanations: Iterable[Explanation], sight: Sight) -> list[Clause]:
    """The explanations for this reader; one statement for the events of all."""
    asked = list(explanations)
    ids = {event.id for one in asked for event in _events(one)}
    rows = Event.objects.filter(pk__in=ids).values_list("pk", "name", "properties") if ids else ()
    known = {pk: (name, properties or {}) for pk, name, properties in rows}
    return [_clause(one, known, sight) for one in asked]


def _events(one: Explanation) -> Iterator[Any]:
    yield from one.events
    for child in one.children:
        yield from _events(child)


def _clause(one: Explanation, known: Mapping[int, tuple[str, Mapping[str, Any]]], sight: Sight) -> Clause:
    return Clause(
        kind=one.kind,
        holds=one.holds,
        words=JOINS.get(one.kind, one.sentence) if one.children else one.sentence,
        found=_found(one, personal=sight.personal),
        needs=_needs(one, personal=sight.personal),
        events=tuple(_deciding(event, known, sight) for event in one.events),
        children=tuple(_clause(child, known, sight) for child in one.children),
    )


def _needs(one: Explanation, *, personal: bool) -> str:
    """What would change it. It names a trait's present value, which not everybody may read."""
    return one.change if personal or one.kind not in ("trait", "score") else ""


def _deciding(event: Any, known: Mapping[int, tuple[str, Mapping[str, Any]]], sight: Sight) -> Deciding:
    name, properties = known.get(event.id, (event.name, event.properties))
    said = properties if sight.personal else impersonal(name, properties)
    url = reverse("admin:events_event_change", args=[event.id]) if sight.events and event.id in known else ""
    return Deciding(from_us(event.occurred_us), str(sentence(name, said)), url)


def _found(one: Explanation, *, personal: bool) -> str:
    if one.found is not None:
        return f"found {one.found:,}"
    if one.kind != "trait":
        return ""
    if one.actual is None:
        return "is not known"
    return f"is {one.actual}" if personal else f"is {MASKED}"
