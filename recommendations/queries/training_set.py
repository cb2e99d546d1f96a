"""The training set: purchases, additions and views of everybody who allows ml_training, by profile, and the catalog.

What is nobody's (shared identifiers, guest orders) is left out by commerce. Bounded: where there is more than asked
for, people are sampled while reading, always the same ones. Codes are assigned in a fixed order, so the same database
gives the same set.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pyarrow as pa
from django.conf import settings
from numpy.typing import NDArray

import commerce.queries
from cdp.lib.clock import from_us
from consent.contracts import ML_TRAINING, Subject
from consent.queries import allows_each
from profiles.queries import identifiers_of
from recommendations.estimators import Interactions, Kind
from recommendations.estimators.facing import Article, TrainingData
from recommendations.queries.articles import articles
from recommendations.queries.people import KIND_OF

WINDOW = timedelta(days=180)
FEWEST_EVENTS, MOST_LOOKS = 1_000, 20
BEGINNING = from_us(0)
PEOPLE_CHUNK = 2_000
KINDS: Mapping[str, int] = {commerce.queries.BOUGHT: int(Kind.PURCHASE)} | {n: int(k) for n, k in KIND_OF.items()}


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """What is learned from. `refused`: people left out who do not allow ml_training, by the gate's reason. `share`: of
    the people it was read of; `there_are`: interactions of all people, before anybody was left out."""

    data: TrainingData
    refused: Mapping[str, int]
    share: float
    there_are: int
    engine: str

    @property
    def interactions(self) -> Interactions:
        """Who did what."""
        return self.data.interactions

    @property
    def left_out(self) -> int:
        """How many people."""
        return sum(self.refused.values())

    @property
    def note(self) -> str:
        """How much of what there is was learned from, in a sentence."""
        if self.share >= 1.0:
            return f"all {self.there_are:,} interactions were read"
        return (
            f"{self.share:.1%} of the people were read, chosen by their ids: "
            f"there are {self.there_are:,} interactions, more than max_interactions"
        )


def training_set(now: datetime, max_interactions: int = 5_000_000) -> TrainingSet:
    """Purchases before `now`; views and additions since WINDOW before the newest interaction of any kind. Where these
    are hardly any of all (somebody clicks where all else is years old), since as long before the one before them."""
    names = tuple(KIND_OF)
    bought, newest_us = commerce.queries.count_purchases(until=now)
    since, events = _since(names, newest_us, now)
    there_are = bought + events
    share = min(1.0, max_interactions / there_are) if there_are else 1.0
    tables = [
        commerce.queries.purchases(until=now, share=share),
        commerce.queries.product_events(names, since=since, until=now, share=share),
    ]
    touches = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    people = _words(touches["person"])
    refused = _refused(people, now)
    data = _data(touches, people, refused.keys(), list(articles()), commerce.queries.countries(until=now, share=share))
    engine = settings.LAKE_ENGINE.partition(":")[0]
    return TrainingSet(data, dict(sorted(Counter(refused.values()).items())), share, there_are, engine)


def _since(names: Sequence[str], bought_us: int | None, now: datetime) -> tuple[datetime, int]:
    """Since when events are read, and how many there are."""
    there_are, newest_us = commerce.queries.count_product_events(names, since=BEGINNING, until=now)
    if newest_us is None:
        return now, 0
    since = from_us(max(newest_us, bought_us or 0)) - WINDOW
    for _ in range(MOST_LOOKS):
        events, _ = commerce.queries.count_product_events(names, since=since, until=now)
        if events >= min(FEWEST_EVENTS, there_are // 10):
            return since, events
        _, before_us = commerce.queries.count_product_events(names, since=BEGINNING, until=since)
        since = from_us(before_us or 0) - WINDOW
    return BEGINNING, there_are


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


def _data(
    touches: pa.Table,
    people: Sequence[str],
    refused: object,
    catalog: Sequence[Article],
    countries: Mapping[str, str],
) -> TrainingData:
    """Coded: people and products by the order of their ids; rows by person, time, product and kind, each once."""
    left_out = set(refused)  # type: ignore[call-overload]
    who = _codes(touches["person"])
    kept = np.array([person not in left_out for person in people], dtype=bool)[who] if len(who) else np.zeros(0, bool)
    rows = touches.filter(pa.array(kept))
    own, products = _coded(rows["product_id"], [article.product_id for article in catalog])
    persons, names = _coded(rows["person"], [])
    kinds = np.array([KINDS[what] for what in _words(rows["what"])] or [0], dtype=np.int8)[_codes(rows["what"])]
    columns = (persons, own, rows["occurred_us"].to_numpy().astype(np.int64), kinds)
    by_id = {article.product_id: article for article in catalog}
    interactions = Interactions(*_distinct(*columns), products=products, n_people=len(names))
    return TrainingData(
        interactions,
        articles=[by_id.get(product) for product in products],
        regions=[countries.get(person, "") for person in names],
    )


def _distinct(
    people: NDArray[np.int32], items: NDArray[np.int32], at_us: NDArray[np.int64], kinds: NDArray[np.int8]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64], NDArray[np.int8]]:
    """Sorted rows, equal ones once."""
    order = np.lexsort((kinds, items, at_us, people))
    people, items, at_us, kinds = people[order], items[order], at_us[order], kinds[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (
        (people[1:] != people[:-1]) | (items[1:] != items[:-1]) | (at_us[1:] != at_us[:-1]) | (kinds[1:] != kinds[:-1])
    )
    return people[new], items[new], at_us[new], kinds[new]


def _coded(column: pa.ChunkedArray, beside: Sequence[str]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes into the sorted ids that occur in the column or stand `beside`, and these."""
    words, codes = _words(column), _codes(column)
    used = np.zeros(len(words), dtype=bool)
    used[codes] = True
    names = tuple(sorted({word for word, is_used in zip(words, used, strict=True) if is_used} | set(beside)))
    places = {name: place for place, name in enumerate(names)}
    new = np.array([places.get(word, 0) for word in words] or [0], dtype=np.int32)
    return new[codes], names


def _words(column: pa.ChunkedArray) -> list[str]:
    words: list[str] = _array(column).dictionary.to_pylist()
    return words


def _codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.asarray(_array(column).indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _array(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _chunks(rows: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
