"""Forgetting: samples that an erased person's events may have taught go; others may teach them again."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from cdp.lib import bulk_sql
from cdp.lib.mentions import Mentions
from plans.inferring import shown_texts

Taught = tuple[int, str, str, Mapping[str, Any]]
"""(source id, kind, event name, properties) of one event."""
LEARNED = """
SELECT e.source_id, e.kind, e.name, e.id FROM plans_learnedevent AS e
JOIN unnest(%s::bigint[], %s::text[], %s::text[]) AS asked(source_id, kind, name) USING (source_id, kind, name)
ORDER BY 1, 2, 3 FOR UPDATE OF e
"""
SAMPLES = """
SELECT id, event_id, path, samples::text FROM plans_learnedproperty
WHERE event_id = ANY(%s::bigint[]) AND samples <> '[]' ORDER BY id
"""
NAMING = """
SELECT id, samples::text FROM plans_learnedproperty WHERE lower(samples::text) LIKE ANY(%s::text[]) ORDER BY id
"""
WRITE = """
UPDATE plans_learnedproperty p SET samples = new.samples::jsonb
FROM unnest(%s::bigint[], %s::text[]) AS new(id, samples) WHERE p.id = new.id
"""


def forget_samples(events: Iterable[Taught]) -> int:
    """Take back text samples that these events had at their place. In the caller's transaction. How many properties."""
    texts: dict[tuple[int, str, str], set[tuple[str, str]]] = defaultdict(set)
    for source_id, kind, name, properties in events:
        texts[source_id, kind, name] |= shown_texts(kind, properties)
    texts = {key: found for key, found in texts.items() if found}
    if not texts:
        return 0
    columns = [list(column) for column in zip(*sorted(texts), strict=True)]
    known = {row[3]: texts[row[0], row[1], row[2]] for row in bulk_sql.fetch(LEARNED, columns)}
    changed: dict[int, str] = {}
    for property_id, event_id, path, samples in bulk_sql.fetch(SAMPLES, [list(known)]) if known else ():
        before = json.loads(samples)
        after = [one for one in before if not (isinstance(one, str) and (path, one) in known[event_id])]
        if len(after) != len(before):
            changed[property_id] = json.dumps(after)
    return _write(changed)


@transaction.atomic
def forget_naming(mentions: Mentions) -> int:
    """Take back samples that name somebody of `mentions`. Returns how many properties had some."""
    kept = {
        property_id: [one for one in samples if not mentions.in_text(json.dumps(one, ensure_ascii=False))]
        for property_id, samples in naming(mentions).items()
    }
    return _write({property_id: json.dumps(samples) for property_id, samples in kept.items()})


def naming(mentions: Mentions) -> dict[int, list[Any]]:
    """{id of a learned property: its samples} of those with a sample that names somebody of `mentions`."""
    likes = mentions.likes
    found = bulk_sql.fetch(NAMING, [likes]) if likes else []
    return {row[0]: json.loads(row[1]) for row in found if mentions.in_text(row[1])}


def _write(changed: Mapping[int, str]) -> int:
    return bulk_sql.execute(WRITE, [list(changed), list(changed.values())]) if changed else 0
