"""Figures for the page of identity rules, found by cheap means: identifiers a kind, and those a blocked value names."""

from collections.abc import Iterable

from django.db import OperationalError, transaction

from cdp.lib import bulk_sql
from profiles.identity import BlockedValue

COUNTED_EXACTLY = 200_000
PATIENCE_MS = 1_500
SIZE = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'profiles_identifier'::regclass"
EXACT = "SELECT kind, count(*) FROM profiles_identifier GROUP BY kind"
SAMPLED = """SELECT unnest(most_common_vals::text::text[]), unnest(most_common_freqs) FROM pg_stats
WHERE schemaname = current_schema() AND tablename = 'profiles_identifier' AND attname = 'kind'"""
HITS = """SELECT count(*) FROM profiles_identifier
WHERE (%s::text = '' OR kind = %s::text) AND lower(value) LIKE %s::text"""


def kinds_in_use() -> dict[str, int]:
    """{kind: identifiers}, the most first; of large tables as the planner's statistics estimate it."""
    size = bulk_sql.fetch(SIZE)[0][0]
    if size > COUNTED_EXACTLY:
        found = {kind: round(share * size) for kind, share in bulk_sql.fetch(SAMPLED)}
    else:
        found = dict(bulk_sql.fetch(EXACT))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def hits(blocked: Iterable[BlockedValue]) -> dict[BlockedValue, int | None]:
    """{blocked value: stored identifiers it names}; None where counting takes too long (a simulation does)."""
    found: dict[BlockedValue, int | None] = {}
    is_quick = True
    for one in blocked:
        found[one] = _count(one) if is_quick else None
        is_quick = found[one] is not None
    return found


def _count(one: BlockedValue) -> int | None:
    like = "".join("%" if part == "*" else f"\\{part}" if part in "%_\\" else part for part in one.value.lower())
    try:
        with transaction.atomic():
            bulk_sql.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
            count: int = bulk_sql.fetch(HITS, [one.kind, one.kind, like])[0][0]
            bulk_sql.execute("SET LOCAL statement_timeout = DEFAULT")
    except OperationalError:
        return None
    return count
