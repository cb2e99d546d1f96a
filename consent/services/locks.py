"""The address rows that make sends and withdrawals take turns: always locked in ascending order of their hash."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from cdp.lib import bulk_sql
from consent.models import Address

NOTE = """
UPDATE consent_address SET last_mailed_at = new.at FROM unnest(%s::bytea[], %s::timestamptz[]) AS new(hash, at)
WHERE address_hash = new.hash
"""


def lock_addresses(hashes: Iterable[bytes]) -> dict[bytes, Address]:
    """Lock the rows of these address hashes, made if new, in ascending order; held until the transaction ends."""
    wanted = sorted(set(hashes))
    if not wanted:
        return {}
    Address.objects.bulk_create([Address(address_hash=h) for h in wanted], ignore_conflicts=True)
    rows = Address.objects.select_for_update().filter(address_hash__in=wanted).order_by("address_hash")
    return {bytes(row.address_hash): row for row in rows}


def lock_address(address: bytes) -> Address:
    """Lock one address row, made if new; held until the transaction ends."""
    return lock_addresses([address])[address]


def note_mailed(address: bytes, at: datetime | None) -> None:
    """Remember when marketing mail was last handed over for this address (None: never); under its lock."""
    Address.objects.filter(address_hash=address).update(last_mailed_at=at)


def note_mailed_each(at: Mapping[bytes, datetime | None]) -> None:
    """`note_mailed` for many addresses by one statement; under their locks."""
    if at:
        bulk_sql.execute(NOTE, [list(at), list(at.values())])
