"""What uplift is learned from: people of an experiment as they stood in the 90 days before they met it, by one
statement of the lake each for what they did, ordered and bought, and what came of it within the goal's days.

Who met two variants, or does not allow the training of models, is left out and counted.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pyarrow as pa
from sqlglot import exp

from audiences.queries.asking import Question, of_everybody
from audiences.queries.repeat import refused_training
from audiences.queries.rfm import settings_now
from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from cdp.lib.hashing import address_hash, identifier_hash
from commerce.models import Order
from consent.contracts import PERSONALIZATION
from consent.queries import allows_each, subjects_of
from experiments.metrics import CONVERSION, RATIO, Metric, MetricError, parse_metric
from experiments.models import Experiment, Exposure, UpliftRun
from experiments.queries.units import unit_hash
from experiments.uplift.frame import Column, Frame, Numbers
from experiments.uplift.specs import ExperimentSpec
from lake.contracts import Ask, Facet, Value
from lake.engines import Statement
from profiles.models import Identifier
from segments.halves import columns as halves_of
from segments.rules.facts import DAY_US
from segments.rules.scope import HI, LO

DAYS = 90
MOST_PEOPLE = 300_000
MOST_CATEGORIES = 6
CHUNK = 2_000
DID = {
    "products viewed": "Product Viewed",
    "added to cart": "Product Added",
    "searches": "Products Searched",
    "mails opened": "Email Opened",
    "mails clicked": "Email Link Clicked",
}
MET = """
SELECT profile_id, (array_agg(variant ORDER BY exposed_at))[1], min(exposed_at), min(variant) <> max(variant)
FROM (
  SELECT i.profile_id, e.variant, e.exposed_at FROM experiments_exposure AS e
  JOIN profiles_identifier AS i ON i.id = e.identifier_id AND NOT i.is_shared
  WHERE e.experiment_id = %s::bigint
  UNION ALL
  SELECT i.profile_id, e.variant, e.exposed_at FROM experiments_exposure AS e
  JOIN unnest(%s::bytea[], %s::bigint[]) AS known(unit_hash, id) ON known.unit_hash = e.unit_hash
  JOIN profiles_identifier AS i ON i.id = known.id
  WHERE e.experiment_id = %s::bigint AND e.identifier_id IS NULL
) AS met GROUP BY profile_id ORDER BY profile_id
"""
IDENTIFIERS = Ask("identifiers", ("id", HI, LO, "is_shared", "first_seen_us"))
Report = Callable[[int, int, str], object]


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """The frame of an experiment, whom it left out by reason, and the categories its features are of."""

    frame: Frame
    left_out: dict[str, int]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """People as they stand now: their ids and features. `refused`: how many were here and do not allow it."""

    ids: list[UUID]
    columns: Mapping[str, Column]
    refused: int


def log_of(experiment: Experiment, spec: ExperimentSpec, now: datetime, report: Report) -> Learned:
    """An experiment's people whose days are over, who met one side only and allow ml_training. Raises QueryError,
    MetricError."""
    metric = goal_of(spec)
    report(0, 1, "looking up who met the experiment")
    left_out: Counter[str] = Counter()
    met = _met(experiment, spec, now - timedelta(days=metric.within_days), left_out)
    refused, reasons = refused_training(
        set(met), now, lambda done, total: report(done, total, "asking who may be learned from")
    )
    left_out.update({f"gate:{reason}": count for reason, count in reasons.items()})
    ids = [one for one in met if one not in refused]
    if len(ids) > MOST_PEOPLE:
        left_out["sampled"] = len(ids) - MOST_PEOPLE
        ids = sorted(ids, key=lambda one: one.int & 0xFFFFFFFF)[:MOST_PEOPLE]
    report(0, 1, f"asking the lake what {len(ids):,} people did in the {DAYS} days before")
    categories = _categories(now)
    people = _table(ids, [met[one][1] for one in ids])
    columns = _features(people, categories, now)
    report(0, 1, "asking the lake what came of it")
    treated = np.array([met[one][0] == spec.treated for one in ids], dtype=np.bool_)
    return Learned(Frame(columns, treated, _outcome(people, metric, now)), dict(left_out), categories)


def standing_now(categories: Sequence[str], now: datetime, report: Report) -> Standing:
    """Everybody who did anything in the last 90 days and allows personalization. Raises QueryError."""
    report(0, 1, "asking the lake who was here lately")
    found = of_everybody(_lately(), now, values={"since_us": to_us(now) - DAYS * DAY_US}).table
    ids = _allowed(_ids(found), now, report)
    columns = _features(_table(ids, [now] * len(ids)), categories, now) if ids else {}
    return Standing(ids, columns, found.num_rows - len(ids))


def goal_of(spec: ExperimentSpec) -> Metric:
    """The goal. Raises MetricError for one that no single person has a value of."""
    metric = parse_metric(spec.goal)
    if metric.kind == RATIO:
        raise MetricError("$.kind", "a ratio is of everybody: choose a conversion, a count or revenue")
    return metric


def latest_runs() -> list[UpliftRun]:
    """Every comparison, the newest first, without its upload's rows."""
    return list(UpliftRun.objects.select_related("experiment").defer("upload__table").order_by("-created_at", "-pk"))


