"""Erasing a person from every store: tombstones first, then the stores by stage, then what was in flight, then a check.

Each step is idempotent, so a run that died anywhere is simply run again from its start.
"""

from collections.abc import Iterator
from datetime import datetime

from cdp.lib.rights import Erased, Person, Store
from privacy.stores import stores


class ErasureIncomplete(Exception):
    """Something of the person is still held: run the erasure again. `remains`: {store name: records}."""

    def __init__(self, remains: dict[str, int]) -> None:
        super().__init__("still held: " + ", ".join(f"{name} ({count})" for name, count in sorted(remains.items())))
        self.remains = remains


def erasure_stores() -> tuple[Store, ...]:
    """What `erase_person` goes through, in its order: the tombstones, every store by stage, what was in flight."""
    return stores()


def erase_person(person: Person, now: datetime) -> Iterator[tuple[Store, Erased]]:
    """Erase the person everywhere; after each of `erasure_stores` says what it did, as evidence.

    To be run to its end; run again after a failure or a crash, with the same `now`. Raises ErasureIncomplete where
    something still stands at the end.
    """
    raise NotImplementedError
    yield from ()


def remains(person: Person) -> dict[str, int]:
    """{store name: records that still hold or point to the person}, of the stores that have any."""
    counts = {store.name: store.remains(person) for store in stores()}
    return {name: count for name, count in counts.items() if count}
