"""Writing the list of suppressed addresses: one row an address and scope, the strongest reason known."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from cdp.lib import bulk_sql
from consent.models import Suppression
from consent.services.locks import lock_addresses
from consent.suppression_list import REASONS, NewSuppression, Suppressed, strongest

UPSERT = """
INSERT INTO consent_suppression AS held (address_hash, scope, reason, created_at, note, origin)
SELECT address_hash, scope, reason, created_at, note, origin
FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[])
  AS said(address_hash, scope, reason, created_at, note, origin) ORDER BY address_hash, scope
ON CONFLICT (address_hash, scope) DO UPDATE
  SET reason = excluded.reason, created_at = excluded.created_at, note = excluded.note, origin = excluded.origin
  WHERE array_position(%s::text[], excluded.reason) > array_position(%s::text[], held.reason)
RETURNING (held.xmax = 0)
"""


def suppress_rows(rows: Sequence[NewSuppression]) -> Suppressed:
    """Write them in the caller's transaction with one statement; its caller holds the address locks."""
    kept = strongest(rows)
    if not kept:
        return Suppressed()
    columns = [
        [row.address_hash for row in kept],
        [row.scope for row in kept],
        [row.reason for row in kept],
        [row.created_at for row in kept],
        [row.note for row in kept],
        [row.origin for row in kept],
    ]
    written = [is_new for (is_new,) in bulk_sql.fetch(UPSERT, [*columns, list(REASONS), list(REASONS)])]
    return Suppressed(sum(written), len(written) - sum(written), len(rows) - len(written))


@transaction.atomic
def suppress(address: bytes, scope: str, reason: str, now: datetime, *, note: str = "", origin: str = "") -> None:
    """Never write to this address hash again (`scope` marketing, all or sms). A stronger reason replaces a weaker one.

    Under the address lock: a mail on its way is stopped, or had been handed over before.
    """
    lock_addresses([address])
    suppress_rows([NewSuppression(address, scope, reason, now, note, origin)])


def lift_suppression(address: bytes, scope: str) -> bool:
    """Allow writing to this address hash again as far as suppressions go; consent is still asked. False: none stood."""
    return Suppression.objects.filter(address_hash=address, scope=scope).delete()[0] > 0
