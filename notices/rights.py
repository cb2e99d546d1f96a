"""What order mails hold of a person: which stages their orders reached."""

from collections.abc import Iterator
from datetime import datetime

from cdp.lib.rights import Erased, Part, Person, Row, Store
from mailing.reasons import words
from notices.models import Reached


def export(person: Person) -> Iterator[Part]:
    """Each stage with what came of it."""
    yield Part("order_stages", "Stages of your orders that we meant to write to you about.", _rows(person))


def erase(person: Person, now: datetime) -> Erased:
    """They go; one that waits never mails."""
    return Erased({"stages of orders deleted": Reached.objects.filter(identifier_id__in=person.ids).delete()[0]})


def remains(person: Person) -> int:
    """Rows that still name the person's orders."""
    return Reached.objects.filter(identifier_id__in=person.ids).count()


def _rows(person: Person) -> Iterator[Row]:
    rows = Reached.objects.filter(identifier_id__in=person.ids).select_related("notice").order_by("happened_at", "pk")
    for row in rows.iterator(chunk_size=200):
        yield {
            "order": row.order_id,
            "stage": row.notice.stage,
            "at": row.happened_at.isoformat(),
            "state": row.state,
            "reason": words(row.reason) if row.reason else "",
        }


STORES: tuple[Store, ...] = (
    Store(
        name="order_stages",
        title="Order mails",
        stage=10,
        erase=erase,
        remains=remains,
        export=export,
        models=(Reached._meta.label,),
    ),
)
