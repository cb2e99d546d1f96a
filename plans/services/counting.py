"""Counting what breaks the plan, by source, day, event, property and rule. Bounded, whatever a browser invents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from cdp.lib import bulk_sql
from plans.contracts import Breach
from plans.models import ViolationCount

ANY = "any"
OTHERS = "(other names)"
MOST_UNDECLARED = 200  # names a source and day; past that they are counted together
LONGEST_PATH = 200
COUNT = """
INSERT INTO plans_violationcount AS old
  (source_id, day, kind, name, path, rule, sentence, count, refused, sample_inbox_id, sample_index)
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
  %s::bigint[], %s::bigint[], %s::int[]) AS new(source_id, day, kind, name, path, rule, sentence, count, refused, i, n)
ORDER BY 1, 2, 3, 4, 5, 6
ON CONFLICT ON CONSTRAINT plans_violation_once DO UPDATE SET
  count = old.count + excluded.count, refused = old.refused + excluded.refused, sentence = excluded.sentence,
  sample_inbox_id = excluded.sample_inbox_id, sample_index = excluded.sample_index
"""
Key = tuple[int, date, str, str, str, str]


@dataclass(slots=True)
class _Line:
    sentence: str
    count: int
    refused: int
    inbox_id: int
    index: int


def count_breaches(breaches: Sequence[Breach]) -> None:
    """Add them to the counters, inside the caller's transaction. Rows are taken in key order."""
    if not breaches:
        return
    full = _full({(one.source_id, one.day) for one in breaches if _is_undeclared(one)})
    lines: dict[Key, _Line] = {}
    for one in breaches:
        kind, name = one.kind, one.name
        if (one.source_id, one.day) in full and _is_undeclared(one):
            kind, name = "track", OTHERS
        broken = {(found.path[:LONGEST_PATH], found.rule): found.sentence for found in one.violations}
        for (path, rule), sentence in {**broken, ("", ANY): ""}.items():
            line = lines.setdefault(
                (one.source_id, one.day, kind, name, path, rule), _Line(sentence, 0, 0, one.inbox_id, one.index)
            )
            line.count += 1
            line.refused += one.refused
            line.inbox_id, line.index = one.inbox_id, one.index
    ordered = sorted(lines)
    columns = [list(column) for column in zip(*ordered, strict=True)]
    fields = ("sentence", "count", "refused", "inbox_id", "index")
    columns += [[getattr(lines[key], field) for key in ordered] for field in fields]
    bulk_sql.execute(COUNT, columns)


def _is_undeclared(breach: Breach) -> bool:
    return breach.violations[0].rule == "undeclared"


def _full(keys: set[tuple[int, date]]) -> set[tuple[int, date]]:
    """The sources and days that have as many undeclared names as are kept apart."""
    if not keys:
        return set()
    found = (
        ViolationCount.objects.filter(
            rule="undeclared", source_id__in={key[0] for key in keys}, day__in={key[1] for key in keys}
        )
        .values_list("source_id", "day")
        .annotate(names=Count("id"))
    )
    return {(source_id, day) for source_id, day, names in found if names >= MOST_UNDECLARED}
