"""Computed traits as statements over the lake: one definition's value of everybody, equal to what is computed of one.

The meaning is `people.figures.compute`; tests hold both equal. Of somebody of whom the definition never had a fact
nothing is said. Of others plain counts and sums are 0 where nothing is left in the window. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlglot import exp

from lake.contracts import Ask, Facet
from people import figures
from people.figures import EVENTS, ORDERS, SESSIONS, Definition, Held
from segments.rules import sql
from segments.rules.conditions import Condition
from segments.rules.facts import DAY_US
from segments.rules.scope import HI, LO, Asked
from segments.rules.values import comparable

NOW, SINCE = "now_us", "since_us"
AMOUNTS = frozenset({"net_revenue", "revenue", "refunded"})
TEXTS = frozenset({"order_id", "currency", "country", "status"})
ZEROED = frozenset({figures.COUNT, figures.SUM, figures.DISTINCT})
EXTREMES: Mapping[str, type[exp.Sum] | type[exp.Min] | type[exp.Max]] = {
    figures.SUM: exp.Sum,
    figures.MINIMUM: exp.Min,
    figures.MAXIMUM: exp.Max,
}
FACT, OWNER = "f", "i"
PREFIX = "computed."


class NotForEverybody(ValueError):
    """The definition cannot be asked of the lake; the text says why, for whoever looks at it in the admin."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledTrait:
    """`tree` answers a row a person (and currency): profile_hi, profile_lo, maybe `currency`, then the value's columns.

    These are `value` (a number), `at` (µs), `total` and `count` of an average, or `number`, `text`, `flag` of a value
    that may be any of them. Placeholders: now_us, and since_us where there is a window.
    """

    definition: Definition
    tree: exp.Select
    asks: Mapping[str, Ask]

    def values(self, now_us: int) -> dict[str, int]:
        """Of the placeholders."""
        days = self.definition.window_days
        return {NOW: now_us} | ({SINCE: now_us - days * DAY_US} if days else {})


def names_of(definition: Definition) -> str:
    """The name that rules ask; amounts by currency have the currency behind it."""
    return PREFIX + definition.name


def compile_trait(definition: Definition, now_us: int) -> CompiledTrait:
    """The definition for everybody; `now_us` bounds what is read. Raises NotForEverybody."""
    _refuse(definition)
    facts = _Facts(definition)
    tree = _valued(definition, facts)
    return CompiledTrait(definition, tree, facts.asks(now_us))


def _refuse(definition: Definition) -> None:
    if definition.kind == figures.LIST:
        raise NotForEverybody("a list has no comparison, so no rule could ask it: it is shown of one person")
    paths = [definition.path, *(name for name, _ in definition.filters)]
    if dotted := next((path for path in paths if "." in path), ""):
        raise NotForEverybody(f"{dotted} lies inside a list or an object: it is looked into of one person only")


