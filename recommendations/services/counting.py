"""Feedback written once, and counted once: rows that are new, and what they add to the counts, in one transaction.

The counts of an answer's placement and day are locked before its rows are written, in one order, so that of two that
tell of one answer at once the later sees what the first wrote.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from cdp.lib import bulk_sql
from recommendations.feedback import ADD, CLICK, IMPRESSION, ORDER, Told
from recommendations.ids import AnswerId
from recommendations.services import holdouts

LOCK = """
SELECT e.id, e.day, e.placement, e.variant, e.model_run, e.currency FROM recommendations_earning AS e
JOIN unnest(%s::date[], %s::text[], %s::text[], %s::bigint[], %s::text[])
  AS asked(day, placement, variant, model_run, currency)
  ON e.day = asked.day AND e.placement = asked.placement AND e.variant = asked.variant
  AND e.model_run = asked.model_run AND e.currency = asked.currency
ORDER BY e.day, e.placement, e.variant, e.model_run, e.currency FOR UPDATE OF e
"""
MAKE = """
INSERT INTO recommendations_earning
  (day, placement, variant, model_run, currency, answers, impressions, clicks, adds, orders, revenue)
SELECT day, placement, variant, model_run, currency, 0, 0, 0, 0, 0, 0
FROM unnest(%s::date[], %s::text[], %s::text[], %s::bigint[], %s::text[])
  AS asked(day, placement, variant, model_run, currency)
ORDER BY day, placement, variant, model_run, currency ON CONFLICT DO NOTHING
"""
INSERT = """
WITH told AS (
  SELECT * FROM unnest(%s::bytea[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
    %s::timestamptz[], %s::timestamptz[])
  AS t(recommendation, kind, product_id, placement, variant, model_run, identifier_id, served_at, at)
), new AS (
  INSERT INTO recommendations_feedback (recommendation, kind, product_id, order_id, placement, variant, model_run,
    identifier_id, currency, served_at, at)
  SELECT recommendation, kind, product_id, '', placement, variant, model_run, nullif(identifier_id, 0), '',
    served_at, at
  FROM told ORDER BY recommendation, kind, product_id
  ON CONFLICT (recommendation, kind, product_id, order_id) DO NOTHING
  RETURNING recommendation, kind, product_id
)
SELECT new.recommendation, new.kind, new.product_id, EXISTS (
  SELECT FROM recommendations_feedback AS old
  WHERE old.recommendation = new.recommendation AND old.kind = new.kind)
FROM new
"""
COUNT = """
UPDATE recommendations_earning AS e SET answers = e.answers + c.answers, clicked = e.clicked + c.clicked,
  added = e.added + c.added, ordered = e.ordered + c.ordered, impressions = e.impressions + c.impressions,
  clicks = e.clicks + c.clicks, adds = e.adds + c.adds, orders = e.orders + c.orders, revenue = e.revenue + c.revenue
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
  %s::bigint[], %s::bigint[], %s::numeric[])
  AS c(id, answers, clicked, added, ordered, impressions, clicks, adds, orders, revenue)
WHERE e.id = c.id
"""
SHOW = """
INSERT INTO recommendations_shownproduct AS shown (day, product_id, impressions, clicks)
SELECT * FROM unnest(%s::date[], %s::text[], %s::bigint[], %s::bigint[]) AS c(day, product_id, impressions, clicks)
WHERE EXISTS (SELECT FROM commerce_product AS p WHERE p.product_id = c.product_id)
ORDER BY day, product_id
ON CONFLICT (day, product_id) DO UPDATE SET
  impressions = shown.impressions + excluded.impressions, clicks = shown.clicks + excluded.clicks
"""
OF_KIND = {IMPRESSION: ("impressions", "answers"), CLICK: ("clicks", "clicked"), ADD: ("adds", "added")}
COUNTED = ("answers", "clicked", "added", "ordered", "impressions", "clicks", "adds", "orders")


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Which counts: one row of them. Without a currency it holds the counts, with one the money."""

    day: date
    placement: str
    variant: str
    model_run: int
    currency: str = ""


def key_of(answer: AnswerId, currency: str = "") -> Key:
    """Under which counts an answer stands: the day it was given, in the company's zone."""
    day = answer.served_at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()
    return Key(day, answer.placement, answer.variant, answer.model_run, currency)


