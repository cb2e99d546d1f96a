"""What one offer takes off what the offers before it left. Never more than is there."""

from collections.abc import Sequence
from dataclasses import dataclass

from cdp.lib.money import half_up, split_minor
from offers.promotions.baskets import PIECE, Basket
from offers.promotions.compiled import GIFTS, PERCENT, POINTS, SHIPPING, Compiled
from offers.terms import Kind
from offers.terms.nodes import BundlePart

Part = tuple[int, int, int]
"""(line, millionths of a piece, minor units off)."""
Picked = list[tuple[int, int, int]]
"""(line, whole pieces, what these are worth in minor units)."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one offer gives: off lines, off shipping, the value of a gift, points. `keeps`: it stands though it saves
    nothing that is known, as free shipping does whose costs are not known yet. `discount`: of all parts, off goods."""

    offer: Compiled
    parts: tuple[Part, ...] = ()
    shipping: int = 0
    gift: int = 0
    points: int = 0
    keeps: bool = False
    discount: int = 0

    @property
    def saving(self) -> int:
        """What the customer saves, and what the budget is charged."""
        return self.discount + self.shipping + self.gift

    @property
    def is_something(self) -> bool:
        """Whether the customer gets anything."""
        return self.keeps or self.points > 0 or bool(self.parts) or self.shipping > 0


def step_of(offer: Compiled, basket: Basket, left: Sequence[int], shipping: int | None, gift_value: int) -> Step:
    """What an offer whose conditions hold gives. `left`: of each line; `shipping`: of its costs, None: not known."""
    if offer.phase == SHIPPING:
        if shipping is None:
            return Step(offer, keeps=True)
        return Step(offer, shipping=shipping if offer.shipping_most is None else min(shipping, offer.shipping_most))
    if offer.phase == GIFTS:
        return Step(offer, gift=gift_value, keeps=True)
    if offer.phase == POINTS:
        return Step(offer, points=_points(offer, basket, left))
    parts = _parts(offer, basket, left)
    return Step(offer, parts, discount=sum([part[2] for part in parts]))


def _parts(offer: Compiled, basket: Basket, left: Sequence[int]) -> tuple[Part, ...]:
    if offer.kind == Kind.BUNDLE:
        return _bundle(offer, basket, left)
    lines = [index for index in basket.lines_of(offer.terms.scope) if left[index] > 0]
    if offer.per_unit or offer.terms.most_units is not None:
        return _on_pieces(offer, basket, left, lines)
    base = sum([left[index] for index in lines])
    wanted = half_up(base * offer.numerator, PERCENT) if offer.numerator else offer.amount
    return _spread(_capped(offer, wanted, base), [(index, basket.pieces[index], left[index]) for index in lines])


def _on_pieces(offer: Compiled, basket: Basket, left: Sequence[int], lines: list[int]) -> tuple[Part, ...]:
    """Off each of so many pieces."""
    most = offer.terms.most_units
    picked = _pick(basket, left, lines, most, dearest=offer.dearest)
    if not offer.per_unit:
        base = sum(worth for _, _, worth in picked)
        wanted = half_up(base * offer.numerator, PERCENT) if offer.numerator else offer.amount
        return _spread(_capped(offer, wanted, base), _weighed(picked))
    off = [(index, count, min(offer.amount * count, worth)) for index, count, worth in picked]
    total = sum(worth for _, _, worth in off)
    return _spread(_capped(offer, total, total), _weighed(off))


