"""Why somebody sees a product, in sentences of a language. Pure."""

from privacy.words import Words, msg

TOUCHED = {"viewed": msg("You looked at"), "added": msg("You put into your cart"), "bought": msg("You bought")}
REASONS = {
    "viewed": msg("Because of something you looked at"),
    "added": msg("Because of something you put into your cart"),
    "bought": msg("Because of something you bought"),
    "bought_together": msg("Often bought together with something you bought or looked at"),
    "goes_with_cart": msg("Goes with what is in your cart"),
    "buy_again": msg("You bought it before"),
    "popular": msg("Popular with everybody at the moment"),
    "newest": msg("New in the shop"),
    "assortment": msg("From our range, the same for everybody"),
}
# Said in the words of another reason, which are as true.
REASONS |= {
    "viewed_together": REASONS["viewed"],
    "alike": REASONS["viewed"],
    "this_visit": REASONS["viewed"],
    "recently_viewed": REASONS["viewed"],
    "accessory": REASONS["bought_together"],
    "rebuy_due": REASONS["buy_again"],
    "popular_in_category": REASONS["popular"],
    "popular_in_region": REASONS["popular"],
    "search": REASONS["assortment"],
    "pinned": REASONS["assortment"],
}


def touched(say: Words, what: str) -> str:
    """What was done with a product."""
    return say(TOUCHED.get(what, TOUCHED["viewed"]))


def reason(say: Words, code: str) -> str:
    """Why a product is recommended."""
    return say(REASONS.get(str(code), REASONS["assortment"]))
