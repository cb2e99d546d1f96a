"""The search for the best combination where no offer has a margin floor: lines matter to what is off products only, so
what is off the cart is searched on its total, and offers that another always beats are left out before.
"""

from collections.abc import Sequence

from cdp.lib.money import half_up
from offers.promotions.compiled import (
    CART_AMOUNT,
    CART_PERCENT,
    GIFTS,
    PERCENT,
    POINTS,
    PRODUCTS,
    SHIPPING,
    Compiled,
)
from offers.promotions.screening import counts_discounted, needs_of, refusal_above
from offers.promotions.search import Failure, State, Table, first_of, worth_of
from offers.promotions.steps import step_of
from offers.terms.nodes import With

Set = tuple[int, ...]
"""Places of offers in the table."""


def is_quick(table: Table) -> bool:
    """Whether totals are enough for all but what is off products."""
    return not any(
        offer.has_floor or (offer.phase == POINTS and not offer.terms.scope.is_whole) for offer in table.offers
    )


def best_quickly(table: Table, *, most_exact: int, nodes: int) -> State:
    """The best combination; of more than `most_exact` offers that could be left out, the best met in so many steps."""
    return _Quick(table, most_exact, nodes).best()


class _Quick:
    def __init__(self, table: Table, most_exact: int, nodes: int) -> None:
        self.table, self.basket = table, table.basket
        together = [
            place
            for place, offer in enumerate(table.offers)
            if offer.terms.stacking.combined_with != With.NONE and not isinstance(table.alone.get(offer.key), str)
        ]
        offers, mask = table.offers, sum(1 << place for place in together)
        self.conflicts = [conflicts & mask for conflicts in table.conflicts]  # what stands alone is tried by itself
        self.products = [place for place in together if offers[place].phase == PRODUCTS]
        cart = [place for place in together if offers[place].phase in (CART_PERCENT, CART_AMOUNT)]
        self.cart = [place for place in cart if not any(self._beats(other, place) for other in cart)]
        self.extras = [place for place in together if offers[place].phase >= SHIPPING]
        clashing = sum(1 for place in self.extras if self.conflicts[place])
        choices = len(self.products) + len(self.cart) + clashing
        self.nodes = None if choices <= most_exact else nodes
        self.most_after = [0]
        for place in reversed(self.products):
            self.most_after.insert(0, self.most_after[0] + table.most[place])
        self.relaxed = [_Relaxed(table, self.cart[index:]) for index in range(len(self.cart) + 1)]
        self.most_extra = sum(table.most[place] for place in self.extras)
        self.found: tuple[tuple[int, int, int], Set] = ((0, 0, 0), ())

    def best(self) -> State:
        """The best of what stands alone and what goes together."""
        best = self.table.start()
        for state in self.table.alone.values():
            if isinstance(state, State) and first_of(state, best):
                best = state
        self.found = (worth_of(best), tuple(self.table.place[step.offer.key] for step in best.steps))
        self._walk_products(0, self.basket.amounts, 0, 0, ())
        found = self.table.run([self.table.offers[place] for place in self.found[1]])
        if isinstance(found, Failure):
            raise RuntimeError(f"{found.offer.key} was found to hold, and then {found.reason}")
        return found

    def _is_over(self) -> bool:
        if self.nodes is None:
            return False
        self.nodes -= 1
        return self.nodes < 0

    def _walk_products(self, index: int, left: list[int], saving: int, blocked: int, chosen: Set) -> None:
        if self._is_over():
            return
        if index == len(self.products):
            self._cart(left, saving, blocked, chosen)
            return
        place = self.products[index]
        if not blocked >> place & 1:
            offer = self.table.offers[place]
            step = step_of(offer, self.basket, left, None, 0)
            off = step.discount
            if off and (offer.money_left is None or off <= offer.money_left):
                then = left.copy()
                for line, _, amount in step.parts:
                    then[line] -= amount
                conflicts = blocked | self.conflicts[place]
                self._walk_products(index + 1, then, saving + off, conflicts, (*chosen, place))
                total = sum(left)
                products = min(total, self.most_after[index + 1])
                if saving + products + self._most_of_cart(total - products) < self.found[0][0]:
                    return
        self._walk_products(index + 1, left, saving, blocked, chosen)

    def _most_of_cart(self, total: int) -> int:
        return self.relaxed[0].most(total) + self.most_extra

    def _cart(self, left: list[int], saving: int, blocked: int, chosen: Set) -> None:
        total = sum(left)
        if saving + self._most_of_cart(total) < self.found[0][0]:
            return
        holds = 0
        for place in (*self.cart, *self.extras):
            if not blocked >> place & 1 and self._holds(self.table.offers[place], left, total):
                holds |= 1 << place
        self._walk_cart(0, total, saving, holds, chosen)

    def _holds(self, offer: Compiled, left: list[int], total: int) -> bool:
        if not counts_discounted(offer):
            return True
        if refusal_above(offer, total) or (offer.subtotal_min is not None and total < offer.subtotal_min):
            return False
        return not offer.terms.conditions.products or not needs_of(offer, self.basket, left)

    def _walk_cart(self, index: int, total: int, saving: int, holds: int, chosen: Set) -> None:
        while index < len(self.cart) and not holds >> self.cart[index] & 1:
            index += 1
        if index == len(self.cart):
            self._walk_extras(0, total, self.basket.shipping, (saving, 0, 0), holds, chosen)
            return
        if self._is_over():
            return
        place = self.cart[index]
        offer = self.table.offers[place]
        off = _off(offer, total)
        if off and (offer.money_left is None or off <= offer.money_left):
            fits = holds & ~self.conflicts[place]
            self._walk_cart(index + 1, total - off, saving + off, fits, (*chosen, place))
            if saving + self.relaxed[index + 1].most(total) + self.most_extra < self.found[0][0]:
                return
        self._walk_cart(index + 1, total, saving, holds, chosen)

    def _walk_extras(
        self, index: int, total: int, shipping: int | None, worth: tuple[int, int, int], holds: int, chosen: Set
    ) -> None:
        while index < len(self.extras) and not holds >> self.extras[index] & 1:
            index += 1
        if index == len(self.extras):
            self._consider(worth, chosen)
            return
        place = self.extras[index]
        offer = self.table.offers[place]
        gain, points, keeps = self._gain(offer, total, shipping)
        if (gain or points or keeps) and (offer.money_left is None or gain <= offer.money_left):
            then = shipping if shipping is None or offer.phase != SHIPPING else shipping - gain
            more = (worth[0] + gain, worth[1] + points, worth[2] + keeps)
            conflicts = self.conflicts[place]
            self._walk_extras(index + 1, total, then, more, holds & ~conflicts, (*chosen, place))
            if not conflicts:
                return
        self._walk_extras(index + 1, total, shipping, worth, holds, chosen)

    def _gain(self, offer: Compiled, total: int, shipping: int | None) -> tuple[int, int, int]:
        """(money, points, whether it stands without any)."""
        if offer.phase == GIFTS:
            return self.table.gift_values.get(offer.key, 0), 0, 1
        if offer.phase == SHIPPING:
            if shipping is None:
                return 0, 0, 1
            return (shipping if offer.shipping_most is None else min(shipping, offer.shipping_most)), 0, 0
        points = offer.terms.points
        if points is None:
            return 0, 0, 0
        return 0, (points.fixed or 0) if points.fixed is not None else total // offer.points_per * points.points, 0

    def _consider(self, worth: tuple[int, int, int], chosen: Set) -> None:
        known, kept = self.found
        if worth < known:
            return
        if worth > known or self._ranks(chosen) < self._ranks(kept):
            self.found = (worth, chosen)

    def _ranks(self, chosen: Sequence[int]) -> list[tuple[int, str]]:
        return sorted(self.table.offers[place].rank for place in chosen)

    def _beats(self, place: int, other: int) -> bool:
        """Whether the first does better wherever the second may stand: both never go together, and it fits wherever
        the other does, holds wherever that does, and takes more off."""
        a, b, conflicts = self.table.offers[place], self.table.offers[other], self.conflicts
        pair = 1 << place | 1 << other
        if place == other or a.phase != b.phase or not conflicts[place] >> other & 1:
            return False
        if (conflicts[place] ^ conflicts[other]) & ~pair or a.max_discount is not None or a.money_left is not None:
            return False
        if (a.numerator, a.amount) <= (b.numerator, b.amount) and (a.numerator, a.amount, b.rank) <= (
            b.numerator,
            b.amount,
            a.rank,
        ):
            return False
        if not counts_discounted(a):
            return True
        holds_too = counts_discounted(b) and (a.subtotal_min or 0) <= (b.subtotal_min or 0)
        return holds_too and a.subtotal_max is None and not a.terms.conditions.products