def _bundle(offer: Compiled, basket: Basket, left: Sequence[int]) -> tuple[Part, ...]:
    bundle = offer.bundle
    buy = [index for index in basket.lines_of(bundle.buy.scope) if left[index] > 0]
    if bundle.get is None:
        return _for_one_price(offer, basket, left, buy)
    get = [index for index in basket.lines_of(bundle.get.scope) if left[index] > 0]
    times = sets_of(basket, buy, get, bundle.buy, bundle.get)
    if bundle.most_times is not None:
        times = min(times, bundle.most_times)
    if not times:
        return ()
    both = set(buy)
    spare = basket.whole_pieces(tuple(buy)) - times * bundle.buy.quantity
    picked: Picked = []
    wanted = times * bundle.get.quantity
    for index in _ordered(basket, left, get, dearest=offer.dearest):
        count = min(basket.pieces[index] // PIECE, wanted)
        if index in both:  # what has to be bought is not got as well
            count = min(count, spare)
            spare -= count
        if count:
            picked.append((index, count, _worth(basket, left, index, count)))
            wanted -= count
    base = sum(worth for _, _, worth in picked)
    return _spread(_capped(offer, half_up(base * offer.get_numerator, PERCENT), base), _weighed(picked))


def sets_of(basket: Basket, buy: Sequence[int], get: Sequence[int], bought: BundlePart, got: BundlePart) -> int:
    """How many whole sets there are: no piece is bought and got."""
    bought_pieces, got_pieces = basket.whole_pieces(tuple(buy)), basket.whole_pieces(tuple(get))
    all_pieces = basket.whole_pieces(tuple(sorted({*buy, *get})))
    return min(
        bought_pieces // bought.quantity,
        got_pieces // got.quantity,
        all_pieces // (bought.quantity + got.quantity),
    )


def _for_one_price(offer: Compiled, basket: Basket, left: Sequence[int], lines: list[int]) -> tuple[Part, ...]:
    """Sets filled in order; one that is cheaper than the price stays as it is."""
    size, most = offer.bundle.buy.quantity, offer.bundle.most_times
    picked: Picked = []
    current: Picked = []
    off, times, room = 0, 0, size
    for index in _ordered(basket, left, lines, dearest=offer.dearest):
        before, pieces = 0, basket.pieces[index] // PIECE
        while pieces > before and (most is None or times < most):
            count = min(pieces - before, room)
            if count == size and not current:  # whole sets of one line, at once
                count *= (pieces - before) // size
                count = min(count, (most - times) * size) if most is not None else count
            worth = _worth(basket, left, index, before + count) - _worth(basket, left, index, before)
            current.append((index, count, worth))
            before += count
            sets, rest = divmod(count + size - room, size)
            room = size - rest
            if not rest:
                gain = sum(one[2] for one in current) - sets * offer.bundle_price
                if gain > 0:
                    off += gain
                    picked += current
                current, times = [], times + sets
    base = sum(worth for _, _, worth in picked)
    return _spread(_capped(offer, off, base), _weighed(picked))


def _points(offer: Compiled, basket: Basket, left: Sequence[int]) -> int:
    points = offer.terms.points
    if points is None:
        return 0
    lines = basket.lines_of(offer.terms.scope)
    if points.fixed is not None:
        return points.fixed if lines else 0
    return sum(left[index] for index in lines) // offer.points_per * points.points


def _pick(basket: Basket, left: Sequence[int], lines: list[int], most: int | None, *, dearest: bool) -> Picked:
    """The first so many whole pieces."""
    picked: Picked = []
    for index in _ordered(basket, left, lines, dearest=dearest):
        count = basket.pieces[index] // PIECE
        if most is not None:
            count = min(count, most)
            most -= count
        if count:
            picked.append((index, count, _worth(basket, left, index, count)))
    return picked


def _ordered(basket: Basket, left: Sequence[int], lines: list[int], *, dearest: bool) -> list[int]:
    """By what a piece costs now; the earlier line first where that is the same."""
    sign = -1 if dearest else 1
    return sorted(lines, key=lambda index: (sign * left[index] / basket.pieces[index], index))


def _worth(basket: Basket, left: Sequence[int], index: int, count: int) -> int:
    """Of so many pieces of a line."""
    return half_up(left[index] * count * PIECE, basket.pieces[index])


def _capped(offer: Compiled, wanted: int, base: int) -> int:
    most = base if offer.max_discount is None else min(base, offer.max_discount)
    return min(wanted, most)


def _weighed(picked: Picked) -> Picked:
    """One entry a line, pieces in millionths, by line."""
    found: dict[int, tuple[int, int]] = {}
    for index, count, worth in picked:
        pieces, sum_ = found.get(index, (0, 0))
        found[index] = (pieces + count * PIECE, sum_ + worth)
    return [(index, *found[index]) for index in sorted(found)]


def _spread(total: int, weighed: Sequence[tuple[int, int, int]]) -> tuple[Part, ...]:
    """The total over lines by what they are worth; lines that get nothing are left out."""
    if total <= 0:
        return ()
    if len(weighed) == 1:
        return ((weighed[0][0], weighed[0][1], total),)
    amounts = split_minor(total, [worth for _, _, worth in weighed])
    return tuple((index, pieces, amount) for (index, pieces, _), amount in zip(weighed, amounts, strict=True) if amount)
