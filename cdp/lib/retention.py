"""Retention: how long one class of data is kept, what of it is due, and how a bounded piece of it is deleted.

Each app lists its classes in `retention.py` as `CLASSES: tuple[DataClass, ...]`; `privacy` holds them against the rules
staff set, measures and deletes. What a class is kept for stands beside it, since keeping needs a reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Model, Q, QuerySet

SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Due:
    """What is past its time. `oldest`: None where nothing is. `sample`: up to five lines that name nobody."""

    count: int
    oldest: datetime | None = None
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataClass:
    """One class of data.

    `kept_for`: why it is kept at all; `what`: what is done when its time is over. `default_days`: None is for ever.
    `measure(cutoff)`: what is older. `delete(cutoff, limit, now)`: one slice in transactions of its own; how many rows,
    0 when nothing is left. `setting`: the environment variable that decides instead of a rule, whose work is done
    elsewhere (then `delete` is None), with `setting_days`.
    """

    code: str
    title: str
    kept_for: str
    what: str
    default_days: int | None
    measure: Callable[[datetime], Due]
    delete: Callable[[datetime, int, datetime], int] | None
    models: tuple[str, ...] = ()
    setting: str = ""
    setting_days: Callable[[], int | None] | None = None


@dataclass(frozen=True, slots=True)
class Timed:
    """Rows of one table that age by one column: deleted, or emptied of some columns.

    `rows`: those the class is about at all. `column`: the instant they age by. `empties`: {column: empty value} where
    the row itself stays. `tells`: columns of codes for the sample, nothing of a person.
    """

    model: type[Model]
    column: str
    where: Q = field(default_factory=Q)
    empties: Mapping[str, Any] | None = None
    tells: tuple[str, ...] = ()

    def measure(self, cutoff: datetime) -> Due:
        """How many are older, the oldest, and the first few by their codes."""
        rows = self._rows(cutoff)
        found = rows.aggregate(count=Count("pk"), oldest=Min(self.column))
        if not found["count"]:
            return Due(0)
        sample = rows.order_by(self.column).values_list(self.column, *self.tells)[:SAMPLE]
        lines = (", ".join([f"{at:%Y-%m-%d}", *(str(value) for value in codes)]) for at, *codes in sample)
        return Due(found["count"], found["oldest"], tuple(lines))

    def delete(self, cutoff: datetime, limit: int, now: datetime) -> int:
        """One slice; rows somebody works on right now wait for a later one."""
        with transaction.atomic():
            rows = self._rows(cutoff).select_for_update(skip_locked=True, of=("self",))
            ids = list(rows.values_list("pk", flat=True)[:limit])
            chosen = self.model._default_manager.filter(pk__in=ids)
            if self.empties is None:
                chosen.delete()
            else:
                chosen.update(**self.empties)
        return len(ids)

    def _rows(self, cutoff: datetime) -> QuerySet[Any]:
        return self.model._default_manager.filter(self.where, **{f"{self.column}__lt": cutoff})
