"""Columns made of the catalog's rows, and changed by some: what a million products cost is a few numbers each. Pure.

Names become codes that stay what they are from one snapshot to the next, so that a changed price rewrites one number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.goods import NO_ROW, Goods, plain

MOST_CURRENCIES = 24


class Line(NamedTuple):
    """One product as it is read. `prices`: in further currencies, as numbers."""

    pk: int
    product_id: str
    category: str
    categories: Sequence[str]
    brand: str
    group_id: str
    price: float | None
    currency: str
    prices: Mapping[str, float]
    is_trusted: bool
    active: bool
    in_stock: bool
    added_us: int
    margin: float
    quantity: float
    reduced: float


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """Codes of everything that has a name. They only ever grow."""

    paths: dict[tuple[str, ...], int] = field(default_factory=lambda: {(): 0})
    leaves: dict[str, int] = field(default_factory=lambda: {"": 0})
    leaf: list[int] = field(default_factory=lambda: [0])
    steps: dict[str, list[int]] = field(default_factory=dict)
    brands: dict[str, int] = field(default_factory=dict)
    currencies: dict[str, int] = field(default_factory=lambda: {"": 0})

    def path(self, category: str, categories: Sequence[str]) -> int:
        """The code of a way through the tree down to `category`."""
        steps = tuple(categories)
        if category and (not steps or steps[-1] != category):
            steps = (*steps, category)
        code = self.paths.get(steps)
        if code is None:
            code = self.paths[steps] = len(self.leaf)
            self.leaf.append(self.leaves.setdefault(plain(steps[-1]), len(self.leaves)))
            for step in {plain(one) for one in steps}:
                self.steps.setdefault(step, []).append(code)
        return code

    def brand(self, name: str) -> int:
        """Its code; 0 for none."""
        known = plain(name)
        return self.brands.setdefault(known, len(self.brands) + 1) if known else 0

    def currency(self, code: str) -> int:
        """Its code; 0 for none, and for those beyond the first MOST_CURRENCIES."""
        known = self.currencies.get(code)
        if known is None:
            known = self.currencies[code] = len(self.currencies) if len(self.currencies) <= MOST_CURRENCIES else 0
        return known


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Rows by product id: sorted hashes of this process, so that a million ids cost no dict."""

    ids: Sequence[str]
    hashes: NDArray[np.int64]
    rows: NDArray[np.int32]

    @classmethod
    def of(cls, ids: Sequence[str]) -> "Index":
        """Of distinct ids."""
        hashes = np.fromiter(map(hash, ids), np.int64, len(ids))
        rows = np.argsort(hashes, kind="stable").astype(np.int32)
        return cls(ids, hashes[rows], rows)

    def row(self, product_id: str) -> int:
        """Its row, or NO_ROW."""
        wanted = hash(product_id)
        at = int(self.hashes.searchsorted(wanted))
        while at < len(self.hashes) and self.hashes[at] == wanted:
            row = int(self.rows[at])
            if self.ids[row] == product_id:
                return row
            at += 1
        return NO_ROW

    def rows_of(self, product_ids: Sequence[str]) -> NDArray[np.int64]:
        """The row of each, or NO_ROW."""
        wanted = np.fromiter(map(hash, product_ids), np.int64, len(product_ids))
        found = np.full(len(wanted), NO_ROW, np.int64)
        if not len(self.hashes):
            return found
        at = np.minimum(self.hashes.searchsorted(wanted), len(self.hashes) - 1)
        hits = np.flatnonzero(self.hashes[at] == wanted)
        for place, row in zip(hits.tolist(), self.rows[at[hits]].tolist(), strict=True):
            own = product_ids[place]
            found[place] = row if self.ids[row] == own else self.row(own)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """The whole catalog as columns. `pks` are the rows' keys in the database; `extra[c]` prices in currency c, NaN
    where there is none; `money` the code of each product's own currency; `offerable`: showable and in stock."""

    goods: Goods
    index: Index
    pks: NDArray[np.int64]
    names: Names
    trusted: NDArray[np.bool_]
    active: NDArray[np.bool_]
    money: NDArray[np.int8]
    extra: Mapping[int, NDArray[np.float64]]
    offerable: NDArray[np.bool_]
    in_currency: dict[str, Goods] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pks)

    def priced_in(self, currency: str) -> Goods:
        """The goods with their prices in a currency; in each product's own for an empty one."""
        code = self.names.currencies.get(currency, 0)
        if not currency or (code and not self.extra and bool((self.money == code).all())):
            return self.goods
        known = self.in_currency.get(currency)
        if known is None:
            extra = self.extra.get(code, np.full(len(self), np.nan))
            own = self.money == (code or -1)
            known = replace(self.goods, price=np.where(own, self.goods.price, extra))
            if len(self.in_currency) < MOST_CURRENCIES:
                self.in_currency[currency] = known
        return known


