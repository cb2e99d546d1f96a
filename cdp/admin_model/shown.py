"""What of the catalog was shown in recommendations, beside what was bought; what never was, and why.

Each figure is counted at most every ten minutes and says as of when (`kept`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db.models import Exists, Min, OuterRef, Q, Sum
from numpy.typing import NDArray

from cdp.admin_model.curve import Curve, curve
from cdp.admin_segment.kept import Kept, figure
from cdp.lib import bulk_sql
from commerce.models import Order, Product
from recommendations.model import Model
from recommendations.models import PlacementRule, ShownProduct
from recommendations.queries import live_model
from recommendations.queries.newcomers import new_since

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
# What could be sold and was not shown, newest first, with what of it decides why: a rule names it, it is told of by a
# feed or a server, it is new. Read whole, not by a cursor: for one, PostgreSQL would plan for the first rows only.
MISSING = """
SELECT p.id, p.product_id,
  p.product_id = ANY(%s::text[]) OR p.brand = ANY(%s::text[]) OR p.category = ANY(%s::text[])
    OR p.categories && %s::text[],
  p.is_trusted, p.added_at >= %s
FROM commerce_product AS p
WHERE p.active AND p.in_stock AND NOT EXISTS (
  SELECT FROM recommendations_shownproduct AS s
  WHERE s.product_id = p.product_id AND s.day >= %s AND s.impressions > 0
)
ORDER BY p.id DESC
"""

# Of products told of lately, those that were sold before: they are not new, only their rows are.
SOLD_BEFORE = """
SELECT DISTINCT product_id FROM commerce_orderline WHERE product_id = ANY(%s::text[]) AND occurred_at < %s
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
    Why.NEW: (
        "new",
        f"It came within the last {NEW_DAYS} days: give it time, or places by a placement's exploration.",
    ),
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
    products, brands, categories = _excluded(now)
    first = Product.objects.aggregate(first=Min("added_at"))["first"] or now
    since = new_since(first, now, new_for=timedelta(days=NEW_DAYS))
    given = [products, brands, categories, categories, since, first_day(now)]
    judge = _Judge()
    rows = bulk_sql.fetch(MISSING, given)
    lately = [product_id for _, product_id, _, _, is_new in rows if is_new]
    sold = _sold(lately, now - timedelta(days=NEW_DAYS))
    whys = (judge.why(row[1], row[2], row[3], row[4] and row[1] not in sold) for row in rows)
    return Missing(np.fromiter((row[0] for row in rows), np.int64), np.fromiter(whys, np.uint8))


def chosen(found: Missing, *, why: Why | None, text: str) -> NDArray[np.int64]:
    """The rows of `found` for one reason and a text in name or id (the SEARCHED newest that match), newest first."""
    pks = found.pks if why is None else found.pks[found.whys == why]
    if not text:
        return pks
    match = Product.objects.filter(OFFERABLE).filter(Q(product_id__icontains=text) | Q(name__icontains=text))
    hits = match.order_by("-pk").values_list("pk", flat=True)[:SEARCHED]
    return pks[np.isin(pks, np.fromiter(hits, np.int64))]


class _Judge:
    """Says of one product why it was not shown; reads the live model once."""

    def __init__(self) -> None:
        self.believes_browsers = not Product.objects.filter(is_trusted=True).exists()
        live = live_model()
        self.codes = None if live is None else live.model.codes
        self.learned = () if live is None else learned(live.model).tolist()

    def why(self, product_id: str, is_excluded: bool, is_trusted: bool, is_new: bool) -> Why:
        """The first reason that holds."""
        if is_excluded:
            return Why.EXCLUDED
        if not is_trusted and not self.believes_browsers:
            return Why.BROWSER
        if self.codes is None:
            return Why.NO_MODEL
        code = self.codes.get(product_id)
        if code is None:
            return Why.UNKNOWN
        if is_new:
            return Why.NEW
        return Why.OUTRANKED if self.learned[code] else Why.UNTOUCHED


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


def _excluded(now: datetime) -> tuple[list[str], list[str], list[str]]:
    """(product ids, brands, categories) of rules that keep out now, for everybody, in all placements."""
    found: dict[str, list[str]] = {"product": [], "brand": [], "category": []}
    for rule in PlacementRule.objects.filter(placement__isnull=True, action="exclude", segment=""):
        begun = rule.starts_at is None or rule.starts_at <= now
        if begun and (rule.ends_at is None or now < rule.ends_at):
            found[rule.target].append(rule.value)
    return found["product"], found["brand"], found["category"]


def _sold(product_ids: list[str], before: datetime) -> set[str]:
    return {row[0] for row in bulk_sql.fetch(SOLD_BEFORE, [product_ids, before])} if product_ids else set()


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
