"""Sets of offers applied to a cart, and the search for the best one where margins have to be kept.

Equal savings: more points, then the set whose offers come first by priority and key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cdp.lib.money import half_up
from offers.promotions.baskets import Basket
from offers.promotions.compiled import CART_AMOUNT, CART_PERCENT, GIFTS, PERCENT, PRODUCTS, SHIPPING, Compiled
from offers.promotions.screening import counts_discounted, needs_of, refusal_above
from offers.promotions.steps import Step, step_of
from offers.terms.nodes import With

MOST_SWAPS = 40


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """A cart on its way. `left`: of each line; `goods`: of each line after what is off products, once that is done;
    `shipping`: what is left of its costs."""

    left: list[int]
    goods: list[int] | None
    shipping: int | None
    steps: tuple[Step, ...] = ()
    saving: int = 0
    points: int = 0

    @property
    def thresholds(self) -> list[int]:
        """What thresholds count."""
        return self.left if self.goods is None else self.goods


@dataclass(frozen=True, slots=True)
class Failure:
    """A set that cannot be given: which offer stands in the way, and why."""

    offer: Compiled
    reason: str


class Table:
    """The offers of one cart in the order of application, who fits with whom, and the most that each may save."""

    def __init__(self, basket: Basket, offers: Sequence[Compiled], gift_values: dict[str, int], costs: "Costs") -> None:
        self.basket, self.offers = basket, sorted(offers, key=lambda offer: offer.order)
        self.gift_values, self.costs = gift_values, costs
        self.place = {offer.key: index for index, offer in enumerate(self.offers)}
        self.conflicts = _conflicts(self.offers)
        steps = [
            step_of(offer, basket, basket.amounts, basket.shipping, gift_values.get(offer.key, 0))
            for offer in self.offers
        ]
        self.most = [step.saving for step in steps]  # beside others an offer takes no more than alone
        self.alone: dict[str, State | str] = {step.offer.key: self._alone(step) for step in steps}
        self.is_free = [self._is_free(index) for index in range(len(self.offers))]

    def start(self) -> State:
        """Before any offer."""
        return State(list(self.basket.amounts), None, self.basket.shipping)

    def then(self, state: State, offer: Compiled) -> State | str:
        """After one more offer, or why it cannot be given here. Offers come in the order of application."""
        if offer.phase != PRODUCTS and state.goods is None:
            state = State(state.left, state.left, state.shipping, state.steps, state.saving, state.points)
        if counts_discounted(offer):
            if needs_of(offer, self.basket, state.thresholds):
                return "below_subtotal"
            if reason := refusal_above(offer, sum(state.thresholds)):
                return reason
        step = step_of(offer, self.basket, state.left, state.shipping, self.gift_values.get(offer.key, 0))
        if not step.is_something:
            return "nothing_to_discount"
        if offer.money_left is not None and step.saving > offer.money_left:
            return "budget_too_small"
        return _after(state, step)

    def run(self, chosen: Sequence[Compiled]) -> State | Failure:
        """Exactly these offers, each of which must give something."""
        state = self.start()
        for offer in sorted(chosen, key=lambda one: one.order):
            found = self.then(state, offer)
            if isinstance(found, str):
                return Failure(offer, found)
            state = found
        short = self.costs.short(state)
        return Failure(short, "margin_floor") if short is not None else state

    def _alone(self, step: Step) -> "State | str":
        """What an offer gives as the only one, or why nothing. That it lacks nothing at full price is known."""
        offer, start = step.offer, self.start()
        if reason := refusal_above(offer, self.basket.subtotal):
            return reason
        if not step.is_something:
            return "nothing_to_discount"
        if offer.money_left is not None and step.saving > offer.money_left:
            return "budget_too_small"
        goods = None if offer.phase == PRODUCTS else start.left
        state = _after(State(start.left, goods, start.shipping), step)
        return "margin_floor" if self.costs.short(state) is not None else state

    def _is_free(self, index: int) -> bool:
        """Whether leaving it out can never save more: it touches no line and stands in nobody's way."""
        offer = self.offers[index]
        return offer.phase >= SHIPPING and not self.conflicts[index] and not offer.has_floor


class Costs:
    """Margins: what is left for the shop of the lines that an offer with a floor touches."""

    def __init__(self, basket: Basket, gift_costs: dict[str, Fraction]) -> None:
        self.basket, self.gift_costs = basket, gift_costs

    def short(self, state: State) -> Compiled | None:
        """The first offer whose floor is not kept once all is taken off."""
        for step in state.steps:
            if step.offer.has_floor and not self._is_kept(step, state.left):
                return step.offer
        return None

    def _is_kept(self, step: Step, left: list[int]) -> bool:
        """Net of tax, over all lines the offer touches together."""
        floor = Fraction(step.offer.terms.margin_floor_percent or 0)
        is_gift = step.offer.phase == GIFTS
        lines = self.basket.live if is_gift else [part[0] for part in step.parts]
        net, cost = Fraction(0), self.gift_costs.get(step.offer.key, Fraction(0)) if is_gift else Fraction(0)
        for index in lines:
            net += self._net(index, left[index])
            cost += self.basket.cost(index) or 0
        return net * (100 - floor) >= cost * 100

    def _net(self, index: int, paid: int) -> Fraction:
        rate = self.basket.cart.lines[index].tax_rate
        if not self.basket.cart.prices_include_tax or not rate:
            return Fraction(paid)
        return Fraction(paid) * 100 / (100 + Fraction(rate))


