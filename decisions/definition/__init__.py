"""The language in which a place is decided: tables, rules, experiments and bandits, with outcomes. Pure."""

from decisions.definition.conditions import CartFacts, Facts, folded, holds
from decisions.definition.mentions import Mentions, mentions_of
from decisions.definition.nodes import Definition, Outcome
from decisions.definition.parsing import digest_of, parse_definition, read_definition
from decisions.definition.reading import DefinitionError, Fault

__all__ = [
    "CartFacts",
    "Definition",
    "DefinitionError",
    "Facts",
    "Fault",
    "Mentions",
    "Outcome",
    "digest_of",
    "folded",
    "holds",
    "mentions_of",
    "parse_definition",
    "read_definition",
]
