"""What of the catalog was shown in recommendations, beside what was bought; what never was, and why.

Each figure is counted at most every ten minutes and says as of when (`kept`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Sum
from numpy.typing import NDArray

from cdp.admin_model.curve import Curve, curve
from cdp.admin_segment.kept import Kept, figure
from cdp.lib import bulk_sql
from commerce.models import Order, Product
from recommendations.model import Model
from recommendations.models import PlacementRule, ShownProduct
from recommendations.queries import live_model

DAYS = 28
NEW_DAYS = 7
TOP = 10
SEARCHED = 10_000
BY_WORDS = ("content",)  # parts that learn from the catalog, not from people
NAMING = ("codes", "indices", "visit_items")  # arrays of a part that hold codes of products
OFFERABLE = Q(active=True, in_stock=True)
# What is bought is counted in lines, as what is shown is counted in impressions.
BOUGHT = """
SELECT l.product_id, count(*)
FROM commerce_orderline AS l JOIN commerce_order AS o ON o.id = l.order_id
WHERE l.occurred_at >= %s AND l.kind = 'goods' AND l.product_id <> '' AND o.status = ANY(%s::text[])
GROUP BY 1
"""


class Why(IntEnum):
    """Why a product that could be sold was not shown, the first that holds."""

    EXCLUDED = 0
    BROWSER = 1
    NO_MODEL = 2
    UNKNOWN = 3
    NEW = 4
    UNTOUCHED = 5
    OUTRANKED = 6


WHY_WORDS: Mapping[Why, tuple[str, str]] = {
    Why.EXCLUDED: ("excluded by a rule", "A rule for all placements keeps it out."),
    Why.BROWSER: ("told of by browsers only", "No feed and no server told of it, so it is never recommended."),
    Why.NO_MODEL: ("no model yet", "Without a model only what is popular or newest is shown."),
    Why.UNKNOWN: ("unknown to the model", "It came after the live model was trained; the next training learns of it."),
    Why.NEW: ("new", f"It came within the last {NEW_DAYS} days: give it time, or places by a placement's exploration."),
    Why.UNTOUCHED: ("too little interest", "Next to nobody viewed or bought it, so only its words speak for it."),
    Why.OUTRANKED: ("others were stronger", "The model knows it, but something else always stood before it."),
}


@dataclass(frozen=True, slots=True)
class Seller:
    """One of the products shown most."""

    product_id: str
    name: str
    impressions: int
    share: float
    clicks: int
    bought_share: float


@dataclass(frozen=True, slots=True)
class Catalog:
    """`offerable`: products active and in stock; `shown`: those of them with an impression in DAYS."""

    active: int
    offerable: int
    shown: int
    impressions: Curve | None
    bought: Curve | None
    most: tuple[Seller, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """Rows of products active and in stock and never shown, newest first, each with its Why."""

    pks: NDArray[np.int64]
    whys: NDArray[np.uint8]

    def count(self, why: Why | None = None) -> int:
        """How many, of all or for one reason."""
        return len(self.pks) if why is None else int((self.whys == why).sum())


def first_day(now: datetime) -> date:
    """The first of the DAYS that are looked at, in the company's time zone."""
    return now.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date() - timedelta(days=DAYS - 1)


def catalog_kept(now: datetime) -> Kept:
    """The catalog's figures, at most ten minutes old."""
    return _kept("model:catalog", now)


def missing_kept(now: datetime) -> Kept:
    """What was never shown, at most ten minutes old."""
    return _kept("model:missing", now)


def _kept(key: str, now: datetime) -> Kept:
    make = {"model:catalog": catalog_figures, "model:missing": missing}[key]
    found = figure(key, lambda: make(now), now)
    assert found is not None  # `figure` makes it
    return found


def catalog_figures(now: datetime) -> Catalog:
    """Counted anew."""
    since = first_day(now)
    totals = {
        product_id: (shown, clicked)
        for product_id, shown, clicked in ShownProduct.objects.filter(day__gte=since)
        .values_list("product_id")
        .annotate(shown=Sum("impressions"), clicked=Sum("clicks"))
        if shown
    }
    bought = _bought(now)
    offerable = Product.objects.filter(OFFERABLE)
    count = offerable.count()
    shown = curve([each for each, _ in totals.values()], count)
    return Catalog(
        active=Product.objects.filter(active=True).count(),
        offerable=count,
        shown=offerable.filter(_was_shown(since)).count(),
        impressions=shown,
        bought=curve(list(bought.values()), count),
        most=_most(totals, bought),
    )


