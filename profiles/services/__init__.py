"""Writes of profiles: sightings become identifiers, links and components; deltas become states and profiles.

Staff decide on top of that: they separate whom links would join, and lift it again.
"""

from profiles.services.recomputing import recompute
from profiles.services.replacing import replace_states
from profiles.services.separating import lift, separate
from profiles.services.sightings import register_sightings
from profiles.services.states import fold_deltas, rebuild_profiles

__all__ = ["fold_deltas", "lift", "rebuild_profiles", "recompute", "register_sightings", "replace_states", "separate"]
