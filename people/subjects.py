"""How each table of people is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = ()
"""Computed traits are definitions, and reads by keys are counts a day: neither names a person."""
