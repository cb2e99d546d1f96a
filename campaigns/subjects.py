"""How each campaign table is exported, erased and kept."""

from cdp.lib.subjects import Subject

SUBJECTS: tuple[Subject, ...] = ()
