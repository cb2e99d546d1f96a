"""What experiments hold of a person: to which variant their addresses and identifiers were assigned, and when they
first met it."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from cdp.lib.rights import Erased, Part, Person, Row, Store
from experiments.models import Exposure
from experiments.queries import unit_hash


def export(person: Person) -> Iterator[Part]:
    """Every first exposure of the person's addresses and identifiers."""
    about = "Comparisons your addresses, browsers and accounts took part in, and on which side."
    yield Part("experiments", about, _exposures(person))


def erase(person: Person, now: datetime) -> Erased:
    """Deleted; an address met again is assigned as before, since the split is a function of it."""
    return Erased({"exposures deleted": _theirs(person).delete()[0]})


def remains(person: Person) -> int:
    """Exposures of the person's addresses and identifiers."""
    return _theirs(person).count()


def _named(person: Person) -> dict[bytes, str]:
    """Units the person may stand under, by their values: mails split by address, placements by identifier."""
    addresses = dict(zip(person.address_hashes, person.addresses, strict=True))
    return addresses | dict(zip(person.identifier_hashes, person.values, strict=True))


def _theirs(person: Person) -> QuerySet[Exposure]:
    """By what split them, or by whose it was recognized as."""
    hashes = [unit_hash(unit) for unit in _named(person)]
    return Exposure.objects.filter(Q(unit_hash__in=hashes) | Q(identifier_id__in=person.ids))


def _exposures(person: Person) -> Iterator[Row]:
    named = {unit_hash(unit): value for unit, value in _named(person).items()}
    by_id: dict[int | None, str] = {one.id: one.value for one in person.identifiers}
    for row in _theirs(person).select_related("experiment").order_by("exposed_at", "pk"):
        yield {
            "experiment": row.experiment.name,
            "known_as": named.get(bytes(row.unit_hash)) or by_id[row.identifier_id],
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
