"""The sentence beside each reason code, for the customer to read. Pure.

English now; another language is another table of the same shape, handed in as `say`.
"""

from collections.abc import Mapping

from recommendations.contracts import Reason

Wording = Mapping[Reason, tuple[str, str]]

# Where the product it is because of can be named, and where it cannot.
ENGLISH: Wording = {
    Reason.VIEWED: ("Because you viewed {because}", "Because of what you viewed"),
    Reason.ADDED: ("Because you added {because}", "Because of what you put into your cart"),
    Reason.BOUGHT: ("Because you bought {because}", "Because of what you bought"),
    Reason.TOGETHER: ("Often bought with {because}", "Often bought together"),
    Reason.VIEWED_TOGETHER: ("Others viewed it with {because}", "Often viewed together"),
    Reason.ALIKE: ("Similar to {because}", "Similar"),
    Reason.ACCESSORY: ("Goes with {because}", "Goes with it"),
    Reason.CART: ("Goes with {because}", "Goes with what you chose"),
    Reason.BUY_AGAIN: ("Buy again", "Buy again"),
    Reason.REBUY_DUE: ("Time to buy again?", "Time to buy again?"),
    Reason.SESSION: ("Goes with what you are looking at", "Goes with what you are looking at"),
    Reason.RECENT: ("You viewed it lately", "You viewed it lately"),
    Reason.POPULAR: ("Popular now", "Popular now"),
    Reason.POPULAR_IN_CATEGORY: ("Popular in {because}", "Popular in this category"),
    Reason.POPULAR_IN_REGION: ("Popular near you", "Popular near you"),
    Reason.NEWEST: ("New in the shop", "New in the shop"),
    Reason.SEARCH: ("Matches your search", "Matches your search"),
    Reason.PINNED: ("Our pick", "Our pick"),
    Reason.ASSORTMENT: ("From our range", "From our range"),
}


def sentence(reason: Reason, because: str = "", say: Wording = ENGLISH) -> str:
    """E.g. “Because you viewed Red mug”; `because` is the name of a product, or of the category."""
    named, unnamed = say[reason]
    return named.replace("{because}", because) if because else unnamed
