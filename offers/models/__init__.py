"""Offers with their versions and budgets, codes, redemptions, and price lists."""

from offers.models.codes import Code, CodePool
from offers.models.offers import Budget, Offer, OfferVersion
from offers.models.prices import Price, PriceList, PriceListVersion
from offers.models.redemptions import PersonUse, Redemption

__all__ = [
    "Budget",
    "Code",
    "CodePool",
    "Offer",
    "OfferVersion",
    "PersonUse",
    "Price",
    "PriceList",
    "PriceListVersion",
    "Redemption",
]
