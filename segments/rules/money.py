"""Measures of money: over orders, each once, in one currency, less what was refunded. Pure.

A sum has each order's amount when it was placed, unless it is cancelled, and takes off each refund when it happened.
Average, least and greatest are over orders placed in the window, each less its refunds so far. `gross`: as placed,
whatever came of it. With conditions on the events, orders of which such an event of the person's tells.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from cdp.lib.values import as_text
from lake.contracts import Facet
from segments.rules import sql
from segments.rules.facts import NEVER, PersonFacts
from segments.rules.found import Found
from segments.rules.happenings import Happenings
from segments.rules.node import Mentions, Place
from segments.rules.owned import IDENTIFIER_COLUMNS, OWNER, THING, owned
from segments.rules.scope import HI, HISTORY, IDENTIFIERS, LO, ORDER_LINES, ORDERS, Scope, See

KINDS = ("sum", "avg", "min", "max")
EVENT, AMOUNTS = "Order Completed", ("revenue", "total")
WHAT = f'{", ".join(KINDS)} of {" or ".join(AMOUNTS)} over "{EVENT}"'
CANCELLED, REFUND = "cancelled", "refund"
ORDER_ID, MONEY = "order_id", "decimal(24, 6)"
AT, AMOUNT, NEXT = "at_us", "amount", "next_us"
ORDER, LINE, OWNER_ID = "o", "l", "identifier_id"
ORDER_COLUMNS = ("id", OWNER_ID, ORDER_ID, "status", "currency", "revenue", "total", "placed_us")
LINE_COLUMNS = ("order_row", "kind", "amount", "occurred_us")


@dataclass(frozen=True, slots=True)
class Orders:
    """What is measured: the kind, which orders and when, revenue or total, whether gross, and the currency."""

    kind: str
    what: Happenings
    of: str
    gross: bool
    currency: str

    @property
    def is_of_some(self) -> bool:
        """Whether only orders count that certain events tell of."""
        return bool(self.what.where or self.what.channel)

    @property
    def is_flow(self) -> bool:
        """Whether refunds stand for themselves, each at its own time."""
        return self.kind == "sum" and not self.gross


def is_money(kind: str, event: str, of: str | None) -> bool:
    """Whether such a measure is one of money."""
    return kind in KINDS and event == EVENT and of in AMOUNTS


def parse_currency(raw: object, place: Place) -> str:
    """An ISO 4217 code."""
    if raw is None:
        place.refuse(
            f'{WHAT} name the currency of the orders, as in "currency": "EUR": amounts of several cannot be added. '
            "A shop that sells in one currency names that one"
        )
    if not isinstance(raw, str) or len(raw) != 3 or not raw.isascii() or not raw.isalpha():
        place.at("currency").refuse('takes the three letters of a currency, as in "EUR"')
    return raw.upper()


def found(asked: Orders, facts: PersonFacts, now_us: int) -> Found:
    """The reference meaning."""
    amounts = []
    for at_us, amount in _entries(asked, facts, now_us):
        enters, leaves = asked.what.within.stay(at_us, facts.zone)
        if enters <= now_us < leaves:
            amounts.append(amount)
    if asked.kind == "sum":
        return Found(sum(amounts, Decimal(0)))
    if not amounts:
        return Found(None, 0)
    if asked.kind == "avg":
        return Found(sum(amounts, Decimal(0)), len(amounts))
    return Found(min(amounts) if asked.kind == "min" else max(amounts))


def steps(asked: Orders, facts: PersonFacts, now_us: int) -> list[int]:
    """The instants after now at which an order or a refund begins or ceases to count."""
    instants: list[int] = []
    for at_us, _ in _entries(asked, facts, now_us):
        stay = asked.what.within.stay(at_us, facts.zone)
        instants += stay if stay[0] < stay[1] else ()
    if not asked.gross:
        instants += [line.occurred_us for order in facts.orders for line in order.lines if line.is_refund]
    instants.append(asked.what.conditions_valid_until(facts, now_us))
    return [instant for instant in instants if now_us < instant < NEVER]


def see(asked: Orders, scope: Scope) -> See:
    """How to see it on the profile's row."""
    value = _figures(asked, scope, asked.kind if asked.kind in ("min", "max") else "sum")
    if asked.kind == "sum":
        value = sql.or_else(value, sql.literal(Decimal(0)))
    return lambda facet: sql.is_known(value) if facet is Facet.PRESENT else value.copy()