class _Relaxed:
    """A bound on what these offers take off a total together: of offers that all exclude each other the largest, in the
    order in which most is taken off."""

    def __init__(self, table: Table, places: Sequence[int]) -> None:
        self.percents: list[int] = []
        self.capped: list[Compiled] = []
        self.amount = 0
        for group in _exclusive(table, places):
            offers = [table.offers[place] for place in group]
            uncapped = [offer.numerator for offer in offers if offer.numerator and offer.max_discount is None]
            if uncapped:
                self.percents.append(max(uncapped))
            self.capped += [offer for offer in offers if offer.numerator and offer.max_discount is not None]
            self.amount += max([offer.amount for offer in offers if not offer.numerator], default=0)

    def most(self, total: int) -> int:
        """Of this total."""
        left = total
        for numerator in self.percents:
            left -= left * numerator // PERCENT + 1  # not less than what rounding half-up takes
        for offer in self.capped:
            left -= min(offer.max_discount or 0, left * offer.numerator // PERCENT + 1)
        return total - max(0, left - self.amount)


def _exclusive(table: Table, places: Sequence[int]) -> list[list[int]]:
    """Groups of offers each of which excludes all others of its group."""
    groups: list[list[int]] = []
    for place in places:
        for group in groups:
            if all(table.conflicts[place] >> other & 1 for other in group):
                group.append(place)
                break
        else:
            groups.append([place])
    return groups


def _off(offer: Compiled, total: int) -> int:
    wanted = half_up(total * offer.numerator, PERCENT) if offer.numerator else offer.amount
    if offer.max_discount is not None:
        wanted = min(wanted, offer.max_discount)
    return min(wanted, total)
