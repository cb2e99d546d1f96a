"""The journeys that come with the product: one JSON file each, with its graph, what it is for and who is held out."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent
ORDER = (
    "abandoned-cart",
    "browse-abandoned",
    "welcome",
    "post-purchase",
    "replenishment",
    "win-back",
    "back-in-stock",
    "price-drop",
    "review-request",
    "birthday",
)


@dataclass(frozen=True, slots=True)
class ShippedSegment:
    """A segment a journey is about, made with it where none has its slug."""

    slug: str
    name: str
    notes: str
    definition: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ShippedJourney:
    """`purpose`: what people must have agreed to. `holdout`: the share never mailed, for comparison, 0 to 1."""

    slug: str
    name: str
    purpose: str
    description: str
    holdout: Decimal
    priority: int
    reentry: str
    reentry_days: int
    graph: dict[str, Any]
    segments: list[ShippedSegment] = field(default_factory=list)


@cache
def shipped_journeys() -> dict[str, ShippedJourney]:
    """All of them by slug, in the order they are offered."""
    found = (msgspec.json.decode((FOLDER / f"{slug}.json").read_bytes(), type=ShippedJourney) for slug in ORDER)
    return {one.slug: one for one in found}
