"""What decisions hold of a person: what was decided for them, seen by them, and what came of it."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat

from cdp.lib.rights import Erased, Part, Person, Row, Store
from decisions.models import Conversion, Decision
from experiments.queries import unit_hash

PAGE = 500


def export(person: Person) -> Iterator[Part]:
    """Every decision with what came of it."""
    yield Part("decisions", "What places in the shop showed you, why, and what you did with it.", _rows(person))


def erase(person: Person, now: datetime) -> Erased:
    """Taken off what was decided; that it was decided stays, so that bandits and experiments keep their counts."""
    found = _theirs(person)
    renamed = Concat(Value("erased:"), Cast("id", TextField()), output_field=TextField())
    told = Conversion.objects.filter(decision__in=found).exclude(occasion="").update(occasion=renamed)
    emptied = found.update(identifier_id=None, unit_hash=None, features=None, answer=None, request_key=None)
    return Erased({"decisions made nobody's, kept as a count": emptied, "occasions replaced": told})


def remains(person: Person) -> int:
    """Decisions that still point to the person."""
    return _theirs(person).count()


def _theirs(person: Person) -> QuerySet[Decision]:
    units = [unit_hash(unit) for unit in person.identifier_hashes]
    return Decision.objects.filter(Q(identifier_id__in=person.ids) | Q(unit_hash__in=units))


def _rows(person: Person) -> Iterator[Row]:
    rows = _theirs(person).select_related("version__placement").prefetch_related("conversions")
    for row in rows.order_by("decided_at", "pk").iterator(chunk_size=PAGE):
        yield {
            "place": row.version.placement.name if row.version is not None else row.placement,
            "decided_by": row.decided_by,
            "shown": row.arm,
            "reason": row.reason,
            "decided_at": row.decided_at.isoformat(),
            "seen_at": row.exposed_at.isoformat() if row.exposed_at else None,
            "what_came_of_it": [
                {"kind": one.kind, "occasion": one.occasion, "value": str(one.value), "at": one.at.isoformat()}
                for one in row.conversions.all()
            ],
        }


STORES: tuple[Store, ...] = (
    Store(
        name="decisions",
        title="Decisions",
        stage=30,
        erase=erase,
        remains=remains,
        export=export,
        models=(Decision._meta.label, Conversion._meta.label),
    ),
)
"""Content, places and what bandits learned name nobody."""
