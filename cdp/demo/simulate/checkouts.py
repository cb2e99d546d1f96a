"""How a filled cart ends: left, emptied, broken off at payment, or ordered; coupons, returns and reviews. Pure."""

from collections.abc import Mapping

from cdp.demo.simulate import campaigns, friction, joining, telling
from cdp.demo.simulate.clocks import DAY, MINUTE, SECOND
from cdp.demo.simulate.shopping import OPEN_CARTS_END_BEFORE
from cdp.demo.simulate.story import Return, Story, ids
from cdp.demo.simulate.visit import Visit

OPEN_CARTS_END_MS = int(OPEN_CARTS_END_BEFORE.total_seconds()) * SECOND
EMPTIES_LIVE = 0.25  # a demo's mailbox should not overflow
VIEWS_CART, STARTS_CHECKOUT, EMPTIES, CANCELS, REVIEWS = 0.7, 0.66, 0.15, 0.012, 0.08
ENTERS_COUPON, COUPON_HOLDS = 0.14, 0.6
FREE_SHIPPING_FROM, SHIPPING = 6_000, 490
COUPONS = {"WELCOME15": 0.15, "LARK10": 0.10}
DENIED = ("EXPIRED5", "SUMMER20", "FRIEND50")
REASONS = ("too_small", "too_large", "not_as_expected", "damaged", "changed_mind")


def leave(visit: Visit, *, may_order: bool, must_order: bool) -> None:
    """The end of a visit with something in the cart."""
    story, dice = visit.story, visit.story.dice
    if dice.chance(VIEWS_CART):
        visit.passes(3, 20)
        lines = [visit.line(place, quantity=count) for place, count in visit.basket.items()]
        visit.tell("Cart Viewed", {"cart_id": visit.cart_id, "products": lines})
    goes_on = must_order or (may_order and story.can_order and dice.chance(STARTS_CHECKOUT))
    if goes_on and _check_out(visit, is_express=must_order):
        return
    empties = EMPTIES_LIVE if story.run.is_live else EMPTIES
    is_young = visit.at > story.run.now - OPEN_CARTS_END_MS and not story.run.is_live
    if is_young or dice.chance(empties):
        _empty(visit)


def _empty(visit: Visit) -> None:
    for place in visit.basket:
        visit.passes(3, 25)
        visit.tell("Product Removed", visit.line(place, cart_id=visit.cart_id, quantity=visit.basket[place]))


def _check_out(visit: Visit, *, is_express: bool) -> bool:
    """Whether it came to an order. Express checkouts have no payment step that could fail."""
    story = visit.story
    visit.passes(5, 30)
    if story.can_sign_in and visit.user_id is None:
        joining.join(story, visit.at)
        visit.sign_in()
    goods = sum(int(visit.shelf.cents[place]) * count for place, count in visit.basket.items())
    coupon, discount = _coupon(visit, goods)
    shipping = 0 if goods - discount >= FREE_SHIPPING_FROM else SHIPPING
    lines = [visit.line(place, quantity=count) for place, count in visit.basket.items()]
    amounts: dict[str, object] = {
        "cart_id": visit.cart_id,
        "currency": telling.CURRENCY,
        "revenue": (goods - discount) / 100,
        "shipping": shipping / 100,
        "tax": 0,
        "discount": discount / 100,
        "products": lines,
    }
    if coupon:
        amounts["coupon"] = coupon
    visit.tell("Checkout Started", amounts)
    if not is_express:
        _steps(visit)
        if friction.payment_fails(story.dice, visit.browser.family):
            return False
    visit.passes(4, 25)
    method = "express" if is_express else story.dice.one_of(("card", "paypal", "invoice"))
    _order(visit, {**amounts, "total": (goods - discount + shipping) / 100, "payment_method": method})
    return True