def _met(
    experiment: Experiment, spec: ExperimentSpec, until: datetime, left_out: Counter[str]
) -> dict[UUID, tuple[str, datetime]]:
    """{person: (variant, when)}; who is not used is counted."""
    hashes, ids = _by_hash(experiment)
    rows = bulk_sql.fetch(MET, [experiment.pk, hashes, ids, experiment.pk])
    found = {}
    for profile_id, variant, at, is_crossed in rows:
        if is_crossed:
            left_out["crossed"] += 1
        elif variant not in (spec.treated, spec.control):
            left_out["other variant"] += 1
        elif at > until:
            left_out["too new"] += 1
        else:
            found[profile_id] = (variant, at)
    return found


def _by_hash(experiment: Experiment) -> tuple[list[bytes], list[int]]:
    """Identifiers behind exposures that only know a hash, as mails' do: (hash, identifier) pairs."""
    bare = Exposure.objects.filter(experiment=experiment, identifier_id__isnull=True)
    wanted = {bytes(one) for one in bare.values_list("unit_hash", flat=True).iterator()}
    hashes: list[bytes] = []
    ids: list[int] = []
    if not wanted:
        return hashes, ids
    rows = Identifier.objects.filter(is_shared=False).values_list("pk", "kind", "value")
    for pk, kind, value in rows.iterator(chunk_size=10_000):
        units = [identifier_hash(kind, value), *([address_hash(value)] if kind == "email" else [])]
        for one in (unit_hash(unit) for unit in units):
            if one in wanted:
                hashes.append(one)
                ids.append(pk)
    return hashes, ids


def _allowed(ids: Sequence[UUID], now: datetime, report: Report) -> list[UUID]:
    found: list[UUID] = []
    for start in range(0, len(ids), CHUNK):
        report(start, len(ids), "asking who allows personalization")
        subjects = subjects_of(ids[start : start + CHUNK])
        known = [one for one in ids[start : start + CHUNK] if one in subjects]
        decisions = allows_each([subjects[one] for one in known], PERSONALIZATION, now)
        found += [one for one, said in zip(known, decisions, strict=True) if said.allowed]
    return found


def _ids(found: pa.Table) -> list[UUID]:
    mask = (1 << 64) - 1
    pairs = zip(found[HI].to_pylist(), found[LO].to_pylist(), strict=True)
    return sorted(UUID(int=((hi & mask) << 64) | (lo & mask)) for hi, lo in pairs)


def _table(ids: Sequence[UUID], at: Sequence[datetime]) -> pa.Table:
    hi, lo = halves_of(ids)
    numbers = pa.array(range(len(ids)), pa.int64())
    return pa.table({"n": numbers, HI: hi, LO: lo, "at_us": pa.array([to_us(one) for one in at], pa.int64())})


def _features(people: pa.Table, categories: Sequence[str], now: datetime) -> dict[str, Column]:
    since = _since(people) - DAYS * DAY_US
    did = _asked(_did(categories, since), people, now)
    ordered = _asked(_ordered(settings_now().currency), people, now)
    bought = _asked(_bought(categories), people, now)
    known = _asked(_known(), people, now)
    at = people["at_us"].to_numpy().astype(np.float64)
    found: dict[str, Column] = {
        "orders": _zero(ordered["orders"]),
        "money spent": _zero(ordered["revenue"]),
        "days since the last order": _days(at, ordered["last_us"]),
        "days known": np.nan_to_num(_days(at, known["first_us"])),
        "days with activity": _zero(did["active"]),
        "days since the last visit": _days(at, did["last_us"]),
        "on a phone": _zero(did["mobile"]),
    }
    found |= {name: _zero(did[f"d{place}"]) for place, name in enumerate(DID)}
    for place, category in enumerate(categories):
        found[f"viewed {category}"] = _zero(did[f"v{place}"])
        found[f"bought {category}"] = _zero(bought[f"c{place}"])
    return found


