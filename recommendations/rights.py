"""What recommendations hold of a person: what was shown to them and what they made of it. Models name products only."""

from collections.abc import Iterator
from datetime import datetime

from cdp.lib.rights import Erased, Part, Person, Row, Store
from recommendations.models import Feedback

LATER = (
    "the next training, within a day, learns without the person; models name products only, never people",
    "model files of the latest ten runs are kept",
)
PAGE = 500


def erase_models(person: Person, now: datetime) -> Erased:
    """Nothing is stored by person: orders and events are erased where they are, and training reads them anew."""
    return Erased({}, later=LATER)


def no_models_remain(person: Person) -> int:
    """Never any: neither rows nor files are keyed by people."""
    return 0


def export(person: Person) -> Iterator[Part]:
    """Every product that was shown, clicked, put into the cart or bought of a recommendation."""
    yield Part("recommendations", "What was recommended to you, and what you made of it.", _feedback(person))


def erase(person: Person, now: datetime) -> Erased:
    """The person is taken off; that somebody saw or bought a product of an answer stays counted."""
    rows = Feedback.objects.filter(identifier_id__in=person.ids)
    return Erased({"feedback made nobody's, kept as a count": rows.update(identifier_id=None)})


def remains(person: Person) -> int:
    """Feedback that still points to the person."""
    return Feedback.objects.filter(identifier_id__in=person.ids).count()


def _feedback(person: Person) -> Iterator[Row]:
    # Rows without a product only mark that an answer was seen at all.
    rows = Feedback.objects.filter(identifier_id__in=person.ids).exclude(product_id="").order_by("at", "kind", "pk")
    for row in rows.iterator(chunk_size=PAGE):
        yield {
            "what": row.get_kind_display().lower(),
            "product_id": row.product_id,
            "placement": row.placement,
            "comparison_side": row.variant or None,
            "recommended_at": row.served_at.isoformat(),
            "at": row.at.isoformat(),
            "order_id": row.order_id or None,
            "amount": None if row.amount is None else str(row.amount),
            "currency": row.currency or None,
        }


STORES: tuple[Store, ...] = (
    Store(
        name="models",
        title="Models of recommendations",
        stage=60,
        erase=erase_models,
        remains=no_models_remain,
        models=("recommendations.ModelRun",),
        place="model files",
        why_no_export="models hold products and how they go together, nothing of anybody",
    ),
    Store(
        name="recommendations",
        title="What was recommended and what became of it",
        stage=30,
        erase=erase,
        remains=remains,
        export=export,
        models=("recommendations.Feedback",),
    ),
)
"""Answers are computed when asked for and kept nowhere; counts by placement and product count nobody in particular."""