def _coupon(visit: Visit, goods: int) -> tuple[str, int]:
    """(coupon, discount in cents); thrifty people try more often."""
    story, dice = visit.story, visit.story.dice
    thrift = 1.8 if story.member.taste.level < campaigns.THRIFTY_BELOW else 0.6
    if not dice.chance(ENTERS_COUPON * thrift):
        return "", 0
    holds = dice.chance(COUPON_HOLDS)
    code = dice.one_of(tuple(COUPONS) if holds else DENIED)
    about = {"cart_id": visit.cart_id, "coupon_id": code, "coupon_name": code}
    visit.passes(4, 20)
    visit.tell("Coupon Entered", about)
    visit.passes(1, 3)
    if not holds:
        visit.tell("Coupon Denied", {**about, "reason": "expired"})
        return "", 0
    discount = int(goods * COUPONS[code])
    visit.tell("Coupon Applied", {**about, "discount": discount / 100})
    return code, discount


def _steps(visit: Visit) -> None:
    about = {"cart_id": visit.cart_id, "checkout_id": visit.cart_id}
    for step in (1, 2):
        visit.passes(6, 30)
        visit.tell("Checkout Step Viewed", {**about, "step": step})
    visit.passes(6, 30)
    visit.tell("Payment Info Entered", {**about, "step": 2, "browser_family": visit.browser.family})


def _order(visit: Visit, amounts: dict[str, object]) -> None:
    """The backend's order: under the account, or the guest's address and browser."""
    story, member, dice = visit.story, visit.story.member, visit.story.dice
    order_id = story.number("order")
    properties = {"order_id": order_id, **amounts, "shipping_address": story.household.shipping_address}
    who = {"userId": member.user_id} if story.can_sign_in else ids(visit.browser, None)
    if not story.can_sign_in:
        properties["email"] = member.email
        story.sees(("email", member.email), ("anonymous_id", visit.browser.anonymous_id))
    story.serve(visit.at, story.teller.track("Order Completed", visit.at, who, properties))
    story.orders += 1
    story.bought |= dict.fromkeys(visit.basket, visit.at)
    if not story.can_sign_in:
        joining.answer_newsletter_as_guest(story, visit.at, visit.browser)
    if dice.chance(CANCELS):
        _later(story, visit.at + 40 * MINUTE, "Order Cancelled", who, {"order_id": order_id})
    else:
        _send_back(visit, order_id, who)
        _review(visit)


def _later(story: Story, at: int, name: str, who: Mapping[str, str], properties: dict[str, object]) -> bool:
    """An event of the backend some time after; False when that is still to come."""
    if at >= story.run.now:
        return False
    story.serve(at, story.teller.track(name, at, who, properties))
    return True


def _send_back(visit: Visit, order_id: str, who: Mapping[str, str]) -> None:
    """Some of what was ordered comes back after days, together."""
    story, market = visit.story, visit.story.run.market
    back = [place for place in visit.basket if story.dice.chance(market.return_rates[market.category[place]])]
    at = visit.at + story.dice.between(3 * DAY, 16 * DAY)
    reason = story.dice.one_of(REASONS)
    if not back:
        return
    lines = [visit.line(place, quantity=visit.basket[place], reason=reason) for place in back]
    cents = {place: int(visit.shelf.cents[place]) * visit.basket[place] for place in back}
    properties = {
        "order_id": order_id,
        "currency": telling.CURRENCY,
        "total": sum(cents.values()) / 100,
        "products": lines,
    }
    if _later(story, at, "Order Refunded", who, properties):
        story.returns += [Return(at, order_id, market.products[p].product_id, cents[p], reason) for p in back]


def _review(visit: Visit) -> None:
    """Now and then stars for something ordered, by how much it is liked."""
    story, dice = visit.story, visit.story.dice
    place, at = next(iter(visit.basket)), visit.at + dice.between(4 * DAY, 20 * DAY)
    if not dice.chance(REVIEWS) or story.is_muted or at >= story.run.now or visit.user_id is None:
        return
    rating = max(1, min(5, round(3.4 + 0.6 * float(story.liked[place]) + dice.roll() - 0.5)))
    market = story.run.market
    properties = {
        "product_id": market.products[place].product_id,
        "review_id": f"review-{story.teller.prefix}-{story.orders}",
        "rating": rating,
    }
    who = ids(visit.browser, visit.user_id)
    story.browse(at, [story.teller.track("Product Reviewed", at, who, properties, visit.context)])
