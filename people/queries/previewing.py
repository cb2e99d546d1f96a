"""What a draft of a computed trait says of some people: the newest who did something."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from people.figures import Definition
from people.queries.figures import figures_of
from people.wording import shown
from profiles import queries as profiles
from profiles.models import Profile
from profiles.recognizing import recognized

SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Previewed:
    """A person as the reader may see them, and the draft's value in words."""

    profile_id: UUID
    name: str
    value: str


def preview(definition: Definition, now: datetime, *, personal: bool) -> list[Previewed]:
    """The draft's value of the newest people with more than one event; each by two statements."""
    chosen = Profile.objects.filter(is_shared=False, event_count__gt=1).order_by("-id")
    ids = list(chosen.values_list("pk", flat=True)[:SAMPLE])
    states, known = profiles.profile_states(ids), profiles.identifiers_of(ids)
    return [
        Previewed(
            profile_id,
            recognized(profile_id, states[profile_id].traits, known[profile_id], personal=personal).name,
            _value(definition, [fact.id for fact in known[profile_id]], states[profile_id].counters, now, personal),
        )
        for profile_id in ids
        if profile_id in states
    ]


def _value(
    definition: Definition,
    identifier_ids: list[int],
    counters: dict[str, tuple[int, int, int]],
    now: datetime,
    personal: bool,
) -> str:
    (figure,) = figures_of([definition], identifier_ids, counters, now)
    return shown(definition, figure.value, personal=personal)
