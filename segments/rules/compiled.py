"""One statement for any number of rules over the lake's tables events, identifiers and profiles. Pure.

Events are tallied an identifier at a time before they meet the (much smaller) table of identifiers, and summed a
profile at a time after it. Profiles are read only where a rule asks for traits or may hold for somebody without events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from sqlglot import exp

from lake.contracts import Ask, Value
from segments.rules import sql
from segments.rules.facts import NEVER, PersonFacts
from segments.rules.node import Mentions, Node
from segments.rules.scope import (
    EVENT,
    EVENTS,
    IDENTIFIERS,
    LEAF,
    NAME,
    OCCURRED,
    PROFILE,
    PROFILES,
    TALLIES,
    TALLY,
    Scope,
    Tally,
)

HANGS_ON, HI, LO, SHARED = "identifier_id", "profile_hi", "profile_lo", "is_shared"
PERSON, FLAGGED = "i", "x"
SUMS: dict[type[exp.Expression], type[exp.AggFunc]] = {exp.Count: exp.Sum, exp.Min: exp.Min, exp.Max: exp.Max}
MOST_NARROWED = 12
"""Up to so many flags events are read only where one of them is true; past that the test costs more than it saves."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRules:
    """`tree` answers a row a profile: profile_hi, profile_lo, then m0, d0, m1, d1, … (d only with dues).

    Its one placeholder is `now_us`. Profiles that are absent from the answer are in none, and nothing is due for them.
    """

    tree: exp.Select
    mentions: Mentions
    properties: tuple[Value, ...]
    traits: tuple[Value, ...]
    reads_events: bool
    reads_profiles: bool

    def asks(self, now_us: int) -> dict[str, Ask]:
        """What it needs of each table, by the table's name."""
        found = {}
        if self.reads_events:
            reach = self.mentions.reach_us
            since = None if reach is None else now_us - reach
            found[EVENTS] = Ask(EVENTS, (HANGS_ON, NAME, OCCURRED), self.properties, self.mentions.events, since)
            found[IDENTIFIERS] = Ask(IDENTIFIERS, ("id", HI, LO, SHARED))
        if self.reads_profiles:
            found[PROFILES] = Ask(PROFILES, (HI, LO, SHARED), self.traits)
        return found


def compile_rules(rules: Sequence[Node], *, dues: bool) -> CompiledRules:
    """The statement that answers these rules for everybody in the tables, with when the answers are due if asked."""
    scope = Scope()
    answers: list[exp.Expr] = []
    for index, rule in enumerate(rules):
        answers.append(exp.alias_(rule.compile(scope), f"m{index}", copy=False))
        if dues:
            answers.append(exp.alias_(rule.due(scope) or sql.never(), f"d{index}", copy=False))
    mentions = reduce(Mentions.__or__, (rule.mentions() for rule in rules), Mentions())
    reads_profiles = bool(mentions.traits) or any(rule.evaluate(PersonFacts(), 0) for rule in rules)
    reads_events = bool(scope.tallies)
    if not reads_events:
        reads_profiles = True
    only_doers = reads_events and all(rule.needs_events() for rule in rules)
    leaves = (exp.alias_(made, name, copy=False) for name, made in scope.leaves.values())
    people = _people(reads_events, reads_profiles, only_doers).select(*leaves, copy=False)
    tree = exp.select(exp.column(HI, table=LEAF), exp.column(LO, table=LEAF), *answers).from_(
        people.subquery(LEAF, copy=False), copy=False
    )
    if reads_events:
        tree = tree.with_(TALLIES, as_=_by_profile(scope), copy=False)
    return CompiledRules(tree, mentions, scope.properties.values(), scope.traits.values(), reads_events, reads_profiles)


def members_of(rule: Node) -> CompiledRules:
    """The statement that answers profile_hi and profile_lo of everybody for whom the rule holds."""
    compiled = compile_rules([rule], dues=False)
    inner = compiled.tree.subquery("answers")
    tree = exp.select(HI, LO).from_(inner).where(exp.column("m0"))
    return _with(compiled, tree)


