"""Which outcomes a definition leads to for given facts, in the order in which they are tried. Pure."""

from decisions.deciding.choosing import Candidate, Choice, by_rules, by_table, features_of

__all__ = ["Candidate", "Choice", "by_rules", "by_table", "features_of"]
