"""Stores: every place that holds something of a person, with what export, erasure and the search for remains do there.

Each app lists its own in `rights.py` as `STORES: tuple[Store, ...]`. A test fails for a described table, an app or a
known place outside the database that no store covers. `privacy` carries requests out over all of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from cdp.lib.hashing import address_hash, identifier_hash

ADDRESS_KINDS = frozenset({"email", "phone"})


@dataclass(frozen=True)
class Held:
    """One identifier of the person: `id` of its row, its kind and canonical value."""

    id: int
    kind: str
    value: str


@dataclass(frozen=True)
class Person:
    """Whom a request is about, as found when it was verified; kept as it was, since erasure takes its rows away.

    `identifiers`: those of this person alone. `shared`: seen with them, and of others too: never exported or erased.
    `profile_ids`: the profile they stand in, and those it went by before.
    """

    identifiers: tuple[Held, ...]
    profile_ids: tuple[UUID, ...] = ()
    shared: tuple[Held, ...] = ()

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """Row ids of the identifiers."""
        return tuple(one.id for one in self.identifiers)

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """Canonical e-mail addresses and phone numbers."""
        return tuple(one.value for one in self.identifiers if one.kind in ADDRESS_KINDS)

    @cached_property
    def address_hashes(self) -> tuple[bytes, ...]:
        """`cdp.lib.hashing.address_hash` of each of `addresses`."""
        return tuple(address_hash(value) for value in self.addresses)

    @cached_property
    def identifier_hashes(self) -> tuple[bytes, ...]:
        """Keys of tombstones, one an identifier."""
        return tuple(identifier_hash(one.kind, one.value) for one in self.identifiers)

    @cached_property
    def values(self) -> tuple[str, ...]:
        """Canonical values of the identifiers: what a search for remains looks for."""
        return tuple(one.value for one in self.identifiers)


Row = Mapping[str, Any]
"""One exported record: plain JSON values, named in words a person can read; nothing of anybody else."""


@dataclass(frozen=True)
class Part:
    """A file of an export. `name`: without ending, e.g. "orders"; `about`: a sentence on what is in it."""

    name: str
    about: str
    rows: Iterator[Row]


@dataclass(frozen=True)
class Erased:
    """What erasing did in a store: counts by what was done, e.g. {"events deleted": 12}. Evidence, without names.

    `later`: sentences on what happens only afterwards, with its bound, e.g. "files are vacuumed within the hour".
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    later: tuple[str, ...] = ()


@dataclass(frozen=True)
class Store:
    """One place. `models`: the described tables it covers ("app.Model"); `place` for what is no table.

    `export(person)`: its files; a store without any says in `why_no_export` why nothing of it is given.
    `erase(person, now)`: idempotent and safe to run again after a crash; opens its own transactions.
    `remains(person)`: how many records still hold or point to the person, 0 after erasing (rows that are kept by
    decision, such as the ledger's hashes, do not count). Stores are erased in order of `stage`, then by name:
    10 what acts (mails, journeys), 20 copies and raw bytes, 30 facts, 40 what is derived, 50 identity itself, 60 caches
    and files.
    """

    name: str
    title: str
    stage: int
    erase: Callable[[Person, datetime], Erased]
    remains: Callable[[Person], int]
    export: Callable[[Person], Iterator[Part]] | None = None
    models: tuple[str, ...] = ()
    place: str = ""
    why_no_export: str = ""
