"""What crosses the border of recommendations: a request, and the answer with a reason for every product."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from commerce.contracts import ProductFacts
from consent.contracts import NewRefusal


class Strategy(StrEnum):
    """What is asked for. Each stands alone or as one of a placement's, blended or one after the other."""

    FOR_YOU = "for_you"  # by what a person did, lately and ever; new products for those who bought
    BUY_AGAIN = "buy_again"  # own purchases, by count and by when the product's rebuy interval makes them due
    SIMILAR = "similar"  # to the product in front: viewed together, bought together, alike in words
    TOGETHER = "bought_together"  # goes with the product in front or the cart, in one order
    VIEWED_TOGETHER = "viewed_together"  # in one visit with the product in front
    ALIKE = "alike"  # by name, category, brand, attributes: works for products nobody touched yet
    ACCESSORIES = "accessories"  # bought after the product in front, from other categories
    CART = "cart"  # completes the basket
    SESSION = "session"  # what comes next in this visit
    RECENT = "recently_viewed"  # by this person, latest first
    POPULAR = "popular"  # lately, in the category or region given
    NEWEST = "newest"  # lately added to the catalog
    SEARCH = "search"  # the results given, in the person's order


class Reason(StrEnum):
    """Why a product stands in an answer: stable codes, beside a sentence for people."""

    VIEWED = "viewed"
    ADDED = "added"
    BOUGHT = "bought"
    TOGETHER = "bought_together"
    VIEWED_TOGETHER = "viewed_together"
    ALIKE = "alike"
    ACCESSORY = "accessory"
    CART = "goes_with_cart"
    BUY_AGAIN = "buy_again"
    REBUY_DUE = "rebuy_due"
    SESSION = "this_visit"
    RECENT = "recently_viewed"
    POPULAR = "popular"
    POPULAR_IN_CATEGORY = "popular_in_category"
    POPULAR_IN_REGION = "popular_in_region"
    NEWEST = "newest"
    SEARCH = "search"
    PINNED = "pinned"
    ASSORTMENT = "assortment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What the asker wants of the products, beside what the placement says. Empty = anything."""

    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationRequest:
    """Who is asked for, in front of what.

    With `profile_id` all identifiers of that profile and its orders count. Otherwise exactly the events that hang on
    `identifier_ids` count and nothing reached from them (what a public write key may see). With neither, nobody is
    known. `placement` names one made in the admin, whose strategies, rules and holdout then hold; without it and
    without a `strategy`: search with search results, similar with a product, cart with a cart, else for_you.
    `unit` is what a holdout is split by (the caller's own identifier; empty: never held out). `is_preview`: staff look
    at it: `why` is filled, nobody is exposed, refusals are not noted. `person_ids`: the identifiers of whoever it is,
    where the caller has just looked them up (`profiles.queries.find_person`); None: they are looked up. `is_allowed`:
    the caller has just asked the gate about them and personalization is allowed.
    """

    now: datetime
    profile_id: UUID | None = None
    identifier_ids: tuple[int, ...] = ()
    person_ids: tuple[int, ...] | None = None
    product_id: str | None = None
    cart: tuple[str, ...] = ()
    n: int | None = None
    strategy: Strategy | None = None
    placement: str = ""
    search_results: tuple[str, ...] = ()
    category: str = ""
    region: str = ""
    currency: str = ""
    narrowing: Narrowing = Narrowing()
    unit: bytes = b""
    is_preview: bool = False
    is_allowed: bool = False

    @property
    def chosen_strategy(self) -> Strategy:
        """The strategy asked for, or the one that what is given suggests."""
        if self.strategy is not None:
            return self.strategy
        if self.search_results:
            return Strategy.SEARCH
        if self.product_id is not None:
            return Strategy.SIMILAR
        return Strategy.CART if self.cart else Strategy.FOR_YOU


@dataclass(frozen=True, slots=True)
class Why:
    """One thing that moved a product in an answer, for staff. `part`: a model's part, a rule of the placement or a
    boost; `share` of the final score for parts, the factor for boosts, 0 for rules; `text` is a sentence."""

    part: str
    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One product. `score` orders the answer and means nothing across answers; `strategy` is what really found it."""

    product_id: str
    score: float
    reason: Reason
    sentence: str
    strategy: Strategy
    product: ProductFacts
    why: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """For staff: a candidate that a rule kept out, and which."""

    product_id: str
    rule: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `model_run` is None before the first training; `note` says why there are no or only few items.

    `refusal`: a known person does not allow personalization and so counts as nobody; the caller notes it.
    `variant` is "treated" or "holdout" where the placement has a holdout and the asker a unit, else empty.
    """

    items: tuple[Recommendation, ...]
    strategy: Strategy
    model_run: int | None
    note: str = ""
    refusal: NewRefusal | None = None
    placement: str = ""
    variant: str = ""
    dropped: tuple[Dropped, ...] = ()


class UnknownPlacementError(LookupError):
    """No active placement has this key. The message names those there are."""