def _conflicts(offers: Sequence[Compiled]) -> list[int]:
    """Of each offer the places of those it is not given with, as `compiled.conflict` says."""
    everyone, alone = (1 << len(offers)) - 1, 0
    groups: dict[str, tuple[int, int]] = {}  # all of a group, and those that exclude the others of it
    for place, offer in enumerate(offers):
        stacking = offer.terms.stacking
        if stacking.combined_with == With.NONE:
            alone |= 1 << place
        elif stacking.group:
            members, strict = groups.get(stacking.group, (0, 0))
            is_strict = stacking.combined_with == With.OTHER_GROUPS
            groups[stacking.group] = (members | 1 << place, strict | is_strict << place)
    found = []
    for place, offer in enumerate(offers):
        stacking, conflicts = offer.terms.stacking, alone
        if stacking.combined_with == With.NONE:
            conflicts = everyone
        elif stacking.group:
            members, strict = groups[stacking.group]
            conflicts |= members if stacking.combined_with == With.OTHER_GROUPS else strict
        found.append(conflicts & ~(1 << place))
    return found


def _after(state: State, step: Step) -> State:
    left = state.left
    if step.parts:
        left = left.copy()
        for index, _, amount in step.parts:
            left[index] -= amount
    shipping = state.shipping if state.shipping is None else state.shipping - step.shipping
    steps = (*state.steps, step)
    return State(left, state.goods, shipping, steps, state.saving + step.saving, state.points + step.points)


class Search:
    """Where margins count: depth first, an offer taken before it is left out; a branch that saves too little is cut."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.best = table.start()
        self.nodes_left: int | None = None

    def walk(self, index: int, state: State, blocked: int) -> None:
        offers = self.table.offers
        while index < len(offers) and blocked >> index & 1:
            index += 1
        if index == len(offers):
            if self.table.costs.short(state) is None:
                self.consider(state)
            return
        if self.nodes_left is not None:
            self.nodes_left -= 1
            if self.nodes_left < 0:
                return
        taken = self.table.then(state, offers[index])
        if not isinstance(taken, str):
            self.walk(index + 1, taken, blocked | self.table.conflicts[index])
            if self.table.is_free[index] or self._bound(index + 1, state, blocked) < self.best.saving:
                return
        self.walk(index + 1, state, blocked)

    def consider(self, state: State) -> None:
        """Take it where it is better."""
        if first_of(state, self.best):
            self.best = state

    def _bound(self, index: int, state: State, blocked: int) -> int:
        """The most that can be saved in all with offers from `index` on. Of what is off products each as if it stood
        alone, of what is off the cart all together; a unit of rounding for each percentage."""
        total = sum(state.left)
        products, others, rest, slack = 0, 0, list[Compiled](), 0
        for place in range(index, len(self.table.offers)):
            if blocked >> place & 1:
                continue
            phase = self.table.offers[place].phase
            if phase == PRODUCTS:
                products += self.table.most[place]
            elif phase in (CART_PERCENT, CART_AMOUNT):
                rest.append(self.table.offers[place])
            else:
                others += self.table.most[place]
        paid = total - min(products, total)
        for offer in rest:
            off = half_up(paid * offer.numerator, PERCENT) if offer.numerator else offer.amount
            if offer.max_discount is not None:
                off = min(off, offer.max_discount)
            paid -= min(off, paid)
            slack += 1 if offer.numerator else 0
        return state.saving + total - paid + slack + others


def worth_of(state: State) -> tuple[int, int, int]:
    """What decides: savings, points, and what stands though it saves nothing that is known."""
    return state.saving, state.points, sum(step.keeps for step in state.steps)


def first_of(one: State, other: State) -> bool:
    """Whether the one goes before the other: worth more, or as much and first by priority, then by key, then with fewer
    offers."""
    found, known = worth_of(one), worth_of(other)
    if found != known:
        return found > known
    ranks = [sorted(step.offer.rank for step in state.steps) for state in (one, other)]
    return ranks[0] < ranks[1]


def greedy(table: Table) -> State:
    """By priority whatever fits; then each that was left out in the place of those it does not fit with."""
    by_priority = sorted(table.offers, key=lambda offer: offer.rank)
    chosen: list[Compiled] = []
    for offer in by_priority:
        if not any(table.conflicts[table.place[offer.key]] >> table.place[other.key] & 1 for other in chosen):
            chosen.append(offer)
    best = _without_failures(table, chosen)
    chosen = [step.offer for step in best.steps]
    for offer in [one for one in by_priority if one not in chosen][:MOST_SWAPS]:
        others = [one for one in chosen if not table.conflicts[table.place[offer.key]] >> table.place[one.key] & 1]
        found = table.run([*others, offer])
        if isinstance(found, State) and worth_of(found) > worth_of(best):
            chosen, best = [*others, offer], found
    return best


def _without_failures(table: Table, chosen: Sequence[Compiled]) -> State:
    """These offers without those that give nothing or may not be given beside the others."""
    left = list(chosen)
    while isinstance(found := table.run(left), Failure):
        left.remove(found.offer)
    return found
