"""One statement for any number of rules over the lake's tables events, identifiers and profiles. Pure.

Events are tallied an identifier at a time before they meet the (much smaller) table of identifiers, and summed a
profile at a time after it. Profiles are read only where a rule asks for more than tallies or may hold for somebody
without events.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from sqlglot import exp

from lake.contracts import Ask, Value
from segments.rules import sql
from segments.rules.facts import ANY_EVENT, NEVER, PersonFacts
from segments.rules.node import Mentions, Node
from segments.rules.scope import (
    CATALOG,
    COMPUTED,
    EVENT,
    EVENTS,
    FLAGGED,
    GIVEN,
    HI,
    HISTORY,
    IDENTIFIERS,
    LEAF,
    LO,
    NAME,
    OCCURRED,
    OWN,
    PROFILE,
    PROFILES,
    TALLIES,
    TALLY,
    Scope,
    Tally,
)

HANGS_ON, SHARED = "identifier_id", "is_shared"
PERSON, EACH = "i", "x"
SUMS: dict[type[exp.Expression], type[exp.AggFunc]] = {
    exp.Count: exp.Sum,
    exp.Min: exp.Min,
    exp.Max: exp.Max,
    exp.Sum: exp.Sum,
}
MOST_NARROWED = 12
"""Up to so many flags events are read only where one of them is true; past that the test costs more than it saves."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRules:
    """`tree` answers a row a profile: profile_hi, profile_lo, then m0, d0, m1, d1, … (d only with dues).

    Its placeholders are those of `segments.rules.calendar`. Profiles that are absent from the answer are in none, and
    nothing is due for them. `tables`: what it reads of the lake, each with its plain columns and named values; `given`:
    the tables it is to be given beside them, with the named values of each (`segments.queries.given`). `rules`: those
    it was made of; `dues`: whether it says when they are due.
    """

    tree: exp.Select
    mentions: Mentions
    tables: Mapping[str, tuple[tuple[str, ...], tuple[Value, ...]]]
    given: Mapping[str, tuple[Value, ...]]
    rules: tuple[Node, ...] = ()
    dues: bool = False

    def asks(self, now_us: int) -> dict[str, Ask]:
        """What it needs of each table of the lake, by the table's name."""
        found = {}
        for name, (columns, values) in self.tables.items():
            names, since = None, None
            if name == EVENTS:
                reach = self.mentions.reach_us
                since = None if reach is None else now_us - reach
                names = None if ANY_EVENT in self.mentions.events else self.mentions.events
            found[name] = Ask(name, columns, values, names, since)
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
    tallied, beside = bool(scope.tallies), bool(scope.asides or scope.computed.facets)
    asks_people = bool(scope.traits.facets) or beside or any(rule.evaluate(PersonFacts(), 0) for rule in rules)
    reads_profiles = asks_people or not tallied
    only_doers = tallied and not beside and all(rule.needs_events() for rule in rules)
    leaves = (exp.alias_(made, name, copy=False) for name, made in scope.leaves.values())
    people = _people(scope, reads_profiles, only_doers).select(*leaves, copy=False)
    tree = exp.select(exp.column(HI, table=LEAF), exp.column(LO, table=LEAF), *answers).from_(
        people.subquery(LEAF, copy=False), copy=False
    )
    for name, made in _ctes(scope):
        tree = tree.with_(name, as_=made, copy=False)
    given = {name: scope.products.values() if name == CATALOG else () for name in scope.tables if name in GIVEN}
    return CompiledRules(tree, mentions, _tables(scope, reads_profiles), given, tuple(rules), dues)


def members_of(rule: Node) -> CompiledRules:
    """The statement that answers profile_hi and profile_lo of everybody for whom the rule holds."""
    compiled = compile_rules([rule], dues=False)
    inner = compiled.tree.subquery("answers")
    tree = exp.select(HI, LO).from_(inner).where(exp.column("m0"))
    return replace(compiled, tree=tree)


def answers_of(rule: Node) -> CompiledRules:
    """The statement that answers profile_hi, profile_lo, m0 and d0 of everybody who is in or for whom time may tell."""
    compiled = compile_rules([rule], dues=True)
    inner = compiled.tree.subquery("answers")
    is_due = exp.LT(this=exp.column("d0"), expression=sql.whole(NEVER))
    tree = exp.select(HI, LO, "m0", "d0").from_(inner).where(exp.Or(this=exp.column("m0"), expression=is_due))
    return replace(compiled, tree=tree)


def _tables(scope: Scope, reads_profiles: bool) -> dict[str, tuple[tuple[str, ...], tuple[Value, ...]]]:
    """What is read of the lake: asides name their tables; events, identifiers and people follow from what is asked."""
    columns: dict[str, dict[str, None]] = {}
    if scope.tallies or HISTORY in scope.tables:
        columns[EVENTS] = dict.fromkeys((HANGS_ON, NAME, OCCURRED)) | scope.event_columns
        columns[IDENTIFIERS] = dict.fromkeys(("id", HI, LO, SHARED))
    if reads_profiles:
        columns[PROFILES] = dict.fromkeys((HI, LO, SHARED))
    if scope.computed.facets:
        columns[COMPUTED] = dict.fromkeys((HI, LO))
    for name, asked in scope.tables.items():
        if name not in GIVEN and name != HISTORY:
            columns[name] = columns.get(name, {}) | asked
    values = {
        EVENTS: scope.properties.values(),
        PROFILES: scope.traits.values(),
        COMPUTED: scope.computed.values(),
    }
    return {name: (tuple(asked), values.get(name, ())) for name, asked in columns.items()}


