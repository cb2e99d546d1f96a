"""Content, placements that are decided, and what was decided."""

from decisions.models.bandits import BanditEvaluation, BanditHour, BanditReset, BanditState
from decisions.models.content import ContentBlock, ContentVersion
from decisions.models.decided import Conversion, Decision
from decisions.models.placements import DecisionPlacement, PlacementVersion

__all__ = [
    "BanditEvaluation",
    "BanditHour",
    "BanditReset",
    "BanditState",
    "ContentBlock",
    "ContentVersion",
    "Conversion",
    "Decision",
    "DecisionPlacement",
    "PlacementVersion",
]