def missing(now: datetime) -> Missing:
    """Counted anew."""
    judge = _Judge(now)
    rows = Product.objects.filter(OFFERABLE).exclude(_was_shown(first_day(now))).order_by("-pk")
    pks: list[int] = []
    whys: list[int] = []
    for pk, *facts in rows.values_list("pk", *judge.FIELDS).iterator(chunk_size=20_000):
        pks.append(pk)
        whys.append(judge.why(*facts))
    return Missing(np.array(pks, np.int64), np.array(whys, np.uint8))


def chosen(found: Missing, *, why: Why | None, text: str) -> NDArray[np.int64]:
    """The rows of `found` for one reason and a text in name or id (the SEARCHED newest that match), newest first."""
    pks = found.pks if why is None else found.pks[found.whys == why]
    if not text:
        return pks
    match = Product.objects.filter(OFFERABLE).filter(Q(product_id__icontains=text) | Q(name__icontains=text))
    hits = match.order_by("-pk").values_list("pk", flat=True)[:SEARCHED]
    return pks[np.isin(pks, np.fromiter(hits, np.int64))]


class _Judge:
    """Says of one product why it was not shown; reads rules and the live model once."""

    FIELDS = ("product_id", "category", "categories", "brand", "is_trusted", "added_at")

    def __init__(self, now: datetime) -> None:
        self.new_since = now - timedelta(days=NEW_DAYS)
        self.believes_browsers = not Product.objects.filter(is_trusted=True).exists()
        self.rules = set(_exclusions(now))
        self.live = live_model()
        self.learned = None if self.live is None else learned(self.live.model)

    def why(
        self, product_id: str, category: str, categories: list[str], brand: str, is_trusted: bool, added_at: datetime
    ) -> Why:
        """The first reason that holds."""
        if self.rules and self._is_excluded(product_id, {category, *categories}, brand):
            return Why.EXCLUDED
        if not is_trusted and not self.believes_browsers:
            return Why.BROWSER
        if self.live is None or self.learned is None:
            return Why.NO_MODEL
        code = self.live.model.codes.get(product_id)
        if code is None:
            return Why.UNKNOWN
        if added_at >= self.new_since:
            return Why.NEW
        return Why.OUTRANKED if self.learned[code] else Why.UNTOUCHED

    def _is_excluded(self, product_id: str, categories: set[str], brand: str) -> bool:
        named = {("product", product_id), ("brand", brand), *(("category", one) for one in categories)}
        return not self.rules.isdisjoint(named)


def learned(model: Model) -> NDArray[np.bool_]:
    """Which products some part of a model can name by what people did, not by their words alone."""
    known = np.zeros(len(model.products), bool)
    for name, part in model.parts.items():
        if name in BY_WORDS:
            continue
        for array, values in part.arrays().items():
            if array in NAMING and np.issubdtype(values.dtype, np.integer):
                known[values] = True
    return known


def _exclusions(now: datetime) -> Iterator[tuple[str, str]]:
    """(target, value) of rules that hold now for everybody in all placements."""
    rules = PlacementRule.objects.filter(placement__isnull=True, action="exclude", segment="")
    for rule in rules:
        begun = rule.starts_at is None or rule.starts_at <= now
        if begun and (rule.ends_at is None or now < rule.ends_at):
            yield rule.target, rule.value


def _was_shown(since: date) -> Exists:
    return Exists(ShownProduct.objects.filter(product_id=OuterRef("product_id"), day__gte=since, impressions__gt=0))


def _bought(now: datetime) -> dict[str, int]:
    rows = bulk_sql.fetch(BOUGHT, [now - timedelta(days=DAYS), list(Order.BOUGHT)])
    return dict(rows)


def _most(totals: Mapping[str, tuple[int, int]], bought: Mapping[str, int]) -> tuple[Seller, ...]:
    best = sorted(totals.items(), key=lambda one: (-one[1][0], one[0]))[:TOP]
    names = dict(
        Product.objects.filter(product_id__in=[product_id for product_id, _ in best]).values_list("product_id", "name")
    )
    shown, sold = sum(each for each, _ in totals.values()), sum(bought.values())
    return tuple(
        Seller(
            product_id,
            names.get(product_id) or product_id,
            impressions,
            impressions / shown,
            clicks,
            bought.get(product_id, 0) / sold if sold else 0.0,
        )
        for product_id, (impressions, clicks) in best
    )