@transaction.atomic
def record(told: Collection[Told]) -> int:
    """Write what is new of this and count it; how much that was, without the impressions that clicks and additions
    imply. Idempotent; joins the caller's transaction."""
    rows = _rows(told)
    if not rows:
        return 0
    by_nonce = {one.answer.nonce: one.answer for one in rows}
    locked = lock({key_of(answer) for answer in by_nonce.values()})
    new = _insert(rows)
    counts: dict[Key, Counter[str]] = {}
    shown: dict[tuple[date, str], Counter[int]] = {}
    met: set[tuple[bytes, int]] = set()
    for nonce, kind, product_id, was_before in new:
        key = key_of(by_nonce[nonce])
        of_products, of_answers = OF_KIND[kind]
        counted = counts.setdefault(key, Counter())
        counted[of_products] += product_id != ""
        if not was_before and (nonce, kind) not in met:
            met.add((nonce, kind))
            counted[of_answers] += 1
        if product_id and kind != ADD:
            shown.setdefault((key.day, product_id), Counter())[kind] += 1
    count(locked, counts, {})
    show(shown)
    holdouts.expose((one.answer, one.at) for one in rows if one.may_expose)
    asked = {(one.answer.nonce, one.kind, one.product_id) for one in told}
    return sum((nonce, kind, product_id) in asked for nonce, kind, product_id, _ in new)


def lock(keys: Collection[Key]) -> dict[Key, int]:
    """Lock the counts of these keys, made where they are missing, until the transaction ends; {key: id of its row}."""
    found = _lock(keys)
    if missing := keys - found.keys():
        bulk_sql.execute(MAKE, _columns(sorted(missing)))
        found = _lock(keys)
    return found


def count(locked: Mapping[Key, int], counts: Mapping[Key, Counter[str]], revenue: Mapping[Key, Decimal]) -> None:
    """Add these to counts that are locked."""
    keys = sorted({key for key in (*counts, *revenue) if any(counts.get(key, {}).values()) or revenue.get(key)})
    if not keys:
        return
    columns: list[list[object]] = [[locked[key] for key in keys]]
    columns += [[counts.get(key, Counter())[name] for key in keys] for name in COUNTED]
    columns.append([revenue.get(key, Decimal(0)) for key in keys])
    bulk_sql.execute(COUNT, columns)


def show(shown: Mapping[tuple[date, str], Counter[int]]) -> None:
    """Add to how often products were seen and clicked; the last rows that are locked. Only of the catalog's: anybody
    may ask for search results of made-up names, and these counts stay for ever."""
    keys = sorted(shown)
    if keys:
        days, products = [day for day, _ in keys], [product_id for _, product_id in keys]
        counts = [[shown[key][kind] for key in keys] for kind in (IMPRESSION, CLICK)]
        bulk_sql.execute(SHOW, [days, products, *counts])


def _rows(told: Iterable[Told]) -> list[Told]:
    """One a key of the table. What was clicked or added was seen: so shares of answers never pass 1."""
    found: dict[tuple[bytes, int, str], Told] = {}
    for one in told:
        found.setdefault((one.answer.nonce, one.kind, one.product_id), one)
        if one.kind in (CLICK, ADD, ORDER):
            seen = one.product_id if one.answer.showed(one.product_id) else ""
            implied = Told(one.answer, IMPRESSION, seen, one.at, one.identifier_id, one.may_expose)
            found.setdefault((one.answer.nonce, IMPRESSION, seen), implied)
    return [one for one in found.values() if one.kind != ORDER]


def _insert(rows: Sequence[Told]) -> list[tuple[bytes, int, str, bool]]:
    columns: list[list[object]] = [
        [one.answer.nonce for one in rows],
        [one.kind for one in rows],
        [one.product_id for one in rows],
        [one.answer.placement for one in rows],
        [one.answer.variant for one in rows],
        [one.answer.model_run for one in rows],
        [one.identifier_id or 0 for one in rows],
        [one.answer.served_at for one in rows],
        [one.at for one in rows],
    ]
    found = bulk_sql.fetch(INSERT, columns)
    return [(bytes(nonce), int(kind), str(product_id), bool(before)) for nonce, kind, product_id, before in found]


def _lock(keys: Iterable[Key]) -> dict[Key, int]:
    rows = bulk_sql.fetch(LOCK, _columns(sorted(keys)))
    return {Key(*values): pk for pk, *values in rows}


def _columns(keys: Sequence[Key]) -> list[list[object]]:
    return [
        [key.day for key in keys],
        [key.placement for key in keys],
        [key.variant for key in keys],
        [key.model_run for key in keys],
        [key.currency for key in keys],
    ]
