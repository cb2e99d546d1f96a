"""The kinds of parts a model may be made of, by class name: what a manifest may name, and nothing else."""

from recommendations.estimators.facing import Estimator

KINDS: dict[str, type[Estimator]] = {}
