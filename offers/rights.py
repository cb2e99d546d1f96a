"""What offers hold of a person: codes given to them, and what they used of which offer."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import TextField, Value
from django.db.models.functions import Cast, Concat

from cdp.lib.money import rounded
from cdp.lib.rights import Erased, Part, Person, Row, Store
from offers.models import Code, PersonUse, Redemption

PAGE = 500


def export(person: Person) -> Iterator[Part]:
    """Codes, and uses of offers."""
    yield Part("offer_codes", "Codes of offers that were given to you.", _codes(person))
    yield Part("offers", "Offers you reserved, used or gave back, with the order and the amount.", _uses(person))


def erase(person: Person, now: datetime) -> Erased:
    """The person is taken off; what was used stays counted, and nobody else is given a code that was theirs."""
    codes = Code.objects.filter(identifier_id__in=person.ids)
    unused = codes.filter(uses=0).update(is_void=True)
    given = codes.update(identifier_id=None, given_for="")
    renamed = Concat(Value("erased:"), Cast("id", TextField()), output_field=TextField())
    rows = Redemption.objects.filter(identifier_id__in=person.ids)
    return Erased(
        {
            "unused codes taken back": unused,
            "codes made nobody's": given,
            "uses of offers made nobody's, kept as a count": rows.update(identifier_id=None, key=renamed),
            "counts of uses deleted": PersonUse.objects.filter(identifier_id__in=person.ids).delete()[0],
        }
    )


def remains(person: Person) -> int:
    """Rows that still point to the person."""
    return sum(
        model._default_manager.filter(identifier_id__in=person.ids).count() for model in (Code, Redemption, PersonUse)
    )


def _codes(person: Person) -> Iterator[Row]:
    rows = Code.objects.filter(identifier_id__in=person.ids).select_related("offer").order_by("given_at", "pk")
    for row in rows.iterator(chunk_size=PAGE):
        yield {
            "offer": row.offer.name,
            "code": row.shown,
            "given_at": row.given_at.isoformat() if row.given_at else None,
            "expires_at": row.expires_at.isoformat() if row.expires_at else None,
            "times_used": row.uses,
        }


def _uses(person: Person) -> Iterator[Row]:
    rows = Redemption.objects.filter(identifier_id__in=person.ids).select_related("offer", "code")
    for row in rows.order_by("reserved_at", "pk").iterator(chunk_size=PAGE):
        yield {
            "offer": row.offer.name,
            "code": row.code.shown if row.code else None,
            "state": row.state,
            "order_id": row.order_id or None,
            "amount": str(rounded(row.money, row.currency)),
            "currency": row.currency or None,
            "reserved_at": row.reserved_at.isoformat(),
            "redeemed_at": row.redeemed_at.isoformat() if row.redeemed_at else None,
            "given_back_at": row.released_at.isoformat() if row.released_at else None,
            "reason": row.reason or None,
        }


STORES: tuple[Store, ...] = (
    Store(
        name="offers",
        title="Offers and codes",
        stage=30,
        erase=erase,
        remains=remains,
        export=export,
        models=(Code._meta.label, Redemption._meta.label, PersonUse._meta.label),
    ),
)
"""Price lists and budgets name nobody."""
