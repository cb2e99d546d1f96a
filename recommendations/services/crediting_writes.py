"""Credits of orders written: rows and counts change by the difference to what was there, in one transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from cdp.lib import bulk_sql
from recommendations.crediting import Credit, Source, changes
from recommendations.feedback import ORDER, Told
from recommendations.ids import AnswerId
from recommendations.queries import crediting
from recommendations.services.counting import Key, count, key_of, lock, record

DELETE = """
DELETE FROM recommendations_feedback AS f
USING unnest(%s::bytea[], %s::text[], %s::text[]) AS gone(recommendation, product_id, order_id)
WHERE f.recommendation = gone.recommendation AND f.kind = 3 AND f.product_id = gone.product_id
  AND f.order_id = gone.order_id
"""
INSERT = """
INSERT INTO recommendations_feedback (recommendation, kind, product_id, order_id, placement, variant, model_run,
  identifier_id, amount, currency, served_at, at)
SELECT recommendation, 3, product_id, order_id, placement, variant, model_run, nullif(identifier_id, 0), amount,
  currency, served_at, at
FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::numeric[],
  %s::text[], %s::timestamptz[], %s::timestamptz[])
AS new(recommendation, product_id, order_id, placement, variant, model_run, identifier_id, amount, currency, served_at,
  at)
ORDER BY recommendation, product_id, order_id
"""
UPDATE = """
UPDATE recommendations_feedback AS f SET amount = changed.amount, currency = changed.currency
FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::numeric[], %s::text[])
  AS changed(recommendation, product_id, order_id, amount, currency)
WHERE f.recommendation = changed.recommendation AND f.kind = 3 AND f.product_id = changed.product_id
  AND f.order_id = changed.order_id
"""


def write(before: Sequence[Credit], after: Sequence[Credit], buyers: Mapping[str, int]) -> None:
    """Make stored credits equal to `after`; nothing is touched where they are. `buyers`: of orders whose buyer may be
    kept. In the caller's transaction."""
    gone, new, changed = changes(before, after)
    if not (gone or new or changed):
        return
    concerned = [*gone, *new, *(one for pair in changed for one in pair)]
    locked = lock({key for one in concerned for key in _keys(one)})
    nonces = {one.source.nonce for one in concerned}
    sold_before = crediting.sold(nonces)
    record([_told(one, buyers.get(one.order_id)) for one in new])
    _write_rows(gone, new, [one for _, one in changed], buyers)
    counts, revenue = _differences(gone, new, changed)
    _count_answers(counts, {one.source.nonce: one.source for one in concerned}, sold_before, crediting.sold(nonces))
    count(locked, counts, revenue)


def _write_rows(
    gone: Sequence[Credit], new: Sequence[Credit], changed: Sequence[Credit], buyers: Mapping[str, int]
) -> None:
    if gone:
        bulk_sql.execute(DELETE, _places(gone))
    if changed:
        bulk_sql.execute(
            UPDATE, [*_places(changed), [one.amount for one in changed], [one.currency for one in changed]]
        )
    if new:
        columns: list[list[object]] = [
            *_places(new),
            [one.source.placement for one in new],
            [one.source.variant for one in new],
            [one.source.model_run for one in new],
            [buyers.get(one.order_id, 0) for one in new],
            [one.amount for one in new],
            [one.currency for one in new],
            [one.source.served_at for one in new],
            [one.at for one in new],
        ]
        bulk_sql.execute(INSERT, columns)


def _differences(
    gone: Iterable[Credit], new: Iterable[Credit], changed: Iterable[tuple[Credit, Credit]]
) -> tuple[dict[Key, Counter[str]], dict[Key, Decimal]]:
    counts: dict[Key, Counter[str]] = {}
    revenue: dict[Key, Decimal] = {}
    taken = [(-1, one) for one in gone] + [(1, one) for one in new]
    for sign, one in taken:
        counts.setdefault(key_of(_answer(one.source)), Counter())["orders"] += sign
    taken += [(-1, was) for was, _ in changed] + [(1, one) for _, one in changed]
    for sign, one in taken:
        if one.currency:
            key = key_of(_answer(one.source), one.currency)
            revenue[key] = revenue.get(key, Decimal(0)) + sign * one.amount
    return counts, revenue


def _count_answers(
    counts: dict[Key, Counter[str]],
    sources: Mapping[bytes, Source],
    before: Mapping[bytes, int],
    after: Mapping[bytes, int],
) -> None:
    """Answers that sold something now and did not before, or the other way round."""
    for nonce, source in sources.items():
        if (difference := (after.get(nonce, 0) > 0) - (before.get(nonce, 0) > 0)) != 0:
            counts.setdefault(key_of(_answer(source)), Counter())["ordered"] += difference


def _keys(one: Credit) -> set[Key]:
    """The counts, and the money where its currency is known: amounts in none add up to nothing."""
    answer = _answer(one.source)
    return {key_of(answer), key_of(answer, one.currency)}


def _places(rows: Sequence[Credit]) -> list[list[object]]:
    return [
        [one.source.nonce for one in rows],
        [one.product_id for one in rows],
        [one.order_id for one in rows],
    ]


def _told(one: Credit, identifier_id: int | None) -> Told:
    """An answer that sold something was seen."""
    return Told(_answer(one.source), ORDER, one.product_id, one.at, identifier_id, may_expose=False)


def _answer(source: Source) -> AnswerId:
    return AnswerId(
        nonce=source.nonce,
        placement=source.placement,
        variant=source.variant,
        model_run=source.model_run,
        served_at=source.served_at,
    )
