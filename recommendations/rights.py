"""What recommendations hold of a person: nothing by person. Model files tell how products go together."""

from datetime import datetime

from cdp.lib.rights import Erased, Person, Store

LATER = (
    "the next training, within a day, learns without the person; models name products only, never people",
    "model files of the latest ten runs are kept",
)


def erase(person: Person, now: datetime) -> Erased:
    """Nothing is stored by person: orders and events are erased where they are, and training reads them anew."""
    return Erased({}, later=LATER)


def remains(person: Person) -> int:
    """Never any: neither rows nor files are keyed by people."""
    return 0


STORES: tuple[Store, ...] = (
    Store(
        name="models",
        title="Models of recommendations",
        stage=60,
        erase=erase,
        remains=remains,
        models=("recommendations.ModelRun",),
        place="model files",
        why_no_export="models hold products and how they go together, nothing of anybody",
    ),
)
"""Answers are computed when asked for and kept nowhere."""
