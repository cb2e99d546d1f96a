"""What is wrong with a definition as things are now: the language, what it names that is not there, rows in each
other's way. Each with its path and how to mend it."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from decisions.definition import Definition, Fault, mentions_of, read_definition
from decisions.definition.nodes import ByExperiment, Rules, Table
from decisions.definition.overlapping import arm_faults, table_faults
from decisions.models import ContentBlock
from experiments.queries.running import running
from offers.models import Offer
from recommendations.models import Placement
from segments.models import Segment


def faults_of(raw: object, now: datetime) -> list[Fault]:
    """Everything that is wrong or worth a look; only those that block keep it from being published."""
    definition, found = read_definition(raw)
    if definition is None:
        return found
    return [
        *found,
        *_missing(definition),
        *_of_experiment(definition),
        *_in_the_way(definition),
        *_over(definition, now),
    ]


def _missing(definition: Definition) -> Iterator[Fault]:
    """What it names and there is not."""
    named = mentions_of(definition)
    blocks = ContentBlock.objects.filter(state=ContentBlock.State.LIVE)
    yield from _not_there(named.content, _keys(blocks, "key"), "content", "no live content block", "Publish it first")
    offers = Offer.objects.filter(state=Offer.State.LIVE)
    yield from _not_there(named.offers, _keys(offers, "key"), "offer", "no live offer", "Publish it first")
    places = Placement.objects.filter(is_active=True)
    words = "no active placement of recommendations"
    yield from _not_there(named.recommendations, _keys(places, "key"), "recommendations", words, "Make it active first")
    segments = Segment.objects.filter(state=Segment.State.LIVE)
    yield from _not_there(named.segments, _keys(segments, "slug"), "segment", "no live segment", "Choose one there is")
    experiments = {key for key, one in running().items() if one.state != "archived"}
    yield from _not_there(named.experiments, experiments, "experiment", "no experiment", "Make it first")


def _keys(rows: QuerySet[Any], name: str) -> set[str]:
    return set(rows.values_list(name, flat=True))


def _not_there(
    named: Mapping[str, str], there: Collection[str], what: str, words: str, way_out: str
) -> Iterator[Fault]:
    for key, path in named.items():
        if key not in there:
            yield Fault(path, f"unknown_{what}", f"there is {words} {key!r}. {way_out}, or name another")


def _of_experiment(definition: Definition) -> Iterator[Fault]:
    how = definition.how
    if not isinstance(how, ByExperiment):
        return
    one = running().get(how.experiment)
    variants = [name for name, _ in one.variants] if one is not None else []
    for name in how.outcomes.keys() - set(variants) if one is not None else ():
        text = f"the experiment has no variant {name!r}; it has {', '.join(variants)}"
        yield Fault(f"$.outcomes.{name}", "unknown_variant", text)
    for name in variants:
        if name not in how.outcomes:
            text = f"the variant {name!r} has no outcome here and gets the fallback"
            yield Fault("$.outcomes", "variant_without_outcome", text, blocks=False)


def _in_the_way(definition: Definition) -> list[Fault]:
    if isinstance(definition.how, Table):
        return table_faults(definition.how)
    return arm_faults(definition.how) if isinstance(definition.how, Rules) else []


def _over(definition: Definition, now: datetime) -> Iterator[Fault]:
    if not isinstance(definition.how, Table):
        return
    for i, row in enumerate(definition.how.rows):
        if row.ends_at is not None and row.ends_at <= now:
            text = f"it ended on {row.ends_at:%Y-%m-%d %H:%M %Z} and never decides any more"
            yield Fault(f"$.rows[{i}].ends_at", "row_over", text, blocks=False)
