"""The shelves: filtering, searching, sorting and paging the assortment, from what stands in the address. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cdp.demo.catalog import Product

PER_PAGE = 12
SORTS = {
    "recommended": "Recommended",
    "price-low": "Price, low to high",
    "price-high": "Price, high to low",
    "new": "New first",
    "name": "Name",
}
PRICES = {"0-30": (0, 3_000), "30-80": (3_000, 8_000), "80-150": (8_000, 15_000), "150-": (15_000, 10**9)}
PRICE_WORDS = {"0-30": "under €30", "30-80": "€30 to €80", "80-150": "€80 to €150", "150-": "over €150"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor asks of a shelf. What the address says wrongly is as if it were not said."""

    query: str = ""
    brands: tuple[str, ...] = ()
    price: str = ""
    in_stock: bool = False
    sort: str = "recommended"
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set."""
        return bool(self.brands or self.price or self.in_stock)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found. `brands`: every brand on the unfiltered shelf with its count."""

    products: tuple[Product, ...]
    total: int
    page: int
    pages: int
    brands: tuple[tuple[str, int], ...]


def read_wanted(params: Mapping[str, str], brands: Iterable[str]) -> Wanted:
    """From the query of an address."""
    price, sort, page = params.get("price", ""), params.get("sort", ""), params.get("page", "")
    return Wanted(
        query=" ".join(params.get("q", "").split())[:80],
        brands=tuple(dict.fromkeys(brands)),
        price=price if price in PRICES else "",
        in_stock=params.get("stock") == "1",
        sort=sort if sort in SORTS else "recommended",
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 4 else 1,
    )


def browse(shelf: Iterable[Product], wanted: Wanted, order: Sequence[str] = ()) -> Found:
    """A page of the shelf as it is wanted; products named in `order` come first, in that order."""
    found = search(shelf, wanted.query) if wanted.query else list(shelf)
    counts: dict[str, int] = {}
    for product in found:
        counts[product.brand] = counts.get(product.brand, 0) + 1
    place = {product_id: number for number, product_id in enumerate(order)}
    found.sort(key=lambda product: place.get(product.product_id, len(place)))
    kept = _sorted([product for product in found if _fits(product, wanted)], wanted)
    pages = max(1, -(-len(kept) // PER_PAGE))
    page = min(max(1, wanted.page), pages)
    shown = tuple(kept[(page - 1) * PER_PAGE : page * PER_PAGE])
    return Found(shown, len(kept), page, pages, tuple(sorted(counts.items())))


def search(shelf: Iterable[Product], query: str) -> list[Product]:
    """Products in which every word of the query is found; names before brands before descriptions."""
    words = [word.removesuffix("s") for word in _words(query)]
    scored = [(_score(product, words), product) for product in shelf] if words else []
    hits = [(score, product) for score, product in scored if score]
    return [product for _, product in sorted(hits, key=lambda hit: (-hit[0], hit[1].index))]


def _score(product: Product, words: list[str]) -> int:
    fields = (
        (8, f"{product.name} {product.kind}"),
        (4, f"{product.brand} {product.category_name}"),
        (1, f"{product.description} {' '.join(color.name for color in product.colors)}"),
    )
    texts = [(weight, " ".join(_words(text))) for weight, text in fields]
    scores = [max((weight for weight, text in texts if f" {word}" in f" {text}"), default=0) for word in words]
    return sum(scores) if all(scores) else 0


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z0-9]+", plain)


def _fits(product: Product, wanted: Wanted) -> bool:
    low, high = PRICES.get(wanted.price, (0, 10**9))
    return (
        (not wanted.brands or product.brand in wanted.brands)
        and low <= product.cents < high
        and (product.in_stock or not wanted.in_stock)
    )


def _sorted(products: list[Product], wanted: Wanted) -> list[Product]:
    """Recommended keeps a search's order; elsewhere kinds take turns, so that no page shows one kind only."""
    if wanted.sort == "price-low":
        return sorted(products, key=lambda product: (product.cents, product.index))
    if wanted.sort == "price-high":
        return sorted(products, key=lambda product: (-product.cents, product.index))
    if wanted.sort == "new":
        return sorted(products, key=lambda product: (not product.is_new, product.index))
    if wanted.sort == "name":
        return sorted(products, key=lambda product: product.name)
    if wanted.query:
        return products
    turns: dict[str, int] = {}
    places = []
    for product in products:
        turns[product.kind] = turns.get(product.kind, 0) + 1
        places.append((not product.in_stock, turns[product.kind], product.index, product))
    return [product for *_, product in sorted(places, key=lambda place: place[:3])]
