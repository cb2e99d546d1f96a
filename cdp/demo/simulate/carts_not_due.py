"""Carts that nobody must be mailed about, and why: one function a case. What lacks consent alone is due in the US."""

from collections.abc import Callable

from cdp.demo.simulate.cart_stage import DAY, MINUTE, PREFERENCES, Actor, CartStage
from cdp.demo.simulate.laws import mailed_in_silence
from cdp.demo.simulate.wire import consent


def ordered(stage: CartStage) -> list[Actor]:
    """Ordered the cart."""
    actor = stage.leaves_cart("ordered", "ordered")
    stage.order(actor, stage.some_products(actor), actor.left_at + 5 * MINUTE, cart_id=actor.cart_id)
    return [actor]


def ordered_elsewhere(stage: CartStage) -> list[Actor]:
    """Ordered on another device, under no cart id."""
    actor = stage.leaves_cart("ordered_elsewhere", "ordered")
    stage.order(actor, stage.some_products(actor), actor.left_at + 4 * MINUTE, cart_id=None)
    return [actor]


def guest_ordered(stage: CartStage) -> list[Actor]:
    """A guest who went through with it."""
    actor = stage.guest()
    products = stage.some_products(actor)
    stage.add(actor, products, actor.left_at - 5 * MINUTE, buyer=actor.stranger)
    stage.checkout(actor, products, actor.left_at)
    properties = stage.shopper.order_properties(products, cart_id=actor.cart_id, email=actor.person.email)
    at, anonymous = actor.left_at + 3 * MINUTE, actor.device.anonymous_id
    actor.facts.append(stage.tracker.serve("Order Completed", at, properties, anonymous_id=anonymous))
    return stage.ends(actor, "guest_ordered", "ordered")


def emptied(stage: CartStage) -> list[Actor]:
    """Took everything out again."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 20 * MINUTE)
    products = stage.some_products(actor)
    stage.add(actor, products, actor.left_at - 5 * MINUTE)
    for product in products:
        actor.story.append(
            stage.shopper.remove(actor.buyer, actor.device, product, actor.left_at, cart_id=actor.cart_id)
        )
    return stage.ends(actor, "emptied", "emptied")


def never_asked(stage: CartStage) -> list[Actor]:
    """Never said anything about e-mail."""
    return [stage.leaves_cart("never_asked", "no_consent", choice=None)]


def refused(stage: CartStage) -> list[Actor]:
    """Refused e-mail at sign-up."""
    return [stage.leaves_cart("refused", "refused", choice=False)]


def withdrew(stage: CartStage) -> list[Actor]:
    """Agreed, and withdrew yesterday."""
    actor = stage.leaves_cart("withdrew", "withdrawn")
    stage.says(actor, PREFERENCES, actor.left_at - DAY, choice=False)
    return [actor]


def withdrew_after(stage: CartStage) -> list[Actor]:
    """Withdrew after leaving the cart."""
    actor = stage.leaves_cart("withdrew_after", "withdrawn")
    stage.says(actor, PREFERENCES, actor.left_at + 4 * MINUTE, choice=False)
    return [actor]


def unsubscribed(stage: CartStage) -> list[Actor]:
    """Unsubscribed in another mail program."""
    actor = stage.leaves_cart("unsubscribed", "unsubscribed")
    stage.says(actor, "Unsubscribed", actor.left_at - 3 * DAY)
    return [actor]


def bounced(stage: CartStage) -> list[Actor]:
    """The mailbox does not exist."""
    actor = stage.leaves_cart("bounced", "bounced")
    stage.says(actor, "Email Bounced", actor.left_at - 3 * DAY, bounce_type="hard")
    return [actor]


def complained(stage: CartStage) -> list[Actor]:
    """Reported an earlier mail as spam."""
    actor = stage.leaves_cart("complained", "complained")
    stage.says(actor, "Email Marked as Spam", actor.left_at - 3 * DAY)
    return [actor]


def forged_consent(stage: CartStage) -> list[Actor]:
    """Only a browser says they agreed, and browsers can be forged."""
    actor = stage.leaves_cart("forged_consent", "no_consent", choice=None)
    properties = {"email": actor.person.email}
    at, who = actor.left_at - 5 * MINUTE, actor.person
    actor.story.append(
        stage.tracker.browse(PREFERENCES, actor.device, who, at, properties, user_id=who.user_id, context=consent(True))
    )
    return [actor]


def without_address(stage: CartStage) -> list[Actor]:
    """Registered without an address."""
    return [stage.leaves_cart("without_address", "no_address", choice=None, email=False)]


def never_identified(stage: CartStage) -> list[Actor]:
    """Nobody knows who that was."""
    actor = stage.stranger()
    stage.fill(actor, buyer=actor.stranger)
    return stage.ends(actor, "never_identified", "no_address", has_address=False)


def still_shopping(stage: CartStage) -> list[Actor]:
    """Touched the cart a moment ago."""
    return [stage.leaves_cart("still_shopping", "not_idle", left=min(stage.idle / 10, 2 * MINUTE))]


def too_old(stage: CartStage) -> list[Actor]:
    """Left so long ago that a reminder would be odd."""
    return [stage.leaves_cart("too_old", "too_old", left=stage.max_age + 2 * DAY)]


def sold_out(stage: CartStage) -> list[Actor]:
    """All of it is sold out."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 10 * MINUTE)
    stage.add(actor, stage.rng.sample(stage.shopper.catalog.sold_out, 2), actor.left_at)
    return stage.ends(actor, "sold_out", "out_of_stock")


