"""Reads of decisions: content, placements that are decided, and what was decided."""
