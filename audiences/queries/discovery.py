"""What groups are looked for in: figures of a sample of people, by one query of the lake; whom a rule takes in."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from django.conf import settings
from sqlglot import exp

from audiences.discovery.clustering import Numbers
from audiences.discovery.features import DAYS, DISCOUNT_DAYS, SPARSE, Feature, features_of
from audiences.models import DiscoveryRun, Proposal
from audiences.queries.asking import EVERYBODY, NOW, Question, of_everybody
from audiences.queries.rfm import settings_now
from cdp.lib.clock import to_us
from commerce.models import Order
from consent.contracts import ANALYTICS
from consent.queries import allows_each, subjects_of
from lake.contracts import Ask, Facet, Value
from lake.engines import Statement
from lake.queries.engine import engine
from segments.halves import joined
from segments.queries.everybody import members_now
from segments.rules import parse_rule, sql
from segments.rules.facts import DAY_US
from segments.rules.scope import HI, LO

SAMPLE = 20_000
"""So many people are learned from: all of them in a shop with fewer, else those with the smallest random ids."""
DRAWN = 10
"""So many times the sample are looked through at most for people who allow analytics."""
MOST_CATEGORIES, MOST_CHANNELS = 6, 3
CHUNK = 2_000
HOUR_US, EVENING = 3_600_000_000, 18
SATURDAY, THURSDAY = 5, 3  # 1 January 1970 was a Thursday
LOOKED_AT = {
    "views": "Product Viewed",
    "adds": "Product Added",
    "searches": "Products Searched",
    "opened": "Email Opened",
}
IDENTIFIERS = Ask("identifiers", ("id", HI, LO, "is_shared"))
DISCOUNT = Value("discount", frozenset({Facet.NUMBER}))
SCORED = Ask("computed", (HI, LO), tuple(
    Value(f"rfm.{name}", frozenset({Facet.NUMBER})) for name in ("recency_days", "orders", "revenue")
))  # fmt: skip


# column of a feature → what it is made of; all others are counts, 0 where there are none
MADE = {
    "recency": f"COALESCE(r.v0_number, {SPARSE:.0f})",
    "orders": "COALESCE(r.v1_number, 0)",
    "revenue": "COALESCE(r.v2_number, 0)",
    "average": "CASE WHEN r.v1_number > 0 THEN CAST(r.v2_number AS DOUBLE) / CAST(r.v1_number AS DOUBLE) ELSE 0 END",
    "evenings": "CASE WHEN o.n > 0 THEN CAST(o.evenings AS DOUBLE) / o.n ELSE 0 END",
    "weekends": "CASE WHEN o.n > 0 THEN CAST(o.weekends AS DOUBLE) / o.n ELSE 0 END",
}


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """`values`: people × features. `keys`: profile_hi and profile_lo of each. `everybody`: of how many it is a sample.

    `left_out`: those who were drawn but do not allow analytics, by the gate's reason; others were drawn for them.
    """

    features: tuple[Feature, ...]
    keys: pa.Table
    values: Numbers
    everybody: int
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """Of a rule asked of everybody: how many it takes in, and which of the sample (one truth a person)."""

    members: int
    taken: np.ndarray[tuple[int], np.dtype[np.bool_]]


def looked_at(now: datetime, report: Callable[[int, int], object], *, sample: int = SAMPLE) -> People:
    """A sample of those who did anything and allow analytics. Raises QueryError.

    It is smaller where fewer allow it, or fewer than one of `DRAWN`.
    """
    categories = _top(_categories(), now)
    channels = _top(_channels(), now, names=frozenset({"Product Viewed"}))
    features = features_of(categories, channels, settings_now().currency)
    found = of_everybody(_question(features, categories, channels, now, sample * DRAWN), now, values=_times(now)).table
    everybody = int(found["everybody"][0].as_py()) if found.num_rows else 0
    places, refused = _asked(found, now, sample, report)
    allowed = found.take(pa.array(places, pa.int64()))
    columns = [allowed[feature.column].cast(pa.float64(), safe=False).to_numpy() for feature in features]
    values = np.column_stack(columns).astype(np.float64) if allowed.num_rows else np.empty((0, len(features)))
    left_out = dict(sorted(Counter(refused.values()).items()))
    return People(features, allowed.select([HI, LO]), values, everybody, left_out)


def measured(rule: dict[str, object], keys: pa.Table, now: datetime) -> Measured:
    """The real rule asked of everybody now. Raises QueryError, and RuleError for what is no rule."""
    members = members_now(parse_rule(rule), now, limits=EVERYBODY).keys
    numbered = keys.append_column("n", pa.array(range(keys.num_rows), pa.int64()))
    both = exp.select("people.n").from_("people").join("members", using=[HI, LO])
    hits = engine().query(both, {"people": numbered, "members": members}, limits=EVERYBODY)["n"].to_numpy()
    taken = np.zeros(keys.num_rows, dtype=np.bool_)
    taken[hits] = True
    return Measured(members.num_rows, taken)


def latest_discovery() -> DiscoveryRun | None:
    """The newest search."""
    return DiscoveryRun.objects.order_by("-at", "-pk").first()


def proposals_of(run: DiscoveryRun) -> list[Proposal]:
    """Its proposals, the largest group first."""
    return list(run.proposals.order_by("number"))


def _asked(
    found: pa.Table, now: datetime, sample: int, report: Callable[[int, int], object]
) -> tuple[list[int], dict[int, str]]:
    """The first `sample` rows who allow analytics, and {row: the gate's reason} of those before who do not.

    An id without identifiers is nobody's.
    """
    ids = [joined(*key) for key in zip(found[HI].to_pylist(), found[LO].to_pylist(), strict=True)]
    allowed: list[int] = []
    refused: dict[int, str] = {}
    for start in range(0, len(ids), CHUNK):
        report(start, len(ids))
        said = _refused_of(ids[start : start + CHUNK], start, now)
        for place in range(start, min(start + CHUNK, len(ids))):
            if len(allowed) == sample:
                return allowed, refused
            if place in said:
                refused[place] = said[place]
            else:
                allowed.append(place)
    return allowed, refused


def _refused_of(ids: Sequence[UUID], start: int, now: datetime) -> dict[int, str]:
    subjects = subjects_of(ids)
    known = [place for place, one in enumerate(ids) if one in subjects]
    decisions = allows_each([subjects[ids[place]] for place in known], ANALYTICS, now)
    refused = {start + place: "nobody" for place, one in enumerate(ids) if one not in subjects}
    for place, decision in zip(known, decisions, strict=True):
        if not decision.allowed:
            refused[start + place] = decision.reason
    return refused


def _times(now: datetime) -> dict[str, int]:
    offset = now.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).utcoffset()
    now_us = to_us(now)
    return {
        "since_us": now_us - DAYS * DAY_US,
        "long_since_us": now_us - DISCOUNT_DAYS * DAY_US,
        "offset_us": round(offset.total_seconds()) * 1_000_000 if offset else 0,
    }


def _top(question: Question, now: datetime, *, names: frozenset[str] | None = None) -> list[str]:
    return [str(name) for name in of_everybody(question, now, values=_times(now)).table["name"].to_pylist()]


def _categories() -> Question:
    counted = (
        exp.select("p.category AS name", "COUNT(DISTINCT l.identifier_id) AS n")
        .from_("lines AS l")
        .join(exp.to_table("products", alias="p"), on="p.product_id = l.product_id")
        .where("l.kind = 'goods' AND p.category <> ''")
        .group_by("p.category")
    )
    asks = {"lines": _lines(), "products": Ask("products", ("product_id", "category"))}
    return Question(_most(counted, MOST_CATEGORIES), asks)


def _channels() -> Question:
    counted = (
        exp.select("e.channel AS name", "COUNT(*) AS n")
        .from_("events AS e")
        .where("e.name = 'Product Viewed' AND e.channel <> '' AND e.channel <> 'server' AND e.occurred_us > :since_us")
        .group_by("e.channel")
    )
    asks = {"events": Ask("events", ("name", "channel", "occurred_us"), (), frozenset({"Product Viewed"}))}
    return Question(_most(counted, MOST_CHANNELS), asks)


def _most(counted: exp.Select, number: int) -> Statement:
    """The names that are counted most. Sail orders by no aggregate: it is a column first."""
    most = exp.select("c.name").from_(counted.subquery("c")).order_by("c.n DESC", "c.name").limit(number)
    return Statement(most)


def _lines() -> Ask:
    return Ask("order_lines", ("order_row", "identifier_id", "kind", "product_id"))


def _question(
    features: Sequence[Feature], categories: Sequence[str], channels: Sequence[str], now: datetime, sample: int
) -> Question:
    """One row a person who did anything: their features; `everybody` says of how many."""
    behaved, ordered, bought = _behaved(channels), _ordered(), _bought(categories)
    keys = exp.union(exp.select(HI, LO).from_("behaved"), exp.select(HI, LO).from_("ordered"), distinct=True)
    columns = [f"{MADE.get(one.column) or _counted(one.column)} AS {one.column}" for one in features]
    query = exp.select(f"k.{HI}", f"k.{LO}", *columns, "COUNT(*) OVER () AS everybody").from_(keys.subquery("k"))
    for name, alias in (("behaved", "e"), ("ordered", "o"), ("bought", "b"), ("computed", "r")):
        query = query.join(
            exp.to_table(name, alias=alias), on=f"k.{HI} = {alias}.{HI} AND k.{LO} = {alias}.{LO}", join_type="left"
        )
    query = query.order_by(f"k.{LO}", f"k.{HI}").limit(sample)
    for name, inner in (("behaved", behaved), ("ordered", ordered), ("bought", bought)):
        query = query.with_(name, as_=inner)
    since = to_us(now) - DISCOUNT_DAYS * DAY_US
    events = Ask(
        "events",
        ("identifier_id", "name", "occurred_us", "channel"),
        (DISCOUNT,),
        frozenset({*LOOKED_AT.values(), "Order Completed"}),
        since,
    )
    asks = {
        "events": events,
        "identifiers": IDENTIFIERS,
        "orders": Ask("orders", ("id", "identifier_id", "status", "placed_us")),
        "lines": _lines(),
        "products": Ask("products", ("product_id", "category")),
        "computed": SCORED,
    }
    return Question(Statement(query), asks)


def _counted(column: str) -> str:
    """Lines bought by category are columns c0, c1, … of one table, all else of another."""
    table = "b" if column[0] == "c" and column[1:].isdigit() else "e"
    return f"COALESCE({table}.{column}, 0)"


def _behaved(channels: Sequence[str]) -> exp.Select:
    """Of those of the identifiers that are somebody's: events of the last 90 days by name, and discounted orders."""
    lately = "e.occurred_us > :since_us"
    counted = [
        f"SUM(CASE WHEN e.name = '{event}' AND {lately} THEN 1 ELSE 0 END) AS {column}"
        for column, event in LOOKED_AT.items()
    ]
    counted.append("SUM(CASE WHEN e.name = 'Order Completed' AND e.v0_number > 0 THEN 1 ELSE 0 END) AS discounted")
    query = exp.select(f"i.{HI}", f"i.{LO}", *counted)
    for place, channel in enumerate(channels):
        since = exp.GT(this=exp.column("occurred_us", table="e"), expression=exp.Placeholder(this="since_us"))
        on_it = exp.column("channel", table="e").eq(exp.Literal.string(channel))
        here = sql.both([exp.column("name", table="e").eq(exp.Literal.string("Product Viewed")), since, on_it])
        query = query.select(exp.alias_(_how_many(here), f"h{place}"))
    return _of_somebody(query, "events", "e").where("e.occurred_us <= :now_us AND e.occurred_us > :long_since_us")


def _ordered() -> exp.Select:
    """Orders by the company's clock: how many, in the evening, at weekends. Its present offset holds for all."""
    local = "(o.placed_us + :offset_us)"
    evening = f"({local} % {DAY_US}) >= {EVENING * HOUR_US}"
    weekend = f"((CAST(FLOOR({local} / {DAY_US}) AS BIGINT) + {THURSDAY}) % 7) >= {SATURDAY}"
    query = exp.select(
        f"i.{HI}",
        f"i.{LO}",
        "COUNT(*) AS n",
        f"SUM(CASE WHEN {evening} THEN 1 ELSE 0 END) AS evenings",
        f"SUM(CASE WHEN {weekend} THEN 1 ELSE 0 END) AS weekends",
    )
    return _of_somebody(query, "orders", "o").where(_is_bought("o"))


def _bought(categories: Sequence[str]) -> exp.Select:
    query = exp.select(f"i.{HI}", f"i.{LO}")
    for place, category in enumerate(categories):
        here = exp.column("category", table="p").eq(exp.Literal.string(category))
        query = query.select(exp.alias_(_how_many(here), f"c{place}"))
    query = _of_somebody(query, "orders", "o").join(exp.to_table("lines", alias="l"), on="l.order_row = o.id")
    query = query.join(exp.to_table("products", alias="p"), on="p.product_id = l.product_id")
    return query.where("l.kind = 'goods'").where(_is_bought("o"))


def _of_somebody(query: exp.Select, table: str, alias: str) -> exp.Select:
    found = query.from_(exp.to_table(table, alias=alias))
    found = found.join(exp.to_table("identifiers", alias="i"), on=f"i.id = {alias}.identifier_id")
    return found.where("NOT i.is_shared").group_by(f"i.{HI}", f"i.{LO}")


def _is_bought(alias: str) -> exp.Expression:
    states = [exp.Literal.string(one) for one in Order.BOUGHT]
    placed = exp.LTE(this=exp.column("placed_us", table=alias), expression=exp.Placeholder(this=NOW))
    return sql.both([exp.column("status", table=alias).isin(*states), placed])


def _how_many(condition: exp.Expression) -> exp.Expression:
    one = exp.Case(ifs=[exp.If(this=condition, true=exp.Literal.number(1))], default=exp.Literal.number(0))
    return exp.Sum(this=one)