def answers_of(rule: Node) -> CompiledRules:
    """The statement that answers profile_hi, profile_lo, m0 and d0 of everybody who is in or for whom time may tell."""
    compiled = compile_rules([rule], dues=True)
    inner = compiled.tree.subquery("answers")
    is_due = exp.LT(this=exp.column("d0"), expression=sql.whole(NEVER))
    tree = exp.select(HI, LO, "m0", "d0").from_(inner).where(exp.Or(this=exp.column("m0"), expression=is_due))
    return _with(compiled, tree)


def _with(compiled: CompiledRules, tree: exp.Select) -> CompiledRules:
    return CompiledRules(
        tree,
        compiled.mentions,
        compiled.properties,
        compiled.traits,
        compiled.reads_events,
        compiled.reads_profiles,
    )


def _people(reads_events: bool, reads_profiles: bool, only_doers: bool) -> exp.Select:
    """FROM: whose answers there are, with their tallies beside them."""
    tallies = exp.to_table(TALLIES, alias=TALLY)
    if not reads_profiles:
        return exp.select(exp.column(HI, table=TALLY), exp.column(LO, table=TALLY)).from_(tallies)
    profiles = exp.to_table(PROFILES, alias=PROFILE)
    found = exp.select(exp.column(HI, table=PROFILE), exp.column(LO, table=PROFILE)).from_(profiles)
    found = found.where(sql.no(exp.column(SHARED, table=PROFILE)))
    if not reads_events:
        return found
    same = [exp.column(key, table=PROFILE).eq(exp.column(key, table=TALLY)) for key in (HI, LO)]
    return found.join(tallies, on=sql.both(same), join_type="inner" if only_doers else "left")


def _by_profile(scope: Scope) -> exp.Select:
    columns = [exp.column(key, table=PERSON) for key in (HI, LO)]
    sums = [
        exp.alias_(SUMS[tally.function](this=exp.column(name, table="s")), name)
        for tally, name in scope.tallies.items()
    ]
    same = exp.column(HANGS_ON, table="s").eq(exp.column("id", table=PERSON))
    return (
        exp.select(*columns, *sums)
        .from_(_by_identifier(scope).subquery("s", copy=False), copy=False)
        .join(exp.to_table(IDENTIFIERS, alias=PERSON), on=same, copy=False)
        .where(sql.no(exp.column(SHARED, table=PERSON)), copy=False)
        .group_by(*(column.copy() for column in columns))
    )


def _by_identifier(scope: Scope) -> exp.Select:
    key = exp.column(HANGS_ON, table=FLAGGED)
    filtered = len(scope.flags) > 1
    aggregates = [exp.alias_(_aggregate(tally, filtered=filtered), name) for tally, name in scope.tallies.items()]
    flagged = _flagged(scope).subquery(FLAGGED, copy=False)
    return exp.select(key, *aggregates).from_(flagged, copy=False).group_by(key.copy(), copy=False)


def _flagged(scope: Scope) -> exp.Select:
    columns = [exp.column(name, table=EVENT) for name in (HANGS_ON, OCCURRED)]
    made = (exp.alias_(each, name) for name, each in (*scope.flags.values(), *scope.moments.values()))
    found = exp.select(*columns, *made).from_(exp.to_table(EVENTS, alias=EVENT))
    if len(scope.flags) > MOST_NARROWED:
        return found
    return found.where(*sql.any_holds([flag for _, flag in scope.flags.values()]))


def _aggregate(tally: Tally, *, filtered: bool) -> exp.Expression:
    value = exp.Star() if tally.value == "*" else exp.column(tally.value, table=FLAGGED)
    aggregate = tally.function(this=value)
    if not filtered:
        return aggregate
    return exp.Filter(this=aggregate, expression=exp.Where(this=exp.column(tally.flag, table=FLAGGED)))
