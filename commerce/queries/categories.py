"""The tree of categories with counts, and the brands: kept in process until the catalog changes."""

import threading
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count, Sum

from cdp.lib import bulk_sql
from commerce.categories import Category, Path, PathCount, Tree
from commerce.models import CatalogChange

PATHS = """
SELECT CASE WHEN categories = '{}' THEN ARRAY[category] ELSE categories END AS path, brand,
  count(*), count(*) FILTER (WHERE in_stock)
FROM commerce_product WHERE active AND is_trusted GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Assortment:
    """Active products that a feed or a server told of, by category and brand. `nowhere`: those without a category."""

    counts: tuple[PathCount, ...]
    brands: tuple[tuple[str, int], ...]
    nowhere: int
    fingerprint: tuple[object, ...]

    @cached_property
    def tree(self) -> Tree:
        """The categories."""
        return Tree(self.counts)


class _Holder:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: Assortment | None = None

    def current(self) -> Assortment:
        fingerprint = _fingerprint()
        held = self.held
        if held is None or held.fingerprint != fingerprint:
            with self.lock:
                held = self.held
                if held is None or held.fingerprint != fingerprint:
                    held = self.held = _read(fingerprint)
        return held


_holder = _Holder()


def assortment() -> Assortment:
    """Categories and brands as of now."""
    return _holder.current()


def category_tree() -> Tree:
    """The tree of categories: `children(path)`, `ancestors(path)`, `named(name)`, `names()`, `walk()`."""
    return assortment().tree


def category_children(path: Path = ()) -> list[Category]:
    """The categories right below; the roots for the empty path."""
    return category_tree().children(path)


def category_ancestors(path: Path) -> list[Category]:
    """From the root down to the parent."""
    return category_tree().ancestors(path)


def category_names() -> list[str]:
    """Every name of a category, those with the most products first."""
    return category_tree().names()


def forget_categories() -> None:
    """Count anew at the next question of this process."""
    _holder.held = None


def _fingerprint() -> tuple[object, ...]:
    """Differs when a product was added, changed or deleted."""
    found = CatalogChange.objects.aggregate(total=Sum("transaction"), count=Count("pk"))
    return found["total"], found["count"]


def _read(fingerprint: tuple[object, ...]) -> Assortment:
    paths: dict[Path, list[int]] = {}
    brands: dict[str, int] = {}
    nowhere = 0
    for steps, brand, products, in_stock in bulk_sql.fetch(PATHS):
        path = tuple(step for step in steps if step)
        if path:
            held = paths.setdefault(path, [0, 0])
            held[0] += products
            held[1] += in_stock
        else:
            nowhere += products
        if brand:
            brands[brand] = brands.get(brand, 0) + products
    return Assortment(
        tuple(PathCount(path, *held) for path, held in paths.items()),
        tuple(sorted(brands.items(), key=lambda pair: (-pair[1], pair[0].casefold()))),
        nowhere,
        fingerprint,
    )
