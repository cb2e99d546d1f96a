"""Admin of recommendations: model runs, and placements with their rules."""

from recommendations.admin.placements import PlacementAdmin, PlacementRuleAdmin
from recommendations.admin.runs import ModelRunAdmin

__all__ = ["ModelRunAdmin", "PlacementAdmin", "PlacementRuleAdmin"]
