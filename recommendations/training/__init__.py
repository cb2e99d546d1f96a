"""One training, pure: learn settings and blends on validation, judge on test, fit the served model on everything."""

from recommendations.training.fitting import Report, Watch
from recommendations.training.metrics import lift
from recommendations.training.promotion import Live
from recommendations.training.recipe import Params, Recipe
from recommendations.training.running import Trained, train

__all__ = ["Live", "Params", "Recipe", "Report", "Trained", "Watch", "lift", "train"]
