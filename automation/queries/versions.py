"""Published graphs, read. A version never changes, and the same JSON is read once a process."""

import json
from collections.abc import Collection
from functools import lru_cache

import structlog
from django.db.models import TextField
from django.db.models.functions import Cast

from automation.graph import Graph, GraphError, parse
from automation.models import Journey, JourneyVersion

log = structlog.get_logger(__name__)


def graphs(version_ids: Collection[int]) -> dict[int, Graph]:
    """{version id: its graph} of those that exist; one that cannot be read is left out and stops no other journey."""
    rows = JourneyVersion.objects.filter(pk__in=set(version_ids)).values_list("pk", Cast("graph", TextField()))
    found: dict[int, Graph] = {}
    for pk, text in rows:
        try:
            found[pk] = graph_of_text(text)
        except GraphError as error:
            log.error("graph_not_readable", version=pk, failure=str(error))
    return found


def graph_of(journey: Journey) -> Graph | None:
    """What runs of a journey; None where nothing was ever published."""
    return graphs([journey.version_id]).get(journey.version_id) if journey.version_id else None


def running() -> list[tuple[Journey, Graph]]:
    """Every live journey with what runs of it, by id."""
    found = list(Journey.objects.filter(state=Journey.State.LIVE, version__isnull=False).order_by("pk"))
    read = graphs([journey.version_id for journey in found if journey.version_id])
    return [(journey, read[pk]) for journey in found if (pk := journey.version_id) in read]


@lru_cache(maxsize=1_024)
def graph_of_text(text: str) -> Graph:
    """The graph that a text of JSON says; raises GraphError."""
    return parse(json.loads(text))