def count(asked: Orders, scope: Scope) -> exp.Expression:
    """Of an average: how many orders there are."""
    return sql.or_else(_figures(asked, scope, "count"), sql.whole(0))


def due(asked: Orders, scope: Scope) -> exp.Expression:
    """SQL of a bound on the first of `steps`, or NEVER."""
    instants = [scope.aside(("money due", asked), lambda: _dues(asked, scope))(NEXT)]
    if not asked.gross and not asked.is_flow:
        instants.append(scope.aside(("refunds due", asked), lambda: _refunds_due(asked, scope))(NEXT))
    comes = [sql.or_else(instant, sql.never()) for instant in instants]
    return sql.least([*comes, *asked.what.conditions_due(scope)]) or sql.never()


def mentions(asked: Orders) -> Mentions:
    """Orders; and the events that tell of them where those are asked for."""
    if not asked.is_of_some:
        return Mentions(orders=True)
    told = Mentions(properties=frozenset({(EVENT, ORDER_ID)}), reach_us=None, orders=True)
    return asked.what.mentions() | told


def sentence(asked: Orders) -> str:
    """What is measured, in words."""
    less = "before refunds" if asked.gross else "less refunds"
    return f"{asked.of} in {asked.currency} ({less}) of {asked.what.of_what()}{asked.what.when_and_which()}"


def _entries(asked: Orders, facts: PersonFacts, now_us: int) -> Iterator[tuple[int, Decimal]]:
    """(instant, amount) of all that is counted once its instant lies in the window."""
    wanted = _told_orders(asked, facts, now_us) if asked.is_of_some else None
    for order in facts.orders:
        if order.currency != asked.currency or (wanted is not None and order.order_id not in wanted):
            continue
        if not asked.gross and order.status == CANCELLED:
            continue
        amount = order.revenue if asked.of == "revenue" else order.total
        refunds = [line for line in order.lines if line.is_refund]
        if order.placed_us is not None and amount is not None:
            nets = asked.gross or asked.is_flow
            back = Decimal(0) if nets else sum((r.amount for r in refunds if r.occurred_us <= now_us), Decimal(0))
            yield order.placed_us, amount + back
        if asked.is_flow:
            yield from ((refund.occurred_us, refund.amount) for refund in refunds)


def _told_orders(asked: Orders, facts: PersonFacts, now_us: int) -> set[str]:
    told = (as_text(event.properties.get(ORDER_ID)) for event in asked.what.matching(facts, now_us))
    return {order_id for order_id in told if order_id is not None}


def _figures(asked: Orders, scope: Scope, column: str) -> exp.Expression:
    return scope.aside(("money", asked), lambda: _sums(asked, scope))(column)


def _sums(asked: Orders, scope: Scope) -> exp.Select:
    """A row a profile: what is counted now as columns sum, count, min and max."""
    amount = exp.column(AMOUNT, table=THING)
    columns = {"sum": exp.Sum, "count": exp.Count, "min": exp.Min, "max": exp.Max}
    figures = [exp.alias_(function(this=amount.copy()), name) for name, function in columns.items()]
    counts = asked.what.within.is_in(exp.column(AT, table=THING))
    return owned(scope, _entries_sql(asked, scope)).select(*figures, copy=False).where(counts, copy=False)


def _dues(asked: Orders, scope: Scope) -> exp.Select:
    """A row a profile: the first instant after now at which something begins or ceases to count, or NULL."""
    at, within = exp.column(AT, table=THING), asked.what.within
    instants = [(within.is_ahead(at.copy()), within.enters(at.copy()))]
    if (leaves := within.leaves(at.copy())) is not None:
        instants.append((within.is_in(at.copy()), leaves))
    next_us = exp.Min(this=sql.case(instants, exp.null()))
    return owned(scope, _entries_sql(asked, scope)).select(exp.alias_(next_us, NEXT), copy=False)


