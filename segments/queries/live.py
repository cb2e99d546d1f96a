"""The live segments with their rules read, what they mention together, and which of them use which."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce

from django.conf import settings
from django.db.models import TextField
from django.db.models.functions import Cast

from segments.models import Segment
from segments.ordering import levels, with_used, with_users
from segments.rules import Mentions, Node, PersonFacts, parse_rule


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """A segment that is kept exact, its rule, and what that looks at."""

    id: int
    slug: str
    version: int
    rule: Node
    mentions: Mentions


def live_segments(only: Collection[int] | None = None) -> list[LiveSegment]:
    """Every live segment, or those of `only` that are live, by id."""
    found = Segment.objects.filter(state=Segment.State.LIVE).order_by("id")
    if only is not None:
        found = found.filter(id__in=list(only))
    rows = found.values_list("id", "slug", "version", Cast("definition", TextField()))
    return [LiveSegment(pk, slug, version, *_read(rule)) for pk, slug, version, rule in rows]


def uses_of(segments: Iterable[LiveSegment]) -> dict[str, frozenset[str]]:
    """{slug: the slugs its rule asks about}, as `segments.ordering` takes it."""
    return {segment.slug: segment.mentions.segments for segment in segments}


def with_their_users(segment_ids: Collection[int]) -> list[LiveSegment]:
    """These live segments and all that use them: they are asked together, since one's change may be another's."""
    everyone = live_segments()
    chosen = with_users(uses_of(everyone), [one.slug for one in everyone if one.id in segment_ids])
    return [one for one in everyone if one.slug in chosen]


def with_what_they_use(segment_ids: Collection[int]) -> list[LiveSegment]:
    """These live segments and all they ask about."""
    everyone = live_segments()
    chosen = with_used(uses_of(everyone), [one.slug for one in everyone if one.id in segment_ids])
    return [one for one in everyone if one.slug in chosen]


def by_level(segments: Collection[LiveSegment]) -> list[list[LiveSegment]]:
    """The segments level by level, each using only those before it; by id within a level."""
    order = {slug: number for number, level in enumerate(levels(uses_of(segments))) for slug in level}
    found: list[list[LiveSegment]] = [[] for _ in range(max(order.values(), default=-1) + 1)]
    for segment in sorted(segments, key=lambda one: one.id):
        found[order[segment.slug]].append(segment)
    return found


@lru_cache(maxsize=1024)
def _read(rule: str) -> tuple[Node, Mentions]:
    """The rule that a text of JSON says; reading is most of what a small evaluation costs."""
    node = parse_rule(json.loads(rule))
    return node, node.mentions()


def mentions_of(segments: Iterable[LiveSegment]) -> Mentions:
    """What these segments look at, together."""
    return reduce(Mentions.__or__, (segment.mentions for segment in segments), Mentions())


def holds_for_strangers(segment: LiveSegment, now_us: int) -> bool:
    """Whether somebody of whom nothing is known is in it ("did not …"): then a first event of any name matters."""
    return segment.rule.evaluate(PersonFacts(), now_us)


def company_zone() -> str:
    """The IANA name of the company's time zone, for calendar windows."""
    return str(settings.COMPANY_TIME_ZONE)
