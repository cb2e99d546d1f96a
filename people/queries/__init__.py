"""Reads of people: who somebody is, as they stand or stood, and figures computed from what they did."""

from people.queries.figures import definitions, figures_of
from people.queries.finding import locate, members, search
from people.queries.people import person, trait_history

__all__ = ["definitions", "figures_of", "locate", "members", "person", "search", "trait_history"]
