"""The parts of a model by name, and the kinds a manifest may name (class names): these and nothing else."""

from typing import cast

from recommendations.estimators.content import Content
from recommendations.estimators.facing import Estimator
from recommendations.estimators.item_knn import ItemKnn
from recommendations.estimators.own import Own
from recommendations.estimators.popularity import Popularity
from recommendations.estimators.sequential import Sequential
from recommendations.estimators.taste import Taste
from recommendations.estimators.together import BoughtTogether, ViewedTogether
from recommendations.estimators.vstan import VStan

CLASSES = (Popularity, Own, Taste, VStan, Sequential, BoughtTogether, ViewedTogether, Content)
PARTS: dict[str, type[Estimator]] = {kind.name: cast(type[Estimator], kind) for kind in CLASSES}
KINDS: dict[str, type[Estimator]] = {kind.__name__: cast(type[Estimator], kind) for kind in (*CLASSES, ItemKnn)}
