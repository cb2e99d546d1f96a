"""Tombstones: who was erased, and the lock by which events take turns with erasures.

Whoever stores events holds the lock shared from the look at the tombstones to the commit; whoever lays tombstones
holds it alone. So no event that was judged before an erasure is stored after it.
"""

import random
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import OperationalError, connection, transaction
from psycopg import errors

from cdp.lib import bulk_sql
from consent.models import Suppression
from consent.services.locks import lock_addresses

LOCK = 0x636F6E73656E7401
WAIT_MS = 3_000
"""How long an erasure waits in line before it lets events by again: so long they wait behind it at most."""
TRIES = 20
LAY = """
INSERT INTO consent_tombstone AS old (identifier_hash, erased_at, refuses_all)
SELECT identifier_hash, %s::timestamptz, FALSE FROM unnest(%s::bytea[]) AS new(identifier_hash) ORDER BY identifier_hash
ON CONFLICT (identifier_hash) DO UPDATE SET erased_at = greatest(old.erased_at, excluded.erased_at)
"""


@contextmanager
def tombstones_stand() -> Iterator[None]:
    """No tombstone is laid meanwhile: around looking at them and storing what they allow. Outside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [LOCK])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [LOCK])


@contextmanager
def no_event_meanwhile() -> Iterator[None]:
    """A transaction in which nobody stores events: every event judged before it is stored by now.

    Waits for slices in flight, letting others by now and then. Raises OperationalError where one never ends.
    """
    for attempt in range(1, TRIES + 1):
        with transaction.atomic():
            if not _alone(patient=attempt == TRIES):
                continue
            yield
            return


def _alone(*, patient: bool) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_MS * (4 if patient else 1)}ms'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
        return True
    except OperationalError as error:
        if patient or not isinstance(error.__cause__, errors.LockNotAvailable):
            raise
    time.sleep(random.uniform(0.1, 1.0))
    return False


def lay_tombstones(identifier_hashes: Collection[bytes], erased_at: datetime) -> int:
    """Refuse what was said of these identifiers up to `erased_at`; a later tombstone stays. Returns how many stand."""
    return bulk_sql.execute(LAY, [erased_at, list(identifier_hashes)]) if identifier_hashes else 0


def silence_erased(addresses: Collection[bytes], now: datetime) -> int:
    """Send no marketing to these address hashes until somebody signs up with one again. Returns how many are silent.

    A complaint, a hard bounce or staff's word stays as it is, since a sign-up does not end it.
    """
    lock_addresses(addresses)
    for address in sorted(addresses):
        _, is_new = Suppression.objects.get_or_create(
            address_hash=address,
            scope="marketing",
            defaults={"reason": "erasure", "created_at": now, "origin": "erasure"},
        )
        if not is_new:
            mirror = Suppression.objects.filter(address_hash=address, scope="marketing", reason="unsubscribe")
            mirror.update(reason="erasure", created_at=now, origin="erasure")
    return len(addresses)


def lift_erasure(addresses: Collection[bytes], granted_at: datetime) -> int:
    """After a sign-up: addresses silenced by an erasure before it may be written to again."""
    rows = Suppression.objects.filter(address_hash__in=list(addresses), scope="marketing", reason="erasure")
    return rows.filter(created_at__lt=granted_at).delete()[0]
