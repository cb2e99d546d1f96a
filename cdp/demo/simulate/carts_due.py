"""Carts that must be mailed about: one function a case. `CASES` lists (name, weight, function)."""

from cdp.demo.simulate.cart_stage import DAY, MINUTE, PREFERENCES, Actor, CartStage


def abandoned(stage: CartStage) -> list[Actor]:
    """Filled a cart and left."""
    return [stage.simple("abandoned", "due")]


def without_cart_id(stage: CartStage) -> list[Actor]:
    """The shop does not name its carts."""
    return [stage.simple("without_cart_id", "due", has_cart_id=False)]


def two_devices(stage: CartStage) -> list[Actor]:
    """One cart, filled on a phone and on a laptop: one mail."""
    actor, laptop = stage.member(), stage.registry.device()
    stage.log_in(actor, actor.left_at - 40 * MINUTE)
    stage.add(actor, stage.some_products(actor), actor.left_at - 30 * MINUTE)
    stage.log_in(actor, actor.left_at - 10 * MINUTE, laptop)
    stage.fill(actor, device=laptop)
    return stage.true(actor, "two_devices", "due")


def identified_later(stage: CartStage) -> list[Actor]:
    """Filled the cart as a stranger, then logged in."""
    actor = stage.member()
    stage.add(actor, stage.some_products(actor), actor.left_at - MINUTE, buyer=actor.stranger)
    stage.log_in(actor, actor.left_at)
    actor.left_at -= MINUTE
    return stage.true(actor, "identified_later", "due")


def guest_left_checkout(stage: CartStage) -> list[Actor]:
    """A guest gave address and consent at checkout and left."""
    actor = stage.guest()
    products = stage.some_products(actor)
    stage.add(actor, products, actor.left_at - 5 * MINUTE, buyer=actor.stranger)
    stage.checkout(actor, products, actor.left_at)
    return stage.true(actor, "guest_left_checkout", "due")


def new_item_later(stage: CartStage) -> list[Actor]:
    """Came back after hours and added another: one mail about both."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 310 * MINUTE)
    stage.add(actor, stage.some_products(actor), actor.left_at - 300 * MINUTE)
    stage.fill(actor)
    return stage.true(actor, "new_item_later", "due")


def new_cart_after_order(stage: CartStage) -> list[Actor]:
    """Ordered in the morning, filled another cart since."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 400 * MINUTE)
    stage.order(actor, stage.some_products(actor), actor.left_at - 390 * MINUTE, cart_id=None)
    stage.fill(actor)
    return stage.true(actor, "new_cart_after_order", "due")


def consented_again(stage: CartStage) -> list[Actor]:
    """Refused at first, agreed later."""
    actor = stage.simple("consented_again", "due", choice=False)
    stage.says(actor, PREFERENCES, actor.left_at - 2 * DAY, choice=True)
    return [actor]


def one_of_two_in_stock(stage: CartStage) -> list[Actor]:
    """One product is sold out, another is not."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 10 * MINUTE)
    sold_out = stage.rng.choice(stage.shopper.catalog.sold_out)
    stage.add(actor, [sold_out, *stage.some_products(actor)], actor.left_at)
    return stage.true(actor, "one_of_two_in_stock", "due")


def removed_one_of_two(stage: CartStage) -> list[Actor]:
    """Took one product out again; another stays."""
    actor = stage.member()
    stage.log_in(actor, actor.left_at - 10 * MINUTE)
    catalog = stage.shopper.catalog
    first = catalog.pick(stage.rng, actor.person.tastes[0])
    second = catalog.companion(stage.rng, first)
    stage.add(actor, [first, second], actor.left_at - 2 * MINUTE)
    actor.story.append(stage.shopper.remove(actor.buyer, actor.device, first, actor.left_at, cart_id=actor.cart_id))
    return stage.true(actor, "removed_one_of_two", "due")


def family_tablet(stage: CartStage) -> list[Actor]:
    """Two people fill a cart each on one tablet: a mail each."""
    tablet = stage.registry.device()
    family = [stage.member(), stage.member()]
    stage.truth.shares(("anonymous_id", tablet.anonymous_id), "family tablet", [a.person.key for a in family])
    for actor in family:
        stage.log_in(actor, actor.left_at - 10 * MINUTE, tablet, shared=True)
        stage.fill(actor, device=tablet)
        stage.true(actor, "family_tablet", "due")
    return family
