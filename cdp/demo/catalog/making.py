"""Makes the products from the lines of the assortment: ids, colors, stock, reductions and companions. Pure.

Everything is a function of the lines and their order; what looks like chance is a hash of the product's name.
"""

import zlib
from dataclasses import dataclass, replace
from functools import cache

from cdp.demo.catalog.brands import BRANDS
from cdp.demo.catalog.categories import CATEGORIES, TASTES, Category
from cdp.demo.catalog.product import Color, Product
from cdp.demo.catalog.ranges import KINDS, Kind
from cdp.demo.catalog.ranges.kinds import PALETTES
from cdp.demo.catalog.ranges.table import TASTES_OF

FIRST_NUMBER = 1001
SOLD_OUT_OF, LOW_OF, REDUCED_OF, NEW_OF = 29, 13, 9, 7
_CATEGORIES = {category.slug: category for category in CATEGORIES}


@dataclass(frozen=True, slots=True)
class Assortment:
    """Every product, and shelves of them. All tuples are in the order of the ids."""

    products: tuple[Product, ...]
    by_id: dict[str, Product]
    by_category: dict[str, tuple[Product, ...]]
    by_taste: dict[str, tuple[Product, ...]]
    by_kind: dict[str, tuple[Product, ...]]


@cache
def catalog() -> Assortment:
    """The assortment; the same object at every call."""
    drafts = _numbered()
    shelves: dict[str, list[Product]] = {}
    for product in drafts:
        shelves.setdefault(product.kind, []).append(product)
    goes_with = {kind.kind: kind.goes_with for kind in KINDS}
    products = tuple(replace(p, companions=_companions(p, goes_with[p.kind], shelves)) for p in drafts)
    return Assortment(
        products,
        {product.product_id: product for product in products},
        {slug: tuple(p for p in products if p.category == slug) for slug in _CATEGORIES},
        {taste: tuple(p for p in products if p.taste == taste) for taste in TASTES},
        {kind: tuple(p for p in products if p.kind == kind) for kind in shelves},
    )


def _numbered() -> list[Product]:
    lines = [(kind, place, line) for kind in KINDS for place, line in enumerate(kind.lines.splitlines())]
    return [_product(number, kind, place, line) for number, (kind, place, line) in enumerate(lines)]


def _product(number: int, kind: Kind, place: int, line: str) -> Product:
    name, brand, price = (part.strip() for part in line.split("|"))
    category, dice, cents = _CATEGORIES[kind.category], _dice(name), round(float(price) * 100)
    return Product(
        index=number,
        product_id=f"P-{FIRST_NUMBER + number}",
        name=name,
        brand=BRANDS[brand].name,
        category=category.slug,
        category_name=category.name,
        taste=category.taste,
        kind=kind.kind,
        cents=cents,
        was_cents=_was(cents, dice),
        colors=_colors(kind, place),
        sizes=kind.sizes,
        description=_description(kind, place, brand),
        details=kind.facts,
        stock=_stock(category, place, dice),
        is_bought_again=kind.is_bought_again,
        is_new=dice // 11 % NEW_OF == 0,
        companions=(),
    )


def _dice(text: str) -> int:
    return zlib.crc32(text.encode())


def _was(cents: int, dice: int) -> int | None:
    """A quarter more, ending in .00 or .90, for one in nine of what costs more than twenty euros."""
    if cents < 2000 or dice % REDUCED_OF:
        return None
    return round(cents * 1.25 / 1000) * 1000 - 10


def _colors(kind: Kind, place: int) -> tuple[Color, ...]:
    """As many of the palette as the kind has, starting elsewhere for each product."""
    palette = PALETTES[kind.palette]
    start = place * 2 + len(kind.kind)
    return tuple(Color(*palette[(start + step) % len(palette)]) for step in range(min(kind.colors, len(palette))))


def _description(kind: Kind, place: int, brand: str) -> str:
    tastes = TASTES_OF.get(kind.kind, ("",))
    pitch = kind.pitches[place % len(kind.pitches)].format(taste=tastes[place % len(tastes)])
    return f"{pitch} {BRANDS[brand].sentence}"


def _stock(category: Category, place: int, dice: int) -> int:
    """The first of a kind is always there; of the others one in about thirty is sold out, some are nearly."""
    if place and dice % SOLD_OUT_OF == 0:
        return 0
    if dice % LOW_OF == 0:
        return 1 + dice // LOW_OF % 4
    return 12 + dice % (190 if category.taste == "table" else 70)


def _companions(product: Product, kinds: tuple[str, ...], shelves: dict[str, list[Product]]) -> tuple[str, ...]:
    """One of each kind it goes with, and its neighbor: products of equal rank in their kinds belong together."""
    found = [shelves[kind][product.index % len(shelves[kind])].product_id for kind in kinds]
    return tuple(dict.fromkeys(each for each in found if each != product.product_id))