def kiosk(stage: CartStage) -> list[Actor]:
    """A cart on a device in the shop on which eight people logged in: nobody's. Their own carts are theirs."""
    terminal = stage.registry.device()
    visitors = [stage.member() for _ in range(8)]
    stage.truth.shares(("anonymous_id", terminal.anonymous_id), "kiosk", [a.person.key for a in visitors])
    for actor in visitors:
        stage.log_in(actor, actor.left_at - 20 * MINUTE, terminal, shared=True)
    stage.fill(visitors[0], device=terminal)
    stage.ends(visitors[0], "kiosk_logged_in", "due")
    passer_by = stage.actor()
    stage.fill(passer_by, buyer=passer_by.stranger, device=terminal)
    stage.ends(passer_by, "kiosk", "shared_device", has_address=False)
    return [*visitors, passer_by]


def ordered_as_guest(stage: CartStage) -> list[Actor]:
    """Ordered on another device without logging in, under their own address."""
    actor, laptop = stage.leaves_cart("ordered_as_guest", "ordered"), stage.registry.device()
    stage.truth.sees(actor.person.key, ("email", actor.person.email), ("anonymous_id", laptop.anonymous_id))
    stage.order_as_guest(actor, laptop, actor.left_at + 3 * MINUTE, email=actor.person.email)
    return [actor]


def ordered_before_login(stage: CartStage) -> list[Actor]:
    """Ordered on another device as nobody, and logged in there afterwards: who that was is known only since."""
    actor, laptop = stage.leaves_cart("ordered_before_login", "ordered"), stage.registry.device()
    stage.order_as_guest(actor, laptop, actor.left_at + 3 * MINUTE)
    stage.log_in(actor, actor.left_at + 4 * MINUTE, laptop)
    return [actor]


def withdrew_in_browser(stage: CartStage) -> list[Actor]:
    """Withdrew on a page of the shop: a browser may not open a mailbox, but it may close it."""
    actor = stage.leaves_cart("withdrew_in_browser", "withdrawn")
    at, who = actor.left_at - 5 * MINUTE, actor.person
    actor.story.append(
        stage.tracker.browse(PREFERENCES, actor.device, who, at, {}, user_id=who.user_id, context=consent(False))
    )
    return [actor]


def new_address(stage: CartStage) -> list[Actor]:
    """Changed address since they agreed: a consent does not travel. Where none is needed the new one is written to."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 10 * MINUTE)
    stage.fill(actor)
    address = stage.change_address(actor, actor.left_at - 3 * DAY)
    return stage.ends(
        actor, "new_address", "no_consent", address=address if mailed_in_silence(actor.person.country) else None
    )


CASES: tuple[tuple[str, int, Callable[[CartStage], list[Actor]]], ...] = (
    ("ordered", 10, ordered),
    ("ordered_elsewhere", 3, ordered_elsewhere),
    ("ordered_as_guest", 2, ordered_as_guest),
    ("ordered_before_login", 1, ordered_before_login),
    ("guest_ordered", 3, guest_ordered),
    ("emptied", 4, emptied),
    ("never_asked", 4, never_asked),
    ("refused", 3, refused),
    ("withdrew", 2, withdrew),
    ("withdrew_after", 2, withdrew_after),
    ("withdrew_in_browser", 1, withdrew_in_browser),
    ("new_address", 1, new_address),
    ("unsubscribed", 2, unsubscribed),
    ("bounced", 1, bounced),
    ("complained", 1, complained),
    ("forged_consent", 1, forged_consent),
    ("without_address", 2, without_address),
    ("never_identified", 6, never_identified),
    ("still_shopping", 2, still_shopping),
    ("too_old", 2, too_old),
    ("sold_out", 1, sold_out),
    ("kiosk", 1, kiosk),
)
"""(name, weight, function)."""
