"""The one face of every estimator: a context in, sparse candidates out; what was learned as named arrays.

Codes are places in the model's products. Nothing dense over all products is made while answering, so that a million
products cost a request no more than a thousand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from recommendations.estimators.interactions import Interactions

Arrays = dict[str, NDArray[Any]]
NO_CAUSE = -1


class Touched(NamedTuple):
    """One product somebody did something with. `weight` says how much it counts as of the model's time."""

    code: int
    weight: float
    at_us: int
    kind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Whom and what an answer is for, in codes of the model.

    history: each product once, heaviest first, weights as in training (log(1 + decayed interactions)); purchases: each
    product once with its last purchase and decayed count; session: the present session's touches, oldest first, with
    repeats; product: what is in front; cart: what lies in it. `product_text` describes a product the model never saw.
    """

    now_us: int
    history: Sequence[Touched] = ()
    purchases: Sequence[Touched] = ()
    session: Sequence[Touched] = ()
    product: int | None = None
    product_text: str = ""
    cart: Sequence[int] = ()
    category: str = ""
    region: str = ""


class Candidates(NamedTuple):
    """Sparse scores: `codes` (distinct, any order), `scores` (> 0, larger is better), `causes`: the code of the product
    each is most because of, NO_CAUSE for none. Equal lengths."""

    codes: NDArray[np.int64]
    scores: NDArray[np.float64]
    causes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)


def nothing() -> Candidates:
    """No candidates."""
    return Candidates(np.zeros(0, np.int64), np.zeros(0, np.float64), np.zeros(0, np.int64))


def best(found: Candidates, n: int) -> Candidates:
    """The `n` best, best first; equal scores in the order of codes."""
    codes, scores, causes = found
    if len(codes) > n:
        kth = np.partition(scores, len(scores) - n)[len(scores) - n]
        kept = scores >= kth
        codes, scores, causes = codes[kept], scores[kept], causes[kept]
    order = np.lexsort((codes, -scores))[:n]
    return Candidates(codes[order], scores[order], causes[order])


@dataclass(frozen=True, slots=True)
class Article:
    """A product of the catalog as estimators read it. `text` describes it: name, category, brand, attributes."""

    product_id: str
    category: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """What all estimators learn from: interactions, the catalog beside `interactions.products` (same order and
    length, None where the catalog has no such product), and people's regions (one a person code, "" unknown)."""

    interactions: Interactions
    articles: Sequence[Article | None] = ()
    regions: Sequence[str] = field(default=())


@runtime_checkable
class Estimator(Protocol):
    """Parameters in `__init__`, `fit` returns self, learned state ends in `_`.

    `name` is the part's name in a model. `arrays`/`restore` carry the learned state through files without pickle:
    plain numeric or fixed-width arrays by name, which `restore` may be given as read-only memory maps.
    """

    name: ClassVar[str]

    def fit(self, data: TrainingData, now_us: int) -> Self:
        """Learns from what lies before `now_us`."""
        ...

    def recommend(self, context: Context, n: int) -> Candidates:
        """About `n` candidates for one context: at least the n best it knows of, more where that costs nothing."""
        ...

    def arrays(self) -> Arrays:
        """What was learned."""
        ...

    @classmethod
    def restore(cls, params: Mapping[str, Any], arrays: Arrays) -> Self:
        """A fitted estimator from its parameters and arrays."""
        ...

    def params(self) -> dict[str, Any]:
        """The parameters of `__init__`, JSON values."""
        ...
