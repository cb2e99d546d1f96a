"""What experiments hold of a person: to which variant their addresses and identifiers were assigned, and when they
first met it."""

from collections.abc import Iterator
from datetime import datetime

from cdp.lib.rights import Erased, Part, Person, Row, Store
from experiments.models import Exposure
from experiments.queries import unit_hash
from experiments.services import forget


def export(person: Person) -> Iterator[Part]:
    """Every first exposure of the person's addresses and identifiers."""
    about = "Comparisons your addresses, browsers and accounts took part in, and on which side."
    yield Part("experiments", about, _exposures(person))


def erase(person: Person, now: datetime) -> Erased:
    """Deleted; an address met again is assigned as before, since the split is a function of it."""
    return Erased({"exposures deleted": sum(forget(unit) for unit in _named(person))})


def remains(person: Person) -> int:
    """Exposures of the person's addresses and identifiers."""
    return Exposure.objects.filter(unit_hash__in=[unit_hash(unit) for unit in _named(person)]).count()


def _named(person: Person) -> dict[bytes, str]:
    """Units the person may stand under, by their values: mails split by address, placements by identifier."""
    addresses = dict(zip(person.address_hashes, person.addresses, strict=True))
    return addresses | dict(zip(person.identifier_hashes, person.values, strict=True))


def _exposures(person: Person) -> Iterator[Row]:
    named = {unit_hash(unit): value for unit, value in _named(person).items()}
    rows = Exposure.objects.filter(unit_hash__in=list(named)).select_related("experiment").order_by("exposed_at", "pk")
    for row in rows:
        yield {
            "experiment": row.experiment.name,
            "known_as": named[bytes(row.unit_hash)],
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
"""Keyed by a hash of the address or identifier; nothing else of a person is here."""
