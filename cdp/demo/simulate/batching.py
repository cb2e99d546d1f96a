"""Parcels packed into request bodies, one stream a source, phases kept apart. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cdp.demo.simulate.wire import Parcel, Phase

MOST_BYTES = 400_000  # the service takes 500 kB a request by default


class Batch(NamedTuple):
    """The events of one request."""

    phase: Phase
    server_side: bool
    items: list[bytes]


def batches(parcels: Iterable[Parcel], size: int) -> Iterator[Batch]:
    """Batches of about `size` events; a parcel is never divided, and a phase ends before the next begins."""
    open_ones: dict[bool, Batch] = {}
    phase = Phase.HISTORY
    for parcel in parcels:
        if parcel.phase != phase:
            yield from open_ones.values()
            open_ones, phase = {}, parcel.phase
        batch = open_ones.setdefault(parcel.server_side, Batch(phase, parcel.server_side, []))
        if batch.items and not _fits(batch, parcel, size):
            yield open_ones.pop(parcel.server_side)
            batch = open_ones[parcel.server_side] = Batch(phase, parcel.server_side, [])
        batch.items.extend(parcel.items)
    yield from open_ones.values()


def _fits(batch: Batch, parcel: Parcel, size: int) -> bool:
    bytes_now = sum(map(len, batch.items)) if len(batch.items) > 200 else 0
    return len(batch.items) + len(parcel.items) <= size and bytes_now + sum(map(len, parcel.items)) < MOST_BYTES
