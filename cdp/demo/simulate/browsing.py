"""One visit to the shop, told event by event: looking around, searching, wishing, filling a cart. Pure.

How it ends (checkout, coupon, payment, order) is in `checkouts`.
"""

from collections.abc import Mapping

import numpy as np

from cdp.demo.simulate import checkouts, clocks, friction, joining, seasons, telling
from cdp.demo.simulate.households import Browser
from cdp.demo.simulate.market import BUNDLE_PULL, COMPANION_PULLS, Floats
from cdp.demo.simulate.pricing import Shelf
from cdp.demo.simulate.story import Story, ids
from cdp.demo.simulate.visit import Purpose, Visit
from cdp.demo.simulate.wire import SHOP

SEARCHES, WISHES, ENDS_AFTER_ADDING = 0.22, 0.05, 0.45
ADDS_LEAST, ADDS_MOST = 0.04, 0.26
CONSUMED_AFTER = 20 * clocks.DAY
BOUGHT_AGAIN, BOUGHT_ALREADY = 1.3, -2.5


def play(
    story: Story, browser: Browser, at: int, purpose: Purpose = Purpose.ANY, campaign: Mapping[str, str] | None = None
) -> int:
    """Tell a visit from `at` on; returns when it ended. Its parcels are added to the story."""
    visit = _arrive(story, browser, at, purpose, campaign)
    story.visits += 1
    _look_around(visit)
    if purpose is Purpose.BUY and not visit.basket:
        _add(visit, visit.seen[-1] if visit.seen else _favorite(visit))
    if visit.basket:
        checkouts.leave(visit, may_order=purpose is not Purpose.LOOK, must_order=purpose is Purpose.BUY)
    story.browse(visit.at, visit.items)
    return visit.at


def _arrive(story: Story, browser: Browser, at: int, purpose: Purpose, campaign: Mapping[str, str] | None) -> Visit:
    place, run = story.household.place, story.run
    day = at // clocks.DAY + clocks.EPOCH_DAY
    shelf = run.prices.on(day)
    context = telling.browser_context(browser, place.locale, place.zone, SHOP, campaign)
    visit = Visit(story, browser, at, purpose, shelf, _weights(story, shelf, day, at), None, context)
    if not story.is_muted:
        story.sees_browser(browser, signed_in=False)
        visit.items.append(story.teller.page(at, ids(browser, None), "/shop/", "Larkfell", context))
    if story.can_sign_in and browser.logs_in:
        visit.passes(3, 20)
        joining.join(story, visit.at)
        visit.sign_in()
    joining.answer_banner(visit)
    return visit


def _weights(story: Story, shelf: Shelf, day: int, at: int) -> Floats:
    """How likely each product is to be looked at: taste, popularity, season, today's price, stock, what they own."""
    market, place = story.run.market, story.household.place
    logits = story.drawn + seasons.wanted(market, day, south=place.south)
    logits -= story.member.taste.price_sense * shelf.change
    for column, bought_at in story.bought.items():
        if not market.again[column]:
            logits[column] += BOUGHT_ALREADY
        elif at - bought_at > CONSUMED_AFTER:
            logits[column] += BOUGHT_AGAIN
    weights: Floats = np.where(shelf.in_stock, np.exp(logits), 0.0)
    return weights


def _look_around(visit: Visit) -> None:
    """One to three categories by list or search, some products of each, until the visitor leaves or has enough."""
    dice, market = visit.story.dice, visit.story.run.market
    by_category = np.cumsum(np.add.reduceat(visit.weights, market.starts)).tolist()
    for _ in range(1 + dice.weighted((0.6, 0.9, 1.0))):
        category = dice.weighted(by_category)
        start, end = market.slices[category]
        shares = np.cumsum(visit.weights[start:end]).tolist()
        if shares[-1] <= 0:
            continue
        if dice.chance(SEARCHES):
            _search(visit, start + dice.weighted(shares))
        elif _list_drives_away(visit, category) and visit.purpose is not Purpose.BUY:
            return
        if _look_at_products(visit, start, shares):
            return


def _favorite(visit: Visit) -> int:
    return visit.story.dice.weighted(np.cumsum(visit.weights).tolist())


def _search(visit: Visit, place: int) -> None:
    visit.passes(4, 25)
    words = visit.story.run.market.products[place].name.split()
    visit.tell("Products Searched", {"query": words[-1].lower()})


def _list_drives_away(visit: Visit, category: int) -> bool:
    """A category page; True when the visitor gives up on it."""
    name, is_phone = visit.story.run.market.categories[category], visit.browser.is_phone
    visit.passes(4, 25)
    took = friction.load_ms(visit.story.dice, name, is_phone=is_phone)
    visit.tell("Product List Viewed", {"list_id": "category", "category": name, "load_ms": took})
    return friction.leaves_list(visit.story.dice, name, is_phone=is_phone)


def _look_at_products(visit: Visit, start: int, shares: list[float]) -> bool:
    """One to five products of a category; True when the visitor has what they came for."""
    dice = visit.story.dice
    for _ in range(dice.between(1, 6)):
        place = start + dice.weighted(shares)
        visit.passes(6, 40)
        visit.tell("Product Viewed", visit.line(place, currency=telling.CURRENCY))
        visit.seen.append(place)
        if dice.chance(WISHES):
            visit.passes(2, 10)
            visit.tell("Product Added to Wishlist", visit.line(place, wishlist_id="favorites"))
        if place not in visit.basket and dice.chance(_add_chance(visit, place)):
            _add_with_partners(visit, place)
        if visit.basket and dice.chance(ENDS_AFTER_ADDING):
            return True
    return False


def _add_chance(visit: Visit, place: int) -> float:
    """Between ADDS_LEAST and ADDS_MOST, by how much the product is liked."""
    liking = 1 / (1 + np.exp(-(float(visit.story.liked[place]) - 1.0)))
    return ADDS_LEAST + (ADDS_MOST - ADDS_LEAST) * float(liking)


def _add_with_partners(visit: Visit, place: int) -> None:
    _add(visit, place)
    market = visit.story.run.market
    drawn = [(partner, BUNDLE_PULL) for partner in market.partners.get(place, ())]
    wanted = [each for each in market.companions[place] if market.again[each] or each not in visit.story.bought]
    drawn += zip(wanted, COMPANION_PULLS, strict=False)
    for partner, pull in drawn:
        if partner not in visit.basket and visit.shelf.in_stock[partner] and visit.story.dice.chance(pull):
            _add(visit, partner)


def _add(visit: Visit, place: int) -> None:
    story = visit.story
    if visit.cart_id is None:
        visit.cart_id = story.number("cart")
    quantity = story.dice.between(1, 4) if story.run.market.again[place] and story.dice.chance(0.3) else 1
    visit.basket[place] = quantity
    visit.passes(5, 30)
    line = visit.line(place, quantity=quantity, cart_id=visit.cart_id, currency=telling.CURRENCY)
    visit.tell("Product Added", line)