@dataclass(slots=True)
class _Facts:
    """The facts of a definition as a subquery with whose they are, `at`, `place` (1 = newest) and what is looked at."""

    definition: Definition
    asked: Asked = field(default_factory=lambda: Asked(FACT))

    def asks(self, now_us: int) -> dict[str, Ask]:
        """What is read of the lake."""
        identifiers = Ask("identifiers", ("id", HI, LO, "is_shared"))
        if self.definition.over == ORDERS:
            columns = ("id", "identifier_id", "status", "currency", "country", "order_id", "revenue", "refunded")
            return {"facts": Ask("orders", (*columns, "placed_us")), "identifiers": identifiers}
        names = None if self.definition.kind == SESSIONS else frozenset({self.definition.event})
        since = None
        if self.definition.window_days and not _is_zeroed(self.definition):
            since = now_us - self.definition.window_days * DAY_US - 1
        plain = ("id", "identifier_id", "name", "occurred_us")
        return {"facts": Ask("events", plain, self.asked.values(), names, since), "identifiers": identifiers}

    def see(self, name: str, facet: Facet) -> exp.Expression:
        """A property of an event, or a field of an order, as this facet; NULL where it has no such reading."""
        if self.definition.over == EVENTS:
            return self.asked.column(name, facet)
        if name in AMOUNTS and facet is Facet.NUMBER:
            if name != "net_revenue":
                return exp.column(name, table=FACT)
            return exp.Sub(this=exp.column("revenue", table=FACT), expression=exp.column("refunded", table=FACT))
        if name in TEXTS and facet is Facet.TEXT:
            return exp.column(name, table=FACT)
        if name in AMOUNTS | TEXTS and facet is Facet.PRESENT:
            return exp.true()
        if name in TEXTS and facet is Facet.FOLDED:
            raise NotForEverybody(f"{name} of orders is compared as it is written: contains and starts with are not")
        kind = {Facet.NUMBER: "decimal(18, 6)", Facet.FLAG: "boolean", Facet.INSTANT: "bigint"}.get(facet, "text")
        return exp.cast(exp.null(), kind)

    @property
    def time(self) -> exp.Column:
        """When a fact was."""
        return exp.column("placed_us" if self.definition.over == ORDERS else "occurred_us", table=FACT)

    def rows(self, **columns: exp.Expression) -> exp.Select:
        """The facts with these columns; in the window alone where nothing is told of those before it."""
        conditions: list[exp.Expression] = [sql.no(exp.column("is_shared", table=OWNER))]
        if self.definition.over == ORDERS:
            bought = [exp.Literal.string(status) for status in ("placed", "refunded", "partly_refunded")]
            conditions += [
                exp.column("status", table=FACT).isin(*bought),
                sql.no(exp.Is(this=self.time, expression=exp.null())),
            ]
        elif self.definition.kind != SESSIONS:
            conditions.append(exp.column("name", table=FACT).eq(exp.Literal.string(self.definition.event)))
        conditions += [self._equals(name, value) for name, value in self.definition.filters]
        conditions += [self._meets(one) for one in self.definition.where]
        if self.definition.window_days:
            is_in: exp.Expression = exp.GTE(this=self.time, expression=exp.Placeholder(this=SINCE))
            if _is_zeroed(self.definition):
                columns["is_in"] = is_in
            else:
                conditions.append(is_in)
        elif _is_zeroed(self.definition):
            columns["is_in"] = exp.true()
        found = exp.select(*(exp.column(key, table=OWNER) for key in (HI, LO)), exp.alias_(self.time, "at"))
        return (
            found.select(*(exp.alias_(made, name) for name, made in columns.items()))
            .from_(exp.to_table("facts", alias=FACT))
            .join(exp.to_table("identifiers", alias=OWNER), on=f"{OWNER}.id = {FACT}.identifier_id")
            .where(*conditions)
        )

    def newest_first(self) -> exp.Window:
        """1 for a person's newest fact, 2 for the one before: in the order in which one person's facts are read."""
        later = exp.column("id", table=FACT)
        second = exp.column("order_id", table=FACT).asc() if self.definition.over == ORDERS else later.desc()
        keys = [exp.column(key, table=OWNER) for key in (HI, LO)]
        order = exp.Order(expressions=[self.time.desc(), second])
        return exp.Window(this=exp.RowNumber(), partition_by=keys, order=order)

    def _meets(self, one: Held) -> exp.Expression:
        if not isinstance(one, Condition):
            raise NotForEverybody(f"{one.sentence()} is no condition that segments know")
        return one.compile(lambda facet: self.see(one.name, facet))

    def _equals(self, name: str, wanted: str) -> exp.Expression:
        """Its text is this: as text, as a number written like this, as true or false."""
        same = [exp.EQ(this=self.see(name, Facet.TEXT), expression=exp.Literal.string(wanted))]
        value = comparable(wanted)
        if sql.facet_of(value or "") is Facet.NUMBER and value is not None:
            same.append(exp.EQ(this=self.see(name, Facet.NUMBER), expression=sql.literal(value)))
        if wanted in ("true", "false"):
            same.append(exp.EQ(this=self.see(name, Facet.FLAG), expression=sql.literal(wanted == "true")))
        return sql.either([sql.known(each) for each in same])


def _is_zeroed(definition: Definition) -> bool:
    """Whether it says 0 of those who have nothing in the window but had something before."""
    return definition.kind in ZEROED and not definition.by_currency


def _valued(definition: Definition, facts: _Facts) -> exp.Select:
    if definition.kind == SESSIONS:
        return _sessions(facts)
    if definition.kind in figures.NUMERIC:
        return _numeric(definition, facts)
    if definition.kind in (figures.FIRST, figures.LAST) and definition.path:
        return _edge(definition, facts)
    if definition.kind in (figures.MOST_FREQUENT, figures.DISTINCT):
        return _kinds(definition, facts)
    inner = facts.rows().subquery("x")
    at = exp.column("at", table="x")
    if definition.kind == figures.COUNT:
        one = exp.Case(ifs=[exp.If(this=exp.column("is_in", table="x"), true=sql.whole(1))], default=sql.whole(0))
        return _grouped(inner, value=exp.Sum(this=one))
    oldest = definition.kind == figures.FIRST
    return _grouped(inner, at=exp.Min(this=at) if oldest else exp.Max(this=at))


def _numeric(definition: Definition, facts: _Facts) -> exp.Select:
    columns: dict[str, exp.Expression] = {"number": facts.see(definition.path, Facet.NUMBER)}
    if definition.by_currency:
        said = exp.Nullif(this=facts.see("currency", Facet.TEXT), expression=exp.Literal.string(""))
        columns["currency"] = exp.Coalesce(this=said, expressions=[exp.Literal.string("unknown")])
    rows = facts.rows(**columns)
    number = exp.column("number", table="x")
    if _is_zeroed(definition):
        within = exp.Case(ifs=[exp.If(this=exp.column("is_in", table="x"), true=number)])
        return _grouped(rows.subquery("x"), value=sql.or_else(exp.Sum(this=within), sql.literal(Decimal(0))))
    found = _grouped(rows.subquery("x"), **_folds(definition.kind, number), by_currency=definition.by_currency)
    return found.where(sql.no(exp.Is(this=number.copy(), expression=exp.null())))


