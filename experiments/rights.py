"""What experiments hold of a person: to which variant their addresses were assigned, and when they first met it."""

from collections.abc import Iterator
from datetime import datetime

from cdp.lib.rights import Erased, Part, Person, Row, Store
from experiments.models import Exposure
from experiments.queries import unit_hash
from experiments.services import forget


def export(person: Person) -> Iterator[Part]:
    """Every first exposure of the person's addresses."""
    yield Part("experiments", "Comparisons your addresses took part in, and on which side.", _exposures(person))


def erase(person: Person, now: datetime) -> Erased:
    """Deleted; an address met again is assigned as before, since the split is a function of it."""
    return Erased({"exposures deleted": sum(forget(address) for address in person.address_hashes)})


def remains(person: Person) -> int:
    """Exposures of the person's addresses."""
    return Exposure.objects.filter(unit_hash__in=_units(person)).count()


def _units(person: Person) -> list[bytes]:
    return [unit_hash(address) for address in person.address_hashes]


def _exposures(person: Person) -> Iterator[Row]:
    named = dict(zip(_units(person), person.addresses, strict=True))
    rows = Exposure.objects.filter(unit_hash__in=list(named)).select_related("experiment").order_by("exposed_at", "pk")
    for row in rows:
        yield {
            "experiment": row.experiment.name,
            "address": named[bytes(row.unit_hash)],
            "variant": row.variant,
            "first_met_at": row.exposed_at.isoformat(),
        }


STORES: tuple[Store, ...] = (
    Store(
        name="experiments",
        title="Experiments",
        stage=30,
        erase=erase,
        remains=remains,
        export=export,
        models=("experiments.Exposure",),
    ),
)
"""Keyed by a hash of the address; nothing else of a person is here."""
