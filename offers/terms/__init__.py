"""The terms of an offer: frozen nodes, and the only way from JSON to them. Pure.

`parse_terms` names every fault at once, each with the path to it and what it takes instead.
"""

from offers.terms.nodes import (
    Bundle,
    BundlePart,
    Conditions,
    Gift,
    Kind,
    Points,
    ProductCondition,
    Schedule,
    Scope,
    Shipping,
    Stacking,
    Terms,
    Units,
)
from offers.terms.parsing import parse_terms
from offers.terms.reading import TermsError, TermsFault

__all__ = [
    "Bundle",
    "BundlePart",
    "Conditions",
    "Gift",
    "Kind",
    "Points",
    "ProductCondition",
    "Schedule",
    "Scope",
    "Shipping",
    "Stacking",
    "Terms",
    "TermsError",
    "TermsFault",
    "Units",
    "parse_terms",
]
