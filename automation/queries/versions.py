"""Published graphs, read. A version never changes, and the same JSON is read once a process."""

import json
from collections.abc import Collection
from functools import lru_cache

from django.db.models import TextField
from django.db.models.functions import Cast

from automation.graph import Graph, parse
from automation.models import Journey, JourneyVersion


def graphs(version_ids: Collection[int]) -> dict[int, Graph]:
    """{version id: its graph} of those that exist."""
    rows = JourneyVersion.objects.filter(pk__in=set(version_ids)).values_list("pk", Cast("graph", TextField()))
    return {pk: graph_of_text(text) for pk, text in rows}


def graph_of(journey: Journey) -> Graph | None:
    """What runs of a journey; None where nothing was ever published."""
    return graphs([journey.version_id]).get(journey.version_id) if journey.version_id else None


def running() -> list[tuple[Journey, Graph]]:
    """Every live journey with what runs of it, by id."""
    found = list(Journey.objects.filter(state=Journey.State.LIVE, version__isnull=False).order_by("pk"))
    read = graphs([journey.version_id for journey in found if journey.version_id])
    return [(journey, read[journey.version_id]) for journey in found if journey.version_id]


@lru_cache(maxsize=1_024)
def graph_of_text(text: str) -> Graph:
    """The graph that a text of JSON says; raises GraphError."""
    return parse(json.loads(text))