def _people(scope: Scope, reads_profiles: bool, only_doers: bool) -> exp.Select:
    """FROM: whose answers there are, with all that is known of each beside them."""
    tallies = exp.to_table(TALLIES, alias=TALLY)
    if not reads_profiles:
        return exp.select(exp.column(HI, table=TALLY), exp.column(LO, table=TALLY)).from_(tallies)
    profiles = exp.to_table(PROFILES, alias=PROFILE)
    found = exp.select(exp.column(HI, table=PROFILE), exp.column(LO, table=PROFILE)).from_(profiles)
    found = found.where(sql.no(exp.column(SHARED, table=PROFILE)))
    if scope.tallies:
        found = found.join(tallies, on=_same(PROFILE, TALLY), join_type="inner" if only_doers else "left")
    if scope.computed.facets:
        found = found.join(exp.to_table(COMPUTED, alias=OWN), on=_same(PROFILE, OWN), join_type="left")
    for name, _ in scope.asides.values():
        found = found.join(exp.to_table(name), on=_same(PROFILE, name), join_type="left")
    return found


def _same(one: str, other: str) -> exp.Expression:
    """Of one profile."""
    return sql.both([exp.column(key, table=one).eq(exp.column(key, table=other)) for key in (HI, LO)])


def _ctes(scope: Scope) -> Iterator[tuple[str, exp.Select]]:
    """The statement's own tables. Events are named only where several read them: a name may cost an engine a copy."""
    flagged = _flagged(scope).subquery(EACH, copy=False)
    if HISTORY in scope.tables:
        yield FLAGGED, _flagged(scope)
        yield HISTORY, _history(scope)
        flagged = exp.select("*").from_(FLAGGED).subquery(EACH, copy=False)
    if scope.tallies:
        yield TALLIES, _by_profile(scope, flagged)
    yield from scope.asides.values()


def _history(scope: Scope) -> exp.Select:
    """Every flagged event with whose it is."""
    keys = [exp.column(key, table=PERSON) for key in (HI, LO)]
    kept = [OCCURRED, *(name for name, _ in (*scope.flags.values(), *scope.values.values()))]
    same = exp.column(HANGS_ON, table=EACH).eq(exp.column("id", table=PERSON))
    return (
        exp.select(*keys, *(exp.column(name, table=EACH) for name in kept))
        .from_(exp.to_table(FLAGGED, alias=EACH))
        .join(exp.to_table(IDENTIFIERS, alias=PERSON), on=same)
        .where(sql.no(exp.column(SHARED, table=PERSON)))
    )


def _by_profile(scope: Scope, flagged: exp.Subquery) -> exp.Select:
    columns = [exp.column(key, table=PERSON) for key in (HI, LO)]
    sums = [
        exp.alias_(SUMS[tally.function](this=exp.column(name, table="s")), name)
        for tally, name in scope.tallies.items()
    ]
    same = exp.column(HANGS_ON, table="s").eq(exp.column("id", table=PERSON))
    return (
        exp.select(*columns, *sums)
        .from_(_by_identifier(scope, flagged).subquery("s", copy=False), copy=False)
        .join(exp.to_table(IDENTIFIERS, alias=PERSON), on=same, copy=False)
        .where(sql.no(exp.column(SHARED, table=PERSON)), copy=False)
        .group_by(*(column.copy() for column in columns))
    )


def _by_identifier(scope: Scope, flagged: exp.Subquery) -> exp.Select:
    key = exp.column(HANGS_ON, table=EACH)
    filtered = len(scope.flags) > 1
    aggregates = [exp.alias_(_aggregate(tally, filtered=filtered), name) for tally, name in scope.tallies.items()]
    return exp.select(key, *aggregates).from_(flagged, copy=False).group_by(key.copy(), copy=False)


def _flagged(scope: Scope) -> exp.Select:
    columns = [exp.column(name, table=EVENT) for name in (HANGS_ON, OCCURRED)]
    made = (exp.alias_(each, name) for name, each in (*scope.flags.values(), *scope.values.values()))
    found = exp.select(*columns, *made).from_(exp.to_table(EVENTS, alias=EVENT))
    if len(scope.flags) > MOST_NARROWED or not scope.flags:
        return found
    return found.where(*sql.any_holds([flag for _, flag in scope.flags.values()]))


def _aggregate(tally: Tally, *, filtered: bool) -> exp.Expression:
    value = exp.Star() if tally.value == "*" else exp.column(tally.value, table=EACH)
    aggregate = tally.function(this=value)
    if not filtered:
        return aggregate
    return exp.Filter(this=aggregate, expression=exp.Where(this=exp.column(tally.flag, table=EACH)))
