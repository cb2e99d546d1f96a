"""Whether a cart is still one to write about: asked before every step of its journey and at every hand-over. Pure.

The order of the questions is the order in which reasons are told. What we may, caps and hours are asked by mailing.
"""

from datetime import datetime, timedelta

from automation.arming import closed_reason
from automation.contracts import CartStory, Rules
from mailing.contracts import END, GO, WAIT, Said

MOMENT = timedelta(microseconds=1)


def story(facts: CartStory, *, rules: Rules, now: datetime) -> Said:
    """go, wait until it was idle for long enough, or end, with its reason.

    The first mail about a cart needs something added the idle time after the last mail to its address, whoever sent
    that one; those behind it are not held up by the first. Of several carts the one filled last comes first.
    """
    cart = facts.cart
    if cart is None or not cart.is_abandonable or cart.added_at is None:
        return Said(END, closed_reason(cart))
    if facts.ordered_since:
        return Said(END, "ordered_since")
    if now - cart.activity_at > rules.max_age:
        return Said(END, "too_old")
    if now < cart.activity_at + rules.idle:
        return Said(WAIT, "not_idle", cart.activity_at + rules.idle)
    if facts.offerable_lines == 0:
        return Said(END, "out_of_stock")
    if facts.known_lines == 0:
        return Said(END, "no_known_products")
    since = None if facts.was_mailed else cart.added_at - rules.idle + MOMENT
    return Said(GO, since=since, newest_first=facts.armed_at, until=cart.activity_at + rules.max_age)
