"""The training set: purchases, additions and views of everybody who allows ml_training, by profile.

Shared identifiers are nobody's and are left out, as are orders nobody is known for. Codes are assigned in a fixed order,
so the same database gives the same set.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import numpy as np
import pandas as pd
from django.db.models.fields.json import KeyTextTransform

from cdp.lib.clock import from_us, to_us
from commerce.models import OrderLine
from consent.contracts import ML_TRAINING, Subject
from consent.queries import allows_each
from events.models import Event
from profiles.models import Identifier
from recommendations.estimators import Interactions, Kind
from recommendations.queries.people import BOUGHT, KIND_OF

WINDOW = timedelta(days=180)
ROWS_CHUNK = 50_000
PEOPLE_CHUNK = 2_000
COLUMNS = ["identifier_id", "product_id", "at_us", "kind"]

Row = tuple[int, str, int, int]  # as COLUMNS
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """The interactions, and how many people were left out because they do not allow ml_training."""

    interactions: Interactions
    left_out: int


def training_set(now: datetime) -> TrainingSet:
    """Purchases up to `now`; views and additions of the 180 days before the newest purchase, and since."""
    bought = _frame(_purchases(now))
    newest = from_us(int(bought["at_us"].max())) if len(bought) else now
    frame = pd.concat([bought, _frame(_views(newest - WINDOW, now))], ignore_index=True)
    frame["person"] = frame["identifier_id"].map(_owners(frame["identifier_id"].unique().tolist()))
    frame = frame[frame["person"].notna()]
    refused = _refused(sorted(frame["person"].unique()), now)
    kept = frame[~frame["person"].isin(refused)]
    return TrainingSet(_coded(kept.drop_duplicates(["person", "product_id", "at_us", "kind"])), len(refused))


def _frame(rows: Iterable[Row]) -> pd.DataFrame:
    return pd.DataFrame.from_records(list(rows), columns=COLUMNS)


def _purchases(now: datetime) -> Iterator[Row]:
    lines = OrderLine.objects.filter(
        order__status__in=BOUGHT, kind=OrderLine.Kind.GOODS, order__identifier_id__isnull=False, occurred_at__lte=now
    ).exclude(product_id="")
    rows = lines.values_list("order__identifier_id", "product_id", "occurred_at").order_by()
    for identifier_id, product_id, at in rows.iterator(ROWS_CHUNK):
        yield identifier_id, product_id, to_us(at), int(Kind.PURCHASE)


def _views(since: datetime, now: datetime) -> Iterator[Row]:
    seen = Event.objects.filter(name__in=list(KIND_OF), occurred_at__gte=since, occurred_at__lte=now)
    rows = seen.annotate(product=KeyTextTransform("product_id", "properties")).exclude(product=None)
    for identifier_id, product_id, at, name in rows.values_list(
        "identifier_id", "product", "occurred_at", "name"
    ).iterator(ROWS_CHUNK):
        yield identifier_id, product_id, to_us(at), int(KIND_OF[name])


def _owners(identifier_ids: Sequence[int]) -> dict[int, str]:
    """The profile of each identifier that is somebody's."""
    owners: dict[int, str] = {}
    for chunk in _chunks(identifier_ids, ROWS_CHUNK):
        rows = Identifier.objects.filter(pk__in=chunk, is_shared=False).values_list("pk", "profile_id")
        owners.update((pk, str(profile_id)) for pk, profile_id in rows)
    return owners


def _refused(people: Sequence[str], now: datetime) -> set[str]:
    """Those of `people` (profile ids) who do not allow ml_training."""
    refused: set[str] = set()
    for chunk in _chunks(people, PEOPLE_CHUNK):
        identifiers: dict[str, list[int]] = {person: [] for person in chunk}
        rows = Identifier.objects.filter(profile_id__in=[UUID(person) for person in chunk])
        for pk, profile_id in rows.values_list("pk", "profile_id").order_by("pk"):
            identifiers[str(profile_id)].append(pk)
        subjects = [Subject(identifier_ids=tuple(identifiers[person])) for person in chunk]
        decisions = allows_each(subjects, ML_TRAINING, now)
        refused.update(person for person, found in zip(chunk, decisions, strict=True) if not found.allowed)
    return refused


def _coded(frame: pd.DataFrame) -> Interactions:
    people, names = pd.factorize(frame["person"], sort=True)
    items, products = pd.factorize(frame["product_id"], sort=True)
    return Interactions(
        people=people.astype(np.int32),
        items=items.astype(np.int32),
        at_us=frame["at_us"].to_numpy(dtype=np.int64),
        kinds=frame["kind"].to_numpy(dtype=np.int8),
        products=tuple(str(product) for product in products),
        n_people=len(names),
    )


def _chunks(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
