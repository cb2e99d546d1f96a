"""Writes of decisions: content, placements, and the log of what was decided."""
