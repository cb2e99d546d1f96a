"""What crosses the border of recommendations: a request, and the answer with a reason for every product."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from commerce.contracts import ProductFacts
from consent.contracts import NewRefusal


class Strategy(StrEnum):
    """What is asked for."""

    FOR_YOU = "for_you"
    SIMILAR = "similar"
    CART = "cart"
    BUY_AGAIN = "buy_again"
    POPULAR = "popular"


class Reason(StrEnum):
    """Why a product stands in an answer: stable codes, beside a sentence for people."""

    VIEWED = "viewed"
    ADDED = "added"
    BOUGHT = "bought"
    TOGETHER = "bought_together"
    CART = "goes_with_cart"
    BUY_AGAIN = "buy_again"
    POPULAR = "popular"
    NEWEST = "newest"
    ASSORTMENT = "assortment"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationRequest:
    """Who is asked for, in front of what.

    With `profile_id` all identifiers of that profile and its orders count. Otherwise exactly the events that hang on
    `identifier_ids` count and nothing reached from them (what a public write key may see). With neither, nobody is
    known. Without a `strategy`: similar with a product, cart with a cart, else for_you.
    """

    now: datetime
    profile_id: UUID | None = None
    identifier_ids: tuple[int, ...] = ()
    product_id: str | None = None
    cart: tuple[str, ...] = ()
    n: int = 10
    strategy: Strategy | None = None

    @property
    def chosen_strategy(self) -> Strategy:
        """The strategy asked for, or the one that what is given suggests."""
        if self.strategy is not None:
            return self.strategy
        if self.product_id is not None:
            return Strategy.SIMILAR
        return Strategy.CART if self.cart else Strategy.FOR_YOU


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One product. `score` orders the answer and means nothing across answers; `strategy` is what really found it."""

    product_id: str
    score: float
    reason: Reason
    sentence: str
    strategy: Strategy
    product: ProductFacts


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `model_run` is None before the first training; `note` says why there are no or only few items.

    `refusal`: a known person does not allow personalization and so counts as nobody; the caller notes it.
    """

    items: tuple[Recommendation, ...]
    strategy: Strategy
    model_run: int | None
    note: str = ""
    refusal: NewRefusal | None = None
