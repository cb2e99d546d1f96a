"""One cart evaluated: the offers that hold, the best combination, what is missing, and what became of typed codes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from offers.contracts import Best, Eligible, Evaluation, Missing, Need, NotChosen, Refused
from offers.promotions import telling, words
from offers.promotions.asked import Asked
from offers.promotions.baskets import Basket, basket_of
from offers.promotions.best import best_of
from offers.promotions.coding import code_answers
from offers.promotions.compiled import GIFTS, PRODUCTS, Compiled, conflict
from offers.promotions.screening import counts_discounted, needs_of, refusal, refusal_above, refusal_by_goods
from offers.promotions.search import Costs, Failure, State, Table
from offers.promotions.totals import line_totals, totals_of

MOST_MISSING = 20


@dataclass
class _Sorted:
    """The offers in force by what became of them."""

    table: Table
    alone: dict[str, State] = field(default_factory=dict)
    lacking: dict[str, tuple[Compiled, tuple[Need, ...]]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def evaluate_cart(offers: Iterable[Compiled], asked: Asked) -> Evaluation:
    """The promotions of a cart, whole."""
    basket = basket_of(asked.cart)
    found = _sort(offers, basket, asked)
    best = best_of(found.table)
    chosen = {step.offer.key for step in best.steps}
    for offer in found.table.offers:
        state = found.table.alone[offer.key]
        if isinstance(state, State):
            found.alone[offer.key] = state
        elif offer.key not in chosen:
            found.refused[offer.key] = state
    applied = tuple(telling.promotion(step, basket, asked) for step in best.steps)
    eligible = tuple(_eligible(found, offer, basket, asked, chosen) for offer in _shown(found, chosen))
    not_chosen = tuple(
        _not_chosen(found, offer, best, one, asked)
        for offer, one in zip(_shown(found, chosen), eligible, strict=True)
        if not one.chosen
    )
    missing = _missing(found, best, basket, asked)
    totals = totals_of(basket, best)
    return Evaluation(
        totals=totals,
        best=Best(
            offers=tuple(one.offer for one in applied),
            saving=telling.amount(best.saving, basket),
            points=best.points,
            applied=applied,
        ),
        lines=line_totals(basket, best),
        eligible=eligible,
        not_chosen=not_chosen,
        missing=missing,
        codes=code_answers(asked, chosen, found.refused, not_chosen, missing),
        refused=_refused(found) if asked.tells_refused else (),
    )


def _sort(offers: Iterable[Compiled], basket: Basket, asked: Asked) -> _Sorted:
    """Which offers may be tried, which only lack something, and which do not hold."""
    candidates: list[Compiled] = []
    lacking: dict[str, tuple[Compiled, tuple[Need, ...]]] = {}
    refused: dict[str, str] = {}
    for offer in offers:
        reason = refusal(offer, asked) or refusal_by_goods(offer, basket, asked)
        if not reason and not counts_discounted(offer):
            reason = refusal_above(offer, basket.subtotal)
        if reason:
            refused[offer.key] = reason
        elif needs := needs_of(offer, basket, basket.amounts):
            lacking[offer.key] = (offer, needs)
            refused[offer.key] = _lack(needs)
        else:
            candidates.append(offer)
    gifts = [offer for offer in candidates if offer.phase == GIFTS]
    table = Table(basket, candidates, *_gifts(gifts, basket, asked))
    return _Sorted(table, lacking=lacking, refused=refused)


def _refused(found: _Sorted) -> tuple[Refused, ...]:
    return tuple([Refused(key, reason, words.why_not(reason, words.ENGLISH)) for key, reason in found.refused.items()])


def _lack(needs: Sequence[Need]) -> str:
    return "below_subtotal" if needs[0].what == "subtotal" else "products_missing"


def _gifts(offers: Sequence[Compiled], basket: Basket, asked: Asked) -> tuple[dict[str, int], Costs]:
    """What gifts are worth to the customer, and cost the shop."""
    values, costs = dict[str, int](), dict[str, Fraction]()
    for offer in offers:
        gift = offer.terms.gift
        known = asked.gifts.get(gift.product_id) if gift is not None else None
        if gift is None or known is None:
            continue
        values[offer.key] = basket.minor((known.price or Decimal(0)) * gift.quantity)
        costs[offer.key] = Fraction(known.cost or 0) * gift.quantity * 10**basket.exponent
    return values, Costs(basket, costs)


def _shown(found: _Sorted, chosen: set[str]) -> list[Compiled]:
    """Offers that hold alone or are given, in the order of application."""
    return [offer for offer in found.table.offers if offer.key in found.alone or offer.key in chosen]


def _eligible(found: _Sorted, offer: Compiled, basket: Basket, asked: Asked, chosen: set[str]) -> Eligible:
    state = found.alone.get(offer.key)
    told = (
        telling.promotion(state.steps[0], basket, asked) if state is not None else telling.nothing(offer, basket, asked)
    )
    return Eligible(offer=offer.key, chosen=offer.key in chosen, reason=told.reason, sentence=told.sentence, alone=told)


def _not_chosen(found: _Sorted, offer: Compiled, best: State, told: Eligible, asked: Asked) -> NotChosen:
    given = [step.offer for step in best.steps]
    reason, others = _why_not(found, offer, given)
    names = ", ".join(telling.title(one, asked) for one in others)
    return NotChosen(
        offer=offer.key,
        title=told.alone.title,
        reason=reason,
        sentence=words.why_not(reason, asked.language, others=names),
        saving_alone=told.alone.saving,
        because_of=tuple(one.key for one in others),
    )


def _why_not(found: _Sorted, offer: Compiled, given: Sequence[Compiled]) -> tuple[str, list[Compiled]]:
    conflicts, places = found.table.conflicts[found.table.place[offer.key]], found.table.place
    clashing = [(conflict(offer, one), one) for one in given if conflicts >> places[one.key] & 1]
    if clashing:
        reason = clashing[0][0]
        return reason, [one for why, one in clashing if why == reason]
    state = found.table.run([*given, offer])
    if isinstance(state, Failure) and state.offer is offer:
        return state.reason, []
    return "others_save_more", []


def _missing(found: _Sorted, best: State, basket: Basket, asked: Asked) -> tuple[Missing, ...]:
    """What the next promotions lack, the nearest first. Thresholds that what is off products brought down count too."""
    given = [step.offer for step in best.steps]
    keys = {offer.key for offer in given}
    told = []
    lacking = [offer for offer, _ in found.lacking.values()]
    lacking += [offer for offer in found.table.offers if offer.key not in keys and counts_discounted(offer)]
    discounted = _after_products(best, basket)
    for offer in lacking:
        needs = needs_of(offer, basket, discounted if counts_discounted(offer) else basket.amounts)
        if needs:
            told.append((_nearness(offer, needs), offer, needs))
    told.sort(key=lambda one: one[0])
    return tuple(_one_missing(offer, needs, given, asked) for _, offer, needs in told[:MOST_MISSING])


def _after_products(best: State, basket: Basket) -> list[int]:
    """The lines after what is off products in the best combination."""
    left = list(basket.amounts)
    for step in best.steps:
        if step.offer.phase == PRODUCTS:
            for index, _, off in step.parts:
                left[index] -= off
    return left


def _nearness(offer: Compiled, needs: Sequence[Need]) -> tuple[bool, Decimal, Decimal, tuple[int, str]]:
    money = sum((need.missing for need in needs if need.measure == "subtotal"), Decimal(0))
    pieces = sum((need.missing for need in needs if need.measure == "quantity"), Decimal(0))
    return pieces > 0, pieces, money, offer.rank


def _one_missing(offer: Compiled, needs: tuple[Need, ...], given: Sequence[Compiled], asked: Asked) -> Missing:
    return Missing(
        offer=offer.key,
        kind=offer.kind.value,
        title=telling.title(offer, asked),
        sentence=telling.missing_sentence(offer, needs, asked),
        needs=needs,
        combines=not any(conflict(offer, one) for one in given),
        code=asked.code_of.get(offer.key),
    )
