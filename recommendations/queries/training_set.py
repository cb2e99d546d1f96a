"""The training set: purchases, additions and views of everybody who allows ml_training, by profile.

What is nobody's (shared identifiers, guest orders) is left out by commerce. Codes are assigned in a fixed order, so the
same database gives the same set.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pandas as pd

import commerce.queries
from consent.contracts import ML_TRAINING, Subject
from consent.queries import allows_each
from profiles.queries import identifiers_of
from recommendations.estimators import Interactions, Kind
from recommendations.queries.people import KIND_OF

WINDOW = timedelta(days=180)
PEOPLE_CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """The interactions, and how many people were left out who do not allow ml_training, by the gate's reason."""

    interactions: Interactions
    refused: Mapping[str, int]

    @property
    def left_out(self) -> int:
        """How many people."""
        return sum(self.refused.values())


def training_set(now: datetime) -> TrainingSet:
    """Purchases before `now`; views and additions of the 180 days before the newest purchase, and since."""
    bought = commerce.queries.order_lines_frame(until=now).assign(kind=int(Kind.PURCHASE))
    since = (bought["occurred_at"].max() if len(bought) else now) - WINDOW
    touched = commerce.queries.interactions_frame(tuple(KIND_OF), since=since, until=now)
    touched = touched.assign(kind=touched["name"].map({name: int(kind) for name, kind in KIND_OF.items()}))
    columns = ["person", "product_id", "occurred_at", "kind"]
    frame = pd.concat([part[columns] for part in (bought, touched) if len(part)] or [bought[columns]])
    refused = _refused(sorted(frame["person"].unique()), now)
    allowed = frame[~frame["person"].isin(refused.keys())]
    return TrainingSet(_coded(allowed.drop_duplicates()), dict(sorted(Counter(refused.values()).items())))


def _refused(people: Sequence[str], now: datetime) -> dict[str, str]:
    """Those of `people` (profile ids) who do not allow ml_training, with the gate's reason. Counted on the run: a row a
    person, noted every night, would tell nobody more.
    """
    refused: dict[str, str] = {}
    for chunk in _chunks(people, PEOPLE_CHUNK):
        found = identifiers_of([UUID(person) for person in chunk])
        subjects = [Subject(identifier_ids=tuple(facts.id for facts in found[UUID(person)])) for person in chunk]
        decisions = allows_each(subjects, ML_TRAINING, now)
        refused |= {p: decision.reason for p, decision in zip(chunk, decisions, strict=True) if not decision.allowed}
    return refused


def _coded(frame: pd.DataFrame) -> Interactions:
    people, names = pd.factorize(frame["person"], sort=True)
    items, products = pd.factorize(frame["product_id"], sort=True)
    return Interactions(
        people=people.astype(np.int32),
        items=items.astype(np.int32),
        at_us=frame["occurred_at"].dt.as_unit("us").astype("int64").to_numpy(dtype=np.int64),
        kinds=frame["kind"].to_numpy(dtype=np.int8),
        products=tuple(str(product) for product in products),
        n_people=len(names),
    )


def _chunks(rows: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
