"""Writes of profiles: sightings become identifiers, links and components; deltas become states and profiles."""

from profiles.services.sightings import register_sightings
from profiles.services.states import fold_deltas, rebuild_profiles

__all__ = ["fold_deltas", "rebuild_profiles", "register_sightings"]