class Draft:
    """Columns under construction."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.ids: list[str] = []
        self.numbers: list[NDArray[np.int64]] = []
        self.figures: list[NDArray[np.float64]] = []
        self.extra: dict[int, list[tuple[int, float]]] = {}

    def add(self, lines: Iterable[Line]) -> None:
        """A page of products."""
        names, numbers, figures = self.names, [], []
        for line in lines:
            row = len(self.ids)
            self.ids.append(line.product_id)
            flags = line.is_trusted + 2 * line.active + 4 * line.in_stock
            numbers.append(
                (
                    line.pk,
                    names.path(line.category, line.categories),
                    names.brand(line.brand),
                    hash(line.group_id or line.product_id),  # as in ProductFacts.family
                    flags,
                    line.added_us,
                    names.currency(line.currency),
                )
            )
            price = np.nan if line.price is None else line.price
            figures.append((price, line.margin, line.quantity, line.reduced))
            for currency, amount in line.prices.items():
                if code := names.currency(currency):
                    self.extra.setdefault(code, []).append((row, amount))
        if numbers:
            self.numbers.append(np.array(numbers, np.int64))
            self.figures.append(np.array(figures, np.float64))

    def taken(self) -> Taken:
        """All of it."""
        numbers = np.concatenate(self.numbers) if self.numbers else np.zeros((0, 7), np.int64)
        figures = np.concatenate(self.figures) if self.figures else np.zeros((0, 4))
        self.numbers, self.figures = [], []
        extra = {code: _laid_out(pairs, len(numbers)) for code, pairs in self.extra.items()}
        columns = _Columns(numbers, figures, extra)
        return columns.taken(Index.of(self.ids), self.names)


@dataclass(slots=True)
class _Columns:
    numbers: NDArray[np.int64]
    figures: NDArray[np.float64]
    extra: dict[int, NDArray[np.float64]]

    def taken(self, index: Index, names: Names) -> Taken:
        pks, path, brand, family, flags, added, money = self.numbers.T
        price, margin, quantity, reduced = (np.ascontiguousarray(column) for column in self.figures.T)
        trusted, active, in_stock = flags & 1 > 0, flags & 2 > 0, flags & 4 > 0
        return finished(
            Goods(
                price=price,
                path=path.astype(np.int32),
                brand=brand.astype(np.int32),
                family=np.ascontiguousarray(family),
                showable=active,
                in_stock=in_stock,
                added_us=np.ascontiguousarray(added),
                margin=margin.astype(np.float32),
                quantity=quantity.astype(np.float32),
                reduced=reduced.astype(np.float32),
                leaf=np.zeros(0, np.int32),
                steps={},
                brands={},
            ),
            index=index,
            pks=np.ascontiguousarray(pks),
            names=names,
            trusted=trusted,
            active=active,
            money=money.astype(np.int8),
            extra=self.extra,
        )


def finished(
    goods: Goods, *, trusted: NDArray[np.bool_], active: NDArray[np.bool_], names: Names, **more: Any
) -> Taken:
    """What follows from the columns: which products may be shown, and what the names' codes mean now."""
    # A shop of which only browsers told shows what they told of.
    showable = active & trusted if trusted.any() else active
    goods = replace(
        goods,
        showable=showable,
        leaf=np.array(names.leaf, np.int32),
        steps={step: np.array(codes, np.int32) for step, codes in names.steps.items()},
        brands=dict(names.brands),
    )
    offerable = showable & goods.in_stock
    return Taken(goods, trusted=trusted, active=active, names=names, offerable=offerable, **more)


def changed(old: Taken, lines: Sequence[Line]) -> Taken:
    """The catalog after these products were added or changed; columns that nobody touches are shared."""
    draft = Draft(old.names)
    draft.add(lines)
    fresh = draft.taken()
    rows = old.index.rows_of(fresh.index.ids)
    known = rows != NO_ROW
    added = np.flatnonzero(~known)
    index = old.index
    if len(added):
        index = Index.of([*old.index.ids, *(fresh.index.ids[at] for at in added.tolist())])
    rows = np.where(known, rows, len(old) - 1 + np.cumsum(~known))

    def over(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
        column = np.concatenate([one, other[added]]) if len(added) else one.copy()
        column[rows] = other
        return column

    fields = ("price", "path", "brand", "family", "in_stock", "added_us", "margin", "quantity", "reduced")
    columns: dict[str, Any] = {name: over(getattr(old.goods, name), getattr(fresh.goods, name)) for name in fields}
    nothing = np.full(len(old), np.nan), np.full(len(fresh), np.nan)
    extra = {
        code: over(old.extra.get(code, nothing[0]), fresh.extra.get(code, nothing[1]))
        for code in old.extra.keys() | fresh.extra.keys()
    }
    return finished(
        replace(old.goods, **columns),
        index=index,
        pks=over(old.pks, fresh.pks),
        names=old.names,
        trusted=over(old.trusted, fresh.trusted),
        active=over(old.active, fresh.active),
        money=over(old.money, fresh.money),
        extra=extra,
    )


def without(old: Taken, pks: NDArray[np.int64]) -> Taken:
    """The catalog with these rows of the database only."""
    kept = np.isin(old.pks, pks)
    fields = ("price", "path", "brand", "family", "in_stock", "added_us", "margin", "quantity", "reduced")
    columns: dict[str, Any] = {name: getattr(old.goods, name)[kept] for name in fields}
    return finished(
        replace(old.goods, **columns),
        index=Index.of([old.index.ids[at] for at in np.flatnonzero(kept).tolist()]),
        pks=old.pks[kept],
        names=old.names,
        trusted=old.trusted[kept],
        active=old.active[kept],
        money=old.money[kept],
        extra={code: column[kept] for code, column in old.extra.items()},
    )


def _laid_out(pairs: Sequence[tuple[int, float]], length: int) -> NDArray[np.float64]:
    column = np.full(length, np.nan)
    rows, amounts = zip(*pairs, strict=True)
    column[list(rows)] = amounts
    return column