def _outcome(people: pa.Table, metric: Metric, now: datetime) -> Numbers:
    """What each came to within the goal's days after; nothing is 0."""
    window = metric.within_days * DAY_US
    if metric.measure.is_of_orders:
        question = _orders_after(metric, metric.currency or settings_now().currency, window)
    else:
        question = _events_after(metric, window, _since(people))
    value = _zero(_asked(question, people, now)["value"])
    if metric.kind == CONVERSION:
        return (value > 0).astype(np.float64)
    if metric.cap is None:
        return value
    cap = metric.cap.value
    if cap is None:
        some = value[value > 0]
        cap = float(np.percentile(some, metric.cap.percentile or 100)) if len(some) else 0.0
    return np.minimum(value, cap)


def _asked(question: Question, people: pa.Table, now: datetime) -> dict[str, Numbers]:
    """Columns in the order of the people; NaN for whom nothing was found."""
    found = of_everybody(question, now, beside={"exposed": people}).table
    rows = found["n"].to_numpy().astype(np.int64)
    made = {}
    for name in found.column_names:
        if name != "n":
            values = np.full(people.num_rows, np.nan)
            values[rows] = found[name].cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
            made[name] = values
    return made


def _since(people: pa.Table) -> int:
    return int(people["at_us"].to_numpy().min()) if people.num_rows else 0


def _zero(values: Numbers) -> Numbers:
    return np.nan_to_num(values, nan=0.0)


def _days(at: Numbers, then: Numbers) -> Numbers:
    return np.asarray(np.round((at - then) / DAY_US, 3), dtype=np.float64)


def _did(categories: Sequence[str], since: int) -> Question:
    columns = [
        "COUNT(DISTINCT CAST(FLOOR(e.occurred_us / 86400000000) AS BIGINT)) AS active",
        "MAX(e.occurred_us) AS last_us",
        "SUM(CASE WHEN e.channel = 'mobile' OR e.channel = 'app' THEN 1 ELSE 0 END) AS mobile",
        *(f"SUM(CASE WHEN e.name = '{name}' THEN 1 ELSE 0 END) AS d{at}" for at, name in enumerate(DID.values())),
    ]
    query = exp.select("x.n", *columns)
    for place, category in enumerate(categories):
        here = exp.column("v0_folded", table="e").eq(exp.Literal.string(category.casefold()))
        query = query.select(exp.alias_(_sum_where(here), f"v{place}"))
    query = _after_or_before(_of_people(query, "events", "e"), "e.occurred_us", before=DAYS * DAY_US)
    names = frozenset({*DID.values(), "Product Clicked", "Product List Viewed", "Order Completed", "page"})
    asked = Ask(
        "events",
        ("identifier_id", "name", "occurred_us", "channel"),
        (Value("category", frozenset({Facet.FOLDED})),),
        names,
        since,
    )
    return Question(Statement(query), {"events": asked, "identifiers": IDENTIFIERS})


def _ordered(currency: str) -> Question:
    priced = exp.column("currency", table="o").eq(exp.Literal.string(currency))
    query = exp.select("x.n", "COUNT(*) AS orders", "MAX(o.placed_us) AS last_us")
    query = query.select(exp.alias_(_sum_where(priced, "o.revenue"), "revenue"))
    query = _after_or_before(_of_people(query, "orders", "o"), "o.placed_us", before=DAYS * DAY_US)
    return Question(Statement(query.where(_is_bought())), {"orders": _orders(), "identifiers": IDENTIFIERS})


def _bought(categories: Sequence[str]) -> Question:
    query = exp.select("x.n", "COUNT(*) AS every")
    for place, category in enumerate(categories):
        here = exp.column("category", table="p").eq(exp.Literal.string(category))
        query = query.select(exp.alias_(_sum_where(here), f"c{place}"))
    query = _of_people(query, "orders", "o", more=(("lines", "l", "l.order_row = o.id"),))
    query = query.join(exp.to_table("products", alias="p"), on="p.product_id = l.product_id")
    query = _after_or_before(query, "o.placed_us", before=DAYS * DAY_US).where(_is_bought()).where("l.kind = 'goods'")
    asks = {
        "orders": _orders(),
        "identifiers": IDENTIFIERS,
        "lines": Ask("order_lines", ("order_row", "kind", "product_id")),
        "products": Ask("products", ("product_id", "category")),
    }
    return Question(Statement(query), asks)


def _known() -> Question:
    query = exp.select("x.n", "MIN(i.first_seen_us) AS first_us").from_("exposed AS x")
    query = query.join(exp.to_table("identifiers", alias="i"), on=_SAME).where("NOT i.is_shared").group_by("x.n")
    return Question(Statement(query), {"identifiers": IDENTIFIERS})


