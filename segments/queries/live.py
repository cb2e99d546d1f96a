"""The live segments with their rules read, and what they mention together."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import reduce

from django.conf import settings

from segments.models import Segment
from segments.rules import Mentions, Node, PersonFacts, parse_rule


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """A segment that is kept exact, and its rule."""

    id: int
    version: int
    rule: Node


def live_segments(only: Collection[int] | None = None) -> list[LiveSegment]:
    """Every live segment, or those of `only` that are live, by id."""
    found = Segment.objects.filter(state=Segment.State.LIVE).order_by("id")
    if only is not None:
        found = found.filter(id__in=list(only))
    return [
        LiveSegment(pk, version, parse_rule(rule))
        for pk, version, rule in found.values_list("id", "version", "definition")
    ]


def mentions_of(segments: Iterable[LiveSegment]) -> Mentions:
    """What these segments look at, together."""
    return reduce(Mentions.__or__, (segment.rule.mentions() for segment in segments), Mentions())


def holds_for_strangers(segment: LiveSegment, now_us: int) -> bool:
    """Whether somebody of whom nothing is known is in it ("did not …"): then a first event of any name matters."""
    return segment.rule.evaluate(PersonFacts(), now_us)


def company_zone() -> str:
    """The IANA name of the company's time zone, for calendar windows."""
    return str(settings.COMPANY_TIME_ZONE)
