"""Carts that must be mailed about: one function a case."""

from collections.abc import Callable

from cdp.demo.simulate.cart_stage import DAY, MINUTE, PREFERENCES, Actor, CartStage


def abandoned(stage: CartStage) -> list[Actor]:
    """Filled a cart and left."""
    return [stage.leaves_cart("abandoned", "due")]


def without_cart_id(stage: CartStage) -> list[Actor]:
    """The shop does not name its carts."""
    return [stage.leaves_cart("without_cart_id", "due", has_cart_id=False)]


def two_devices(stage: CartStage) -> list[Actor]:
    """One cart, filled on a phone and on a laptop: one mail."""
    actor, laptop = stage.member(), stage.registry.device()
    stage.log_in(actor, actor.left_at - 40 * MINUTE)
    stage.add(actor, stage.some_products(actor), actor.left_at - 30 * MINUTE)
    stage.log_in(actor, actor.left_at - 10 * MINUTE, laptop)
    stage.fill(actor, device=laptop)
    return stage.ends(actor, "two_devices", "due")


def identified_later(stage: CartStage) -> list[Actor]:
    """Filled the cart as a stranger, then logged in."""
    actor = stage.member()
    stage.add(actor, stage.some_products(actor), actor.left_at - MINUTE, buyer=actor.stranger)
    stage.log_in(actor, actor.left_at)
    actor.left_at -= MINUTE
    return stage.ends(actor, "identified_later", "due")


def guest_left_checkout(stage: CartStage) -> list[Actor]:
    """A guest gave address and consent at checkout and left."""
    actor = stage.guest()
    products = stage.some_products(actor)
    stage.add(actor, products, actor.left_at - 5 * MINUTE, buyer=actor.stranger)
    stage.checkout(actor, products, actor.left_at)
    return stage.ends(actor, "guest_left_checkout", "due")


def new_item_later(stage: CartStage) -> list[Actor]:
    """Came back after hours and added another: one mail about both."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 310 * MINUTE)
    stage.add(actor, stage.some_products(actor), actor.left_at - 300 * MINUTE)
    stage.fill(actor)
    return stage.ends(actor, "new_item_later", "due")


def new_cart_after_order(stage: CartStage) -> list[Actor]:
    """Ordered in the morning, filled another cart since."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 400 * MINUTE)
    stage.order(actor, stage.some_products(actor), actor.left_at - 390 * MINUTE, cart_id=None)
    stage.fill(actor)
    return stage.ends(actor, "new_cart_after_order", "due")


def consented_again(stage: CartStage) -> list[Actor]:
    """Refused at first, agreed later."""
    actor = stage.leaves_cart("consented_again", "due", choice=False)
    stage.says(actor, PREFERENCES, actor.left_at - 2 * DAY, choice=True)
    return [actor]


def one_of_two_in_stock(stage: CartStage) -> list[Actor]:
    """One product is sold out, another is not."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 10 * MINUTE)
    sold_out = stage.rng.choice(stage.shopper.catalog.sold_out)
    stage.add(actor, [sold_out, *stage.some_products(actor)], actor.left_at)
    return stage.ends(actor, "one_of_two_in_stock", "due")


def removed_one_of_two(stage: CartStage) -> list[Actor]:
    """Took one product out again; another stays."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 10 * MINUTE)
    catalog = stage.shopper.catalog
    first = catalog.pick(stage.rng, actor.person.tastes[0])
    second = catalog.companion(stage.rng, first)
    stage.add(actor, [first, second], actor.left_at - 2 * MINUTE)
    actor.story.append(stage.shopper.remove(actor.buyer, actor.device, first, actor.left_at, cart_id=actor.cart_id))
    return stage.ends(actor, "removed_one_of_two", "due")


def family_tablet(stage: CartStage) -> list[Actor]:
    """Two people fill a cart each on one tablet: a mail each."""
    tablet = stage.registry.device()
    family = [stage.member(), stage.member()]
    stage.truth.shares(("anonymous_id", tablet.anonymous_id), "family tablet", [a.person.key for a in family])
    for actor in family:
        stage.log_in(actor, actor.left_at - 10 * MINUTE, tablet, shared=True)
        stage.fill(actor, device=tablet)
        stage.ends(actor, "family_tablet", "due")
    return family


def family_of_three(stage: CartStage) -> list[Actor]:
    """A tablet on which one ordered, one refuses mail, and one left a cart: a mail to that one."""
    tablet = stage.registry.device()
    buyer, refuser, leaver = family = [stage.member(), stage.member(choice=False), stage.member()]
    stage.truth.shares(("anonymous_id", tablet.anonymous_id), "family tablet", [a.person.key for a in family])
    for actor, reason in ((buyer, "ordered"), (refuser, "refused"), (leaver, "due")):
        stage.log_in(actor, actor.left_at - 10 * MINUTE, tablet, shared=True)
        products = stage.fill(actor, device=tablet)
        if actor is buyer:
            stage.order(actor, products, actor.left_at + 5 * MINUTE, cart_id=None)
        stage.ends(actor, "family_of_three", reason)
    return family


def new_address_agreed(stage: CartStage) -> list[Actor]:
    """Changed address and agreed again: a mail to the new one."""
    actor = stage.member()
    address = stage.change_address(actor, actor.left_at - 3 * DAY)
    stage.says(actor, PREFERENCES, actor.left_at - 2 * DAY, choice=True, email=address)
    stage.log_in(actor, actor.left_at - 10 * MINUTE)
    stage.fill(actor)
    return stage.ends(actor, "new_address_agreed", "due", address=address)


def full_mailbox(stage: CartStage) -> list[Actor]:
    """An earlier mail bounced for now: a full mailbox silences nobody."""
    actor = stage.leaves_cart("full_mailbox", "due")
    stage.says(actor, "Email Bounced", actor.left_at - 3 * DAY, bounce_type="soft")
    return [actor]


def spelled_otherwise(stage: CartStage) -> list[Actor]:
    """Agreed under another spelling of the address."""
    actor = stage.leaves_cart("spelled_otherwise", "due", choice=None)
    stage.says(actor, PREFERENCES, actor.left_at - 2 * DAY, choice=True, email=f" {actor.person.email.upper()} ")
    return [actor]


CASES: tuple[tuple[str, int, Callable[[CartStage], list[Actor]]], ...] = (
    ("abandoned", 12, abandoned),
    ("without_cart_id", 4, without_cart_id),
    ("two_devices", 3, two_devices),
    ("identified_later", 3, identified_later),
    ("guest_left_checkout", 3, guest_left_checkout),
    ("new_item_later", 2, new_item_later),
    ("new_cart_after_order", 2, new_cart_after_order),
    ("consented_again", 1, consented_again),
    ("one_of_two_in_stock", 1, one_of_two_in_stock),
    ("removed_one_of_two", 2, removed_one_of_two),
    ("family_tablet", 1, family_tablet),
    ("family_of_three", 1, family_of_three),
    ("new_address_agreed", 1, new_address_agreed),
    ("full_mailbox", 1, full_mailbox),
    ("spelled_otherwise", 1, spelled_otherwise),
)
"""(name, weight, function)."""