def _orders_after(metric: Metric, currency: str, window: int) -> Question:
    if metric.measure.amount:
        priced = exp.column("currency", table="o").eq(exp.Literal.string(currency))
        net = " - o.refunded" if metric.measure.amount == "revenue" else ""
        value: exp.Expression = _sum_where(priced, f"o.{metric.measure.amount}{net}")
    else:
        value = exp.Count(this=exp.Star())
    query = exp.select("x.n", exp.alias_(value, "value"))
    query = _after_or_before(_of_people(query, "orders", "o"), "o.placed_us", after=window)
    return Question(Statement(query.where(_is_bought())), {"orders": _orders(), "identifiers": IDENTIFIERS})


def _events_after(metric: Metric, window: int, since: int) -> Question:
    amount = metric.measure.amount
    value = "SUM(COALESCE(e.v0_number, 0))" if amount else "COUNT(*)"
    query = _of_people(exp.select("x.n", f"{value} AS value"), "events", "e")
    query = _after_or_before(query, "e.occurred_us", after=window)
    query = query.where(exp.column("name", table="e").eq(exp.Literal.string(metric.measure.event)))
    values = (Value(amount, frozenset({Facet.NUMBER})),) if amount else ()
    columns = ("identifier_id", "name", "occurred_us")
    asked = Ask("events", columns, values, frozenset({metric.measure.event}), since - 1)
    return Question(Statement(query), {"events": asked, "identifiers": IDENTIFIERS})


def _lately() -> Question:
    """Who did or ordered anything since :since_us."""
    did, ordered = (
        exp.select(f"i.{HI}", f"i.{LO}")
        .from_(exp.to_table(table, alias="t"))
        .join(exp.to_table("identifiers", alias="i"), on="i.id = t.identifier_id")
        .where(f"NOT i.is_shared AND t.{column} > :since_us")
        for table, column in (("events", "occurred_us"), ("orders", "placed_us"))
    )
    asks = {"events": Ask("events", ("identifier_id", "occurred_us")), "orders": _orders(), "identifiers": IDENTIFIERS}
    return Question(Statement(exp.union(did, ordered, distinct=True)), asks)


def _categories(now: datetime) -> tuple[str, ...]:
    counted = (
        exp.select("p.category AS name", "COUNT(*) AS n")
        .from_(exp.to_table("lines", alias="l"))
        .join(exp.to_table("products", alias="p"), on="p.product_id = l.product_id")
        .where("l.kind = 'goods' AND p.category <> ''")
        .group_by("p.category")
    )
    most = exp.select("c.name").from_(counted.subquery("c")).order_by("c.n DESC", "c.name").limit(MOST_CATEGORIES)
    asks = {
        "lines": Ask("order_lines", ("kind", "product_id")),
        "products": Ask("products", ("product_id", "category")),
    }
    return tuple(str(one) for one in of_everybody(Question(Statement(most), asks), now).table["name"].to_pylist())


_SAME = f"i.{HI} = x.{HI} AND i.{LO} = x.{LO}"


def _of_people(query: exp.Select, table: str, alias: str, *, more: Collection[tuple[str, str, str]] = ()) -> exp.Select:
    """Rows of the people asked about, by their place; shared identifiers are nobody's."""
    found = query.from_("exposed AS x").join(exp.to_table("identifiers", alias="i"), on=_SAME)
    found = found.join(exp.to_table(table, alias=alias), on=f"{alias}.identifier_id = i.id")
    for name, short, on in more:
        found = found.join(exp.to_table(name, alias=short), on=on)
    return found.where("NOT i.is_shared").group_by("x.n")


def _after_or_before(query: exp.Select, column: str, *, before: int = 0, after: int = 0) -> exp.Select:
    """Only what happened so long before somebody met it, or so long after."""
    if before:
        return query.where(f"{column} < x.at_us AND {column} >= x.at_us - {before}")
    return query.where(f"{column} >= x.at_us AND {column} < x.at_us + {after}")


def _orders() -> Ask:
    columns = ("id", "identifier_id", "status", "currency", "revenue", "total", "shipping", "discount", "refunded")
    return Ask("orders", (*columns, "placed_us"))


def _is_bought() -> exp.Expression:
    return exp.column("status", table="o").isin(*(exp.Literal.string(one) for one in Order.BOUGHT))


def _sum_where(condition: exp.Expression, then: str = "1") -> exp.Expression:
    told = exp.condition(then)
    return exp.Sum(this=exp.Case(ifs=[exp.If(this=condition, true=told)], default=exp.Literal.number(0)))