def _refunds_due(asked: Orders, scope: Scope) -> exp.Select:
    """A row a profile: when the next of its refunds that are dated in the future comes."""
    refund = exp.column(AT, table=THING)
    found = _refunds(asked, scope).where(exp.GT(this=_line("occurred_us"), expression=sql.now()))
    return owned(scope, found).select(exp.alias_(exp.Min(this=refund), NEXT), copy=False)


def _entries_sql(asked: Orders, scope: Scope) -> exp.Select:
    """SQL of `_entries`: columns identifier_id, at_us and amount."""
    if not asked.is_flow:
        return _placed(asked, scope)
    both = exp.union(_placed(asked, scope), _refunds(asked, scope), distinct=False)
    return exp.select(OWNER_ID, AT, AMOUNT).from_(both.subquery("entries"))


def _placed(asked: Orders, scope: Scope) -> exp.Select:
    orders = scope.read(ORDERS, ORDER_COLUMNS).as_(ORDER)
    amount: exp.Expression = exp.cast(_order(asked.of), MONEY)
    found = exp.select(_order(OWNER_ID), exp.alias_(_order("placed_us"), AT)).from_(orders)
    if not asked.gross and not asked.is_flow:
        amount = exp.Add(this=amount, expression=sql.or_else(exp.column("back", table="r"), sql.literal(Decimal(0))))
        back = _refunded_by_now(scope).subquery("r")
        found = found.join(back, on=_order("id").eq(exp.column("order_row", table="r")), join_type="left")
    known = [sql.is_known(_order(column)) for column in ("placed_us", asked.of)]
    return _wanted(asked, scope, found.select(exp.alias_(amount, AMOUNT)).where(*known))


def _refunds(asked: Orders, scope: Scope) -> exp.Select:
    lines = scope.read(ORDER_LINES, LINE_COLUMNS).as_(LINE)
    orders = scope.read(ORDERS, ORDER_COLUMNS).as_(ORDER)
    amount = exp.alias_(exp.cast(_line("amount"), MONEY), AMOUNT)
    found = exp.select(_order(OWNER_ID), exp.alias_(_line("occurred_us"), AT), amount).from_(lines)
    found = found.join(orders, on=_line("order_row").eq(_order("id"))).where(_line("kind").eq(sql.text(REFUND)))
    return _wanted(asked, scope, found)


def _refunded_by_now(scope: Scope) -> exp.Select:
    lines = scope.read(ORDER_LINES, LINE_COLUMNS).as_(LINE)
    has_come = exp.LTE(this=_line("occurred_us"), expression=sql.now())
    back = exp.alias_(exp.cast(exp.Sum(this=_line("amount")), MONEY), "back")
    found = exp.select(_line("order_row"), back).from_(lines).where(_line("kind").eq(sql.text(REFUND)), has_come)
    return found.group_by(_line("order_row"))


def _wanted(asked: Orders, scope: Scope, found: exp.Select) -> exp.Select:
    """Of orders in this currency, not cancelled, and told of by the events that are asked for."""
    found = found.where(_order("currency").eq(sql.text(asked.currency)))
    if not asked.gross:
        found = found.where(exp.NEQ(this=_order("status"), expression=sql.text(CANCELLED)))
    if not asked.is_of_some:
        return found
    people = scope.read(IDENTIFIERS, IDENTIFIER_COLUMNS).as_(OWNER)
    same = [exp.column(key, table=OWNER).eq(exp.column(key, table="e")) for key in (HI, LO)]
    same.append(_order(ORDER_ID).eq(exp.column(ORDER_ID, table="e")))
    found = found.join(people, on=_order(OWNER_ID).eq(exp.column("id", table=OWNER)))
    return found.join(_told(asked, scope).subquery("e"), on=exp.and_(*same))


def _told(asked: Orders, scope: Scope) -> exp.Select:
    """Each profile's orders of which such events tell, once."""
    column = scope.value(("column", ORDER_ID), lambda: scope.event_column(ORDER_ID))
    told = exp.alias_(exp.column(column), ORDER_ID)
    flag = exp.column(asked.what.matching_flag(scope))
    return exp.select(HI, LO, told).from_(scope.read(HISTORY)).where(flag).distinct()


def _order(column: str) -> exp.Column:
    return exp.column(column, table=ORDER)


def _line(column: str) -> exp.Column:
    return exp.column(column, table=LINE)
