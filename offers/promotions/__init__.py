"""The promotions of a cart: which offers hold, which of them together save the most, what each gives. Pure.

Inside, money is whole minor units of the cart's currency and quantities are millionths of a piece.
"""

from offers.promotions.asked import Asked
from offers.promotions.compiled import Compiled, LiveOffer, compile_offer
from offers.promotions.evaluating import evaluate_cart
from offers.promotions.screening import may_have

__all__ = ["Asked", "Compiled", "LiveOffer", "compile_offer", "evaluate_cart", "may_have"]
