"""Groups of people who behave alike, found, described and approximated by a rule. Pure; deterministic by its seed."""

from audiences.discovery.approximating import Approximation, approximate
from audiences.discovery.clustering import Clustering, TooFewError, cluster
from audiences.discovery.describing import Described, describe
from audiences.discovery.features import Feature, features_of

__all__ = [
    "Approximation",
    "Clustering",
    "Described",
    "Feature",
    "TooFewError",
    "approximate",
    "cluster",
    "describe",
    "features_of",
]
