"""Recommended products for many mails: by a placement where staff made one, else by a strategy.

A person's history counts only where personalization is allowed, which the recommender asks. What is shown is described
by a feed or a server, and a reason names nothing that the mail does not show anyway.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from commerce import queries as commerce
from commerce.contracts import ProductFacts
from mailing.contracts import ProductShown
from mailing.queries.showing import is_presentable, shown
from mailing.rendering import Pick
from recommendations import queries as recommendations
from recommendations.contracts import Answer, Recommendation, RecommendationRequest, Strategy
from recommendations.queries.answer_ids import new_id
from recommendations.queries.placements import placement
from recommendations.sentences import sentence, wording

OF_A_PRODUCT = frozenset(
    {Strategy.SIMILAR, Strategy.TOGETHER, Strategy.VIEWED_TOGETHER, Strategy.ALIKE, Strategy.ACCESSORIES}
)


@dataclass(frozen=True, slots=True)
class Asking:
    """One mail's question. `cart`: ids of what lies in it, or was ordered; `names`: of the products it shows anyway;
    `locale`: of the mail, in which reasons are told."""

    pick: Pick
    profile_id: UUID | None = None
    identifier_ids: tuple[int, ...] = ()
    cart: tuple[str, ...] = ()
    product_id: str = ""
    names: frozenset[str] = frozenset()
    locale: str = "en"

    @property
    def placement(self) -> str:
        """The placement it asks, empty where there is no active one of that key."""
        return self.pick.placement if self.pick.placement and placement(self.pick.placement) is not None else ""

    @property
    def strategy(self) -> Strategy | None:
        """Without a placement; what needs a product or a cart becomes personal where there is none."""
        if self.placement:
            return None
        wanted = Strategy(self.pick.strategy)
        lacks = (wanted in OF_A_PRODUCT and not self.front) or (wanted == Strategy.CART and not self.cart)
        return Strategy.FOR_YOU if lacks else wanted

    @property
    def front(self) -> str:
        """The product it is about, else the first of what lies in the cart or was ordered."""
        return self.product_id or next(iter(self.cart), "")


def pick_each(asked: Sequence[Asking], now: datetime) -> list[tuple[ProductShown, ...]]:
    """The products of each, at most as many as it asks for; never one it is about already."""
    alike: dict[tuple[str, Strategy | None], list[int]] = defaultdict(list)
    for n, one in enumerate(asked):
        alike[one.placement, one.strategy].append(n)
    answers: dict[int, Answer] = {}
    for (placed, strategy), places in alike.items():
        requests = [_request(asked[n], placed, strategy, now) for n in places]
        answers |= dict(zip(places, recommendations.answer_each(requests), strict=True))
    believed = commerce.believed_products({item.product_id for one in answers.values() for item in one.items})
    return [_shown(one, answers[n], believed, now) for n, one in enumerate(asked)]


def _request(one: Asking, placed: str, strategy: Strategy | None, now: datetime) -> RecommendationRequest:
    """Asks for more than is wanted: what the mail is about already is left out, and what may not be named."""
    return RecommendationRequest(
        now=now,
        profile_id=one.profile_id,
        person_ids=one.identifier_ids,
        product_id=one.front or None,
        cart=one.cart,
        n=one.pick.n + len(one.cart) + bool(one.product_id),
        strategy=strategy,
        placement=placed,
    )


def _shown(one: Asking, answer: Answer, believed: dict[str, ProductFacts], now: datetime) -> tuple[ProductShown, ...]:
    about = {*one.cart, one.product_id}
    items = [
        replace(item, product=believed[item.product_id])
        for item in answer.items
        if item.product_id in believed and item.product_id not in about
    ]
    kept = [item for item in items if is_presentable(item.product)][: one.pick.n]
    answer_id = new_id(replace(answer, items=tuple(kept)), b"", now) if answer.placement and kept else ""
    return tuple(shown(item.product, note=_note(item, one), answer_id=answer_id) for item in kept)


def _note(item: Recommendation, asked: Asking) -> str:
    """The reason in the mail's language, if it names nothing, or what the mail shows anyway."""
    say = wording(asked.locale)
    if say is None:
        return ""
    for name in ("", *asked.names):
        if item.sentence == sentence(item.reason, name):
            return sentence(item.reason, name, say)
    return ""
