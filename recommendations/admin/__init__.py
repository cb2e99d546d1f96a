"""Admin of recommendations: model runs. Placements have pages of their own (cdp/admin_placement)."""

from recommendations.admin.runs import ModelRunAdmin

__all__ = ["ModelRunAdmin"]
