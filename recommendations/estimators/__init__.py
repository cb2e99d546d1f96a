"""Estimators: plain classes after scikit-learn's rules. Arrays in, arrays out; no Django, no clock.

Parameters stand in `__init__`, `fit` returns self, what was learned ends in `_`.
"""

from recommendations.estimators.buy_again import BuyAgain
from recommendations.estimators.co_occurrence import CoOccurrence
from recommendations.estimators.interactions import Interactions, Kind
from recommendations.estimators.popularity import Popularity

__all__ = ["BuyAgain", "CoOccurrence", "Interactions", "Kind", "Popularity"]
