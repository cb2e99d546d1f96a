"""A rule as if everybody's consents were what it wishes them to be: whom it takes in at most. Pure.

The gate is asked only about these: for all others the answer is false now, whatever they allow.
"""

from segments.rules.all_of import AllOf
from segments.rules.any_of import AnyOf
from segments.rules.consent_is import ConsentIs
from segments.rules.node import Node
from segments.rules.not_of import NotOf

EVERYBODY, NOBODY = AllOf(()), AnyOf(())


def hopeful(rule: Node, *, wish: bool = True) -> Node:
    """The rule with every clause on consent true, or false below a negation."""
    if isinstance(rule, ConsentIs):
        return EVERYBODY if wish else NOBODY
    if isinstance(rule, NotOf):
        return NotOf(hopeful(rule.clause, wish=not wish))
    if isinstance(rule, AllOf):
        return AllOf(tuple(hopeful(clause, wish=wish) for clause in rule.clauses))
    if isinstance(rule, AnyOf):
        return AnyOf(tuple(hopeful(clause, wish=wish) for clause in rule.clauses))
    return rule