def _folds(kind: str, number: exp.Expression) -> dict[str, exp.Expression]:
    if kind == figures.AVERAGE:
        return {"total": exp.Sum(this=number), "count": exp.Count(this=exp.Star())}
    return {"value": EXTREMES[kind](this=number)}


def _edge(definition: Definition, facts: _Facts) -> exp.Select:
    """Of those facts that have a value the newest or the oldest one's."""
    rows = _with_values(definition, facts).subquery("x")
    place = exp.column("place", table="x")
    keys = [exp.column(key, table="x") for key in (HI, LO)]
    by = place.asc() if definition.kind == figures.LAST else place.desc()
    first = exp.Window(this=exp.RowNumber(), partition_by=keys, order=exp.Order(expressions=[by]))
    ranked = exp.select(*(key.copy() for key in keys), "x.number", "x.text", "x.flag", exp.alias_(first, "n"))
    ranked = ranked.from_(rows)
    return (
        exp.select(*(f"y.{name}" for name in (HI, LO, "number", "text", "flag")))
        .from_(ranked.subquery("y"))
        .where("y.n = 1")
    )


def _kinds(definition: Definition, facts: _Facts) -> exp.Select:
    """The different values: how many, or the one that came most often, of equal ones the one that came last."""
    rows = _with_values(definition, facts).subquery("x")
    keys = [exp.column(key, table="x") for key in (HI, LO)]
    values = [exp.column(name, table="x") for name in ("number", "text", "flag")]
    counted = exp.select(*keys, *values).select("COUNT(*) AS n", "MIN(x.place) AS newest").from_(rows)
    if _is_zeroed(definition):
        inside = exp.Case(ifs=[exp.If(this=exp.column("is_in", table="x"), true=sql.whole(1))], default=sql.whole(0))
        counted = counted.select(exp.alias_(exp.Max(this=inside), "inside"))
    counted = counted.group_by(*(each.copy() for each in (*keys, *values)))
    if definition.kind == figures.DISTINCT:
        return _grouped(counted.subquery("x"), value=exp.Sum(this=exp.column("inside", table="x")))
    order = exp.Order(expressions=[exp.column("n", table="z").desc(), exp.column("newest", table="z").asc()])
    keyed = [exp.column(key, table="z") for key in (HI, LO)]
    first = exp.Window(this=exp.RowNumber(), partition_by=keyed, order=order)
    ranked = exp.select(*(key.copy() for key in keyed), "z.number", "z.text", "z.flag", exp.alias_(first, "place"))
    ranked = ranked.from_(counted.subquery("z"))
    return (
        exp.select(*(f"y.{name}" for name in (HI, LO, "number", "text", "flag")))
        .from_(ranked.subquery("y"))
        .where("y.place = 1")
    )


def _with_values(definition: Definition, facts: _Facts) -> exp.Select:
    """The facts that have a value, as number, text or flag, with their place."""
    text = facts.see(definition.path, Facet.TEXT)
    columns = {
        "number": facts.see(definition.path, Facet.NUMBER),
        "text": exp.Nullif(this=text, expression=exp.Literal.string("")),
        "flag": facts.see(definition.path, Facet.FLAG),
    }
    known = [sql.no(exp.Is(this=each.copy(), expression=exp.null())) for each in columns.values()]
    return facts.rows(**columns, place=facts.newest_first()).where(sql.either(known))


def _sessions(facts: _Facts) -> exp.Select:
    """Runs: an event half an hour or more after the one before begins one."""
    rows = facts.rows().subquery("x")
    keys = [exp.column(key, table="x") for key in (HI, LO)]
    at = exp.column("at", table="x")
    before = exp.Window(this=exp.Lag(this=at), partition_by=keys, order=exp.Order(expressions=[at.asc()]))
    stepped = exp.select(*(key.copy() for key in keys), at.copy(), exp.alias_(before, "before")).from_(rows)
    gap_us = int(figures.SESSION_GAP.total_seconds()) * 1_000_000
    pause = exp.GTE(this=exp.column("at", table="x") - exp.column("before", table="x"), expression=sql.whole(gap_us))
    begins = sql.either([exp.Is(this=exp.column("before", table="x"), expression=exp.null()), pause])
    one = exp.Case(ifs=[exp.If(this=begins, true=sql.whole(1))], default=sql.whole(0))
    return _grouped(stepped.subquery("x"), value=exp.Sum(this=one))


def _grouped(rows: exp.Subquery, *, by_currency: bool = False, **folded: exp.Expression) -> exp.Select:
    names = (HI, LO, "currency") if by_currency else (HI, LO)
    keys = [exp.column(name, table="x") for name in names]
    found = exp.select(*keys, *(exp.alias_(made, name) for name, made in folded.items())).from_(rows)
    return found.group_by(*(key.copy() for key in keys))
