"""Why an enrollment ended or waits: the stable codes, each with its words for people. Pure.

What mails end with is mailing's; here are those of the stories of journeys.
"""

from mailing import reasons as mailing

REASONS = {
    "finished": "Went all the way",
    "goal_reached": "The goal of the journey was reached",
    "exit_rule": "An exit of the journey held",
    "exit_event": "Something happened that ends the journey",
    "exit_step": "A step ended the journey",
    "cart_used": "Something was put into a cart since",
    "cart_used_again": "Something new was put into the cart: it starts anew",
    "price_changed": "The price is no longer that low",
    "order_cancelled": "The order was cancelled or refunded",
    "journey_archived": "The journey was archived",
    "journey_paused": "The journey is paused",
    "higher_priority": "Waiting: a message of a journey that matters more goes first",
    "queued_before": "This was queued for the address before",
    "removed": "Taken out of the journey",
    "audience": "They are not among those it is for",
    "merged": "They turned out to be somebody who was in it already",
    "in_queue": "The message waits in the queue to go out",
    "too_long": "It could not be sent for a week",
    "offer_unknown": "There is no such offer any more",
    "offer_not_live": "The offer is a draft, paused or ended",
    "offer_over": "The offer is over",
    "not_started": "The offer has not begun yet",
    "no_codes_left": "No code of the offer was left",
}

# The story is over: what ends a message with one of these ends the way through the journey too. Others skip a step.
STORY = frozenset(
    {
        "goal_reached",
        "exit_rule",
        "exit_event",
        "cart_gone",
        "cart_emptied",
        "cart_ordered",
        "cart_used",
        "cart_used_again",
        "ordered_since",
        "too_old",
        "out_of_stock",
        "no_known_products",
        "price_changed",
        "order_cancelled",
        "journey_archived",
        "removed",
        "merged",
        "shared_profile",
        "erased",
        "suppressed_erasure",
    }
)


def ends_story(code: str, *, is_cart: bool) -> bool:
    """Whether the way ends with it. Of several carts of one person only one is written about."""
    return code in STORY or (is_cart and code == "mailed_lately")


def words(code: str) -> str:
    """The sentence for a code."""
    return REASONS.get(code) or mailing.words(code)
