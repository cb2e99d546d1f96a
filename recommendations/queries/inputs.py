"""What recommendations for one person go by, told to that very person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cdp.lib.clock import from_us
from commerce.queries import products
from recommendations.contracts import RecommendationRequest
from recommendations.estimators.interactions import Kind
from recommendations.queries.people import Touch, past_of

HALF_LIFE_DAYS = 180.0
WORDS = {Kind.VIEW: "viewed", Kind.ADD: "added", Kind.PURCHASE: "bought"}


@dataclass(frozen=True, slots=True)
class Input:
    """A product somebody touched last at `at`. `what`: viewed, added or bought; `name`: its id where it has none."""

    what: str
    product_id: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Inputs:
    """`refusal`: the gate's reason where nothing of the person counts, empty where it does. Newest first."""

    refusal: str
    touched: tuple[Input, ...]


def inputs_of(profile_id: UUID, now: datetime, *, limit: int = 30) -> Inputs:
    """The touches of a profile that count for recommendations now: one a product and kind, the latest."""
    past = past_of(RecommendationRequest(now=now, profile_id=profile_id), 0, HALF_LIFE_DAYS)
    latest: dict[tuple[str, Kind], Touch] = {}
    for touch in (*past.touches, *past.purchases):
        key = (touch.product_id, touch.kind)
        if key not in latest or touch.at_us > latest[key].at_us:
            latest[key] = touch
    kept = sorted(latest.values(), key=lambda touch: (-touch.at_us, touch.product_id, -touch.kind))[:limit]
    names = {product_id: facts.name for product_id, facts in products([touch.product_id for touch in kept]).items()}
    found = tuple(
        Input(WORDS[one.kind], one.product_id, names.get(one.product_id) or one.product_id, from_us(one.at_us))
        for one in kept
    )
    return Inputs(past.refusal.reason if past.refusal else "", found)
