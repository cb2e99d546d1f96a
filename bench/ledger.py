"""`./run bench ledger`: entries appended, sealed and verified a second; the reference reads the same rows unhashed."""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime

from bench.ground import fresh_database, surroundings
from bench.report import report

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BATCH = 1_000


def main() -> None:
    """A JSON line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=200_000)
    entries = parser.parse_args().entries
    with fresh_database():
        import django

        django.setup()
        note = surroundings()
        appended = _rate(lambda: _append(entries), entries)
        sealed = _rate(_seal, entries)
        verified = _rate(_verify, entries)
        read = _rate(_read, entries)
        note = f"{entries:,} entries; {note}"
        reference = "the same rows read and not hashed"
        report("ledger", "appended_per_s", appended, "entries/s", note=note, digits=0)
        report("ledger", "sealed_per_s", sealed, "entries/s", reference=reference, reference_value=read, digits=0)
        report("ledger", "verified_per_s", verified, "entries/s", reference=reference, reference_value=read, digits=0)


def _rate(work: Callable[[], None], entries: int) -> float:
    began = time.perf_counter()
    work()
    return entries / (time.perf_counter() - began)


def _append(entries: int) -> None:
    from django.db import transaction

    from cdp.lib.hashing import address_hash, keyed_hash
    from consent import services
    from consent.contracts import EMAIL_MARKETING, NewEntry

    for start in range(0, entries, BATCH):
        batch = [
            NewEntry(
                entry_key=keyed_hash("bench", str(n)),
                purpose=EMAIL_MARKETING,
                state="granted",
                method="api",
                occurred_at=NOW,
                address_hash=address_hash(f"{n % 50_000}@example.com"),
                channel="email",
                actor="source:1",
            )
            for n in range(start, min(start + BATCH, entries))
        ]
        with transaction.atomic():
            services.record_entries(batch, now=NOW)


def _seal() -> None:
    from consent.services import sealing

    sealing.seal_all(now=NOW)


def _verify() -> None:
    from consent.services import sealing

    found = sealing.verify()
    if found.problems or found.unsealed:
        raise SystemExit(f"bench: the ledger does not verify: {found}")


def _read() -> None:
    from cdp.lib import bulk_sql
    from consent.services.sealing import BLOCK, ROWS

    after = 0
    while rows := bulk_sql.fetch(ROWS, [after, 2**62, BLOCK]):
        after = rows[-1][0]


if __name__ == "__main__":
    main()
