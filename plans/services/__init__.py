"""Writes of the plans app: declare and publish, hold sources to the plan, count what breaks it, learn what came."""

from plans.services.counting import count_breaches
from plans.services.forgetting import forget_naming, forget_samples, naming
from plans.services.learning import ignore, learn, prune_slice
from plans.services.publishing import declare, declare_learned, edit, publish_version, seen_draft, set_mode, set_status
from plans.services.shipping import ensure_default_plan

__all__ = [
    "count_breaches",
    "declare",
    "declare_learned",
    "edit",
    "ensure_default_plan",
    "forget_naming",
    "forget_samples",
    "ignore",
    "learn",
    "naming",
    "prune_slice",
    "publish_version",
    "seen_draft",
    "set_mode",
    "set_status",
]
