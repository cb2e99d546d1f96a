"""What was learned: how many samples are still wanted, what came undeclared, and how much came of each event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Sum

from cdp.lib import bulk_sql
from plans.inferring import MOST_SAMPLES, merged_samples
from plans.models import LearnedDay, LearnedEvent, LearnedProperty, ViolationCount

KNOWN_WELL = 500  # samples after which few are taken
MANY, FEW = 50, 5  # events of a name whose properties are looked at, a batch
VOLUME_DAYS = 30
SAMPLED = """
SELECT asked.source_id, asked.kind, asked.name, coalesce(learned.sampled, 0)
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS asked(source_id, kind, name)
LEFT JOIN plans_learnedevent AS learned USING (source_id, kind, name)
"""
Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class SeenProperty:
    """A property as it came: the share of sampled events that had it, its types, a few values, personal ones masked."""

    path: str
    share: float
    types: tuple[tuple[str, int], ...]
    samples: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Undeclared:
    """An event name that the plan does not know, over all sources."""

    kind: str
    name: str
    count: int
    refused: int
    source_ids: tuple[int, ...]
    first_seen_at: datetime
    last_seen_at: datetime
    learned_ids: tuple[int, ...]
    is_ignored: bool


@dataclass(frozen=True, slots=True)
class Traffic:
    """What came of one event in the last 30 days, and when it was last seen at all."""

    volume: int = 0
    violations: int = 0
    refused: int = 0
    last_seen_at: datetime | None = None
    source_ids: tuple[int, ...] = ()

    @property
    def violating_share(self) -> float | None:
        """Of all that came, stored or refused; None where nothing came."""
        came = self.volume + self.refused
        return self.violations / came if came else None


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule that was broken at one property in the last 30 days."""

    path: str
    rule: str
    sentence: str
    count: int
    refused: int
    last_day: date
    inbox_id: int
    index: int


def samples_wanted(keys: Sequence[Key]) -> dict[Key, int]:
    """Of how many events a batch to look at the properties: of many until a name is known well, then of few."""
    columns = [[key[place] for key in keys] for place in range(3)]
    return {
        (source_id, kind, name): MANY if sampled < KNOWN_WELL else FEW
        for source_id, kind, name, sampled in bulk_sql.fetch(SAMPLED, columns)
    }


def seen_properties(kind: str, name: str) -> tuple[SeenProperty, ...]:
    """The properties of an event as they came from all sources, the most frequent first."""
    events = dict(LearnedEvent.objects.filter(kind=kind, name=name).values_list("pk", "sampled"))
    sampled = sum(events.values())
    seen: dict[str, int] = {}
    types: dict[str, dict[str, int]] = {}
    samples: dict[str, list[Any]] = {}
    for row in LearnedProperty.objects.filter(event_id__in=events).order_by("pk"):
        seen[row.path] = seen.get(row.path, 0) + row.seen
        counted = types.setdefault(row.path, {})
        for key, count in row.types.items():
            counted[key] = counted.get(key, 0) + count
        samples[row.path] = merged_samples(samples.get(row.path, ()), row.samples)[:MOST_SAMPLES]
    return tuple(
        SeenProperty(
            path,
            min(1.0, count / sampled) if sampled else 0.0,
            tuple(sorted(types[path].items(), key=lambda each: -each[1])),
            tuple(samples[path]),
        )
        for path, count in sorted(seen.items(), key=lambda each: (-each[1], each[0]))
    )


def undeclared(known: set[tuple[str, str]], *, with_ignored: bool = False) -> list[Undeclared]:
    """Names that came and are not among `known` (kind, name), the most frequent first; at most 500."""
    found: dict[tuple[str, str], list[LearnedEvent]] = {}
    rows = LearnedEvent.objects.exclude(kind="alias").order_by("-count", "pk")
    if not with_ignored:
        rows = rows.filter(ignored_at=None)
    for row in rows:
        if (row.kind, row.name) not in known:
            found.setdefault((row.kind, row.name), []).append(row)
    listed = [_undeclared(kind, name, own) for (kind, name), own in found.items()]
    return sorted(listed, key=lambda one: (-one.count - one.refused, one.name))[:500]


def traffic(today: date) -> dict[tuple[str, str], Traffic]:
    """(kind, name) → what came of it in the last 30 days, from counters alone."""
    since = today - timedelta(days=VOLUME_DAYS - 1)
    volumes = dict(
        LearnedDay.objects.filter(day__gte=since).values_list("event_id").annotate(total=Sum("count")).values_list(
            "event_id", "total"
        )
    )  # fmt: skip
    broken = {
        (kind, name): (count, refused)
        for kind, name, count, refused in ViolationCount.objects.filter(day__gte=since, rule="any")
        .values_list("kind", "name")
        .annotate(Sum("count"), Sum("refused"))
    }
    found: dict[tuple[str, str], Traffic] = {}
    for row in LearnedEvent.objects.only("pk", "kind", "name", "source_id", "last_seen_at"):
        old = found.get((row.kind, row.name), Traffic())
        violations, refused = broken.get((row.kind, row.name), (0, 0))
        found[row.kind, row.name] = Traffic(
            old.volume + volumes.get(row.pk, 0),
            violations,
            refused,
            max(old.last_seen_at or row.last_seen_at, row.last_seen_at),
            (*old.source_ids, row.source_id),
        )
    for key, (violations, refused) in broken.items():
        if key not in found:
            found[key] = Traffic(violations=violations, refused=refused)
    return found


def broken_rules(kind: str, name: str, today: date) -> list[Broken]:
    """What was wrong with an event in the last 30 days, the most frequent first; at most 50."""
    since = today - timedelta(days=VOLUME_DAYS - 1)
    rows = ViolationCount.objects.filter(kind=kind, name=name, day__gte=since).exclude(rule="any").order_by("day", "pk")
    found: dict[tuple[str, str], Broken] = {}
    for row in rows:
        old = found.get((row.path, row.rule))
        found[row.path, row.rule] = Broken(
            row.path,
            row.rule,
            row.sentence,
            row.count + (old.count if old else 0),
            row.refused + (old.refused if old else 0),
            row.day,
            row.sample_inbox_id,
            row.sample_index,
        )
    return sorted(found.values(), key=lambda one: (-one.count, one.path))[:50]


def _undeclared(kind: str, name: str, rows: list[LearnedEvent]) -> Undeclared:
    return Undeclared(
        kind,
        name,
        sum(row.count for row in rows),
        sum(row.refused for row in rows),
        tuple(sorted(row.source_id for row in rows)),
        min(row.first_seen_at for row in rows),
        max(row.last_seen_at for row in rows),
        tuple(row.pk for row in rows),
        all(row.ignored_at is not None for row in rows),
    )
