"""Estimators: plain classes after scikit-learn's rules. Arrays in, arrays out; no Django, no clock.

Parameters stand in `__init__`, `fit` returns self, what was learned ends in `_`. All have the face of `facing`.
"""

from recommendations.estimators.als import Als
from recommendations.estimators.content import Content
from recommendations.estimators.ease import Ease
from recommendations.estimators.interactions import Interactions, Kind
from recommendations.estimators.item_knn import ItemKnn
from recommendations.estimators.own import Own
from recommendations.estimators.popularity import Popularity
from recommendations.estimators.sequential import Sequential
from recommendations.estimators.taste import Taste
from recommendations.estimators.together import BoughtTogether, ViewedTogether
from recommendations.estimators.vstan import VStan

__all__ = [
    "Als",
    "BoughtTogether",
    "Content",
    "Ease",
    "Interactions",
    "ItemKnn",
    "Kind",
    "Own",
    "Popularity",
    "Sequential",
    "Taste",
    "VStan",
    "ViewedTogether",
]
