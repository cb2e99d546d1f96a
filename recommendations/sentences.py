"""The sentence beside each reason code, for the customer to read. Pure."""

from recommendations.contracts import Reason

SENTENCES: dict[Reason, str] = {
    Reason.VIEWED: "Because you viewed {because}",
    Reason.ADDED: "Because you added {because}",
    Reason.BOUGHT: "Because you bought {because}",
    Reason.TOGETHER: "Bought together with {because}",
    Reason.CART: "Goes with {because} in your cart",
    Reason.BUY_AGAIN: "Buy again",
    Reason.POPULAR: "Popular now",
    Reason.NEWEST: "New in the shop",
    Reason.ASSORTMENT: "From our range",
}


def sentence(reason: Reason, because: str = "") -> str:
    """E.g. “Because you viewed Red mug”; `because` is a product's name."""
    return SENTENCES[reason].format(because=because)
