"""Reads of the list of suppressed addresses: of some, and of all of them for its file."""

from collections.abc import Iterable, Iterator

from django.db.models import Count, QuerySet

from cdp.lib import bulk_sql
from consent.models import Suppression
from consent.suppression_list import NewSuppression

CHUNK = 5_000
AGAINST = """
SELECT address_hash, scope, reason, created_at, note, origin FROM consent_suppression
WHERE address_hash = ANY(%s::bytea[]) ORDER BY address_hash, scope
"""


def suppressions_of(addresses: Iterable[bytes]) -> dict[bytes, tuple[NewSuppression, ...]]:
    """{address hash: what stands against it} of those against which anything stands, with one query."""
    found: dict[bytes, tuple[NewSuppression, ...]] = {}
    for row in bulk_sql.fetch(AGAINST, [list(addresses)]):
        found[row[0]] = (*found.get(row[0], ()), NewSuppression(*row))
    return found


def every_suppression(rows: "QuerySet[Suppression] | None" = None) -> Iterator[NewSuppression]:
    """The whole list, or some rows of it, oldest first, in constant memory."""
    chosen = Suppression.objects.all() if rows is None else rows
    return map(_facts, chosen.order_by("created_at", "pk").iterator(chunk_size=CHUNK))


def _facts(row: Suppression) -> NewSuppression:
    return NewSuppression(bytes(row.address_hash), row.scope, row.reason, row.created_at, row.note, row.origin)


def suppression_counts() -> list[tuple[str, str, int]]:
    """(reason, scope, how many addresses), most first."""
    rows = Suppression.objects.values_list("reason", "scope").annotate(count=Count("pk")).order_by("-count", "reason")
    return list(rows)
