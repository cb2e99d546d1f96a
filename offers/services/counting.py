"""Counting a use and giving it back: one statement each, so that nothing is counted by half.

Limits are not looked at: budget, code and person are counted up, and the constraint that would not hold refuses the
whole statement. Its name is the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from django.db import IntegrityError, transaction

from cdp.alarms.services import raise_alarm
from cdp.lib import bulk_sql
from cdp.outbox.services import publish
from offers.redeeming import CONSTRAINTS

LOW = Decimal("0.9")
"""A budget is low once so much of it is used."""
BUDGET_LOW = "offer_budget_low"
KEY_TAKEN = "key_taken"
_COUNT = """
WITH budget AS (
  UPDATE offers_budget SET count_used = count_used + 1,
    money_used = money_used + CASE WHEN currency <> '' AND currency = %s::text THEN %s::numeric ELSE 0 END
  WHERE offer_id = %s::bigint RETURNING count_used, count_limit, money_used, money_limit
), code AS (
  UPDATE offers_code SET uses = uses + 1 WHERE id = %s::bigint AND NOT is_void RETURNING id
), person AS (
  INSERT INTO offers_personuse AS old (offer_id, identifier_id, used, most, last_at)
  SELECT %s::bigint, %s::bigint, 1, %s::integer, %s::timestamptz WHERE %s::bigint IS NOT NULL
  ON CONFLICT (offer_id, identifier_id) DO UPDATE SET used = old.used + 1, most = EXCLUDED.most,
    last_at = greatest(old.last_at, EXCLUDED.last_at)
), redemption AS ({row})
SELECT redemption.id, budget.* FROM redemption, budget
"""
_WHERE_CODE = "WHERE %s::bigint IS NULL OR EXISTS (SELECT FROM code)"
_INSERT = f"""
  INSERT INTO offers_redemption (id, offer_id, version_id, code_id, identifier_id, state, key, order_id, money,
    currency, decision_id, reserved_at, expires_at, redeemed_at, reason)
  SELECT %s::uuid, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::text, %s::text, %s::text, %s::numeric, %s::text,
    %s::uuid, %s::timestamptz, %s::timestamptz, %s::timestamptz, '' FROM budget {_WHERE_CODE} RETURNING id"""  # noqa: S608
_UPDATE = """
  UPDATE offers_redemption SET state = 'redeemed', version_id = %s::bigint, order_id = %s::text, money = %s::numeric,
    currency = %s::text, redeemed_at = %s::timestamptz, released_at = NULL, reason = ''
  WHERE id = %s::uuid AND EXISTS (SELECT FROM budget) AND (%s::bigint IS NULL OR EXISTS (SELECT FROM code))
  RETURNING id"""
TAKE, TAKE_AGAIN = _COUNT.format(row=_INSERT), _COUNT.format(row=_UPDATE)
MORE = """
UPDATE offers_budget SET money_used = money_used + %s::numeric
WHERE offer_id = %s::bigint AND currency = %s::text AND currency <> ''
"""
LOCK_BUDGETS = "SELECT FROM offers_budget WHERE offer_id = ANY(%s::bigint[]) ORDER BY offer_id FOR UPDATE"
GIVE_BACK = """
WITH gone AS (
  UPDATE offers_redemption SET state = %s::text, released_at = %s::timestamptz, reason = %s::text
  WHERE id = ANY(%s::uuid[]) AND state IN ('reserved', 'redeemed')
  RETURNING id, offer_id, code_id, identifier_id, money, currency
), budget AS (
  UPDATE offers_budget AS b SET count_used = b.count_used - n, money_used = b.money_used - back.money
  FROM (SELECT gone.offer_id, count(*) AS n,
      coalesce(sum(gone.money) FILTER (WHERE x.currency <> '' AND gone.currency = x.currency), 0) AS money
    FROM gone JOIN offers_budget AS x ON x.offer_id = gone.offer_id GROUP BY gone.offer_id) AS back
  WHERE b.offer_id = back.offer_id
), code AS (
  UPDATE offers_code AS c SET uses = c.uses - n
  FROM (SELECT code_id, count(*) AS n FROM gone WHERE code_id IS NOT NULL GROUP BY code_id) AS back
  WHERE c.id = back.code_id
), person AS (
  UPDATE offers_personuse AS u SET used = u.used - n, last_at = coalesce((
      SELECT max(r.reserved_at) FROM offers_redemption AS r
      WHERE r.identifier_id = u.identifier_id AND r.offer_id = u.offer_id AND r.state IN ('reserved', 'redeemed')
        AND r.id NOT IN (SELECT id FROM gone)), u.last_at)
  FROM (SELECT offer_id, identifier_id, count(*) AS n FROM gone WHERE identifier_id IS NOT NULL
    GROUP BY offer_id, identifier_id) AS back
  WHERE u.offer_id = back.offer_id AND u.identifier_id = back.identifier_id
)
SELECT id FROM gone
"""
RECOUNT = """
UPDATE offers_budget AS b SET count_used = held.n, money_used = held.money
FROM (SELECT count(r.id) AS n,
    coalesce(sum(r.money) FILTER (WHERE r.currency = x.currency AND x.currency <> ''), 0) AS money
  FROM offers_budget AS x LEFT JOIN offers_redemption AS r
    ON r.offer_id = x.offer_id AND r.state IN ('reserved', 'redeemed')
  WHERE x.offer_id = %s::bigint) AS held
WHERE b.offer_id = %s::bigint
"""


@dataclass(frozen=True, slots=True)
class Use:
    """One use, ready to be counted. `most`: what is left to this identifier of the person's cap; None: no cap."""

    id: UUID
    key: str
    offer_id: int
    offer: str
    version_id: int
    code_id: int | None
    identifier_id: int | None
    most: int | None
    money: Decimal
    currency: str
    order_id: str
    decision_id: UUID | None
    expires_at: datetime | None
    is_redeemed: bool


def count(use: Use, now: datetime, *, again: bool = False) -> str:
    """Count it and store it, or nothing of it. `again`: its row is there and was given back or expired. Returns why
    not: a reason of `offers.redeeming`, KEY_TAKEN, or nothing where it was counted."""
    statement, row = (TAKE_AGAIN, _again(use, now)) if again else (TAKE, _new(use, now))
    try:
        with transaction.atomic():
            rows = bulk_sql.fetch_often(statement, [*_counters(use, now), *row])
            if not rows:
                raise _Void
    except _Void:
        return "code_void"
    except IntegrityError as error:
        return _reason(error)
    _watch(use, rows[0][1:])
    return ""


def count_more(offer_id: int, amount: Decimal, currency: str) -> str:
    """Count so much more money (or less) of a use that is counted already. Returns why not."""
    try:
        with transaction.atomic():
            bulk_sql.execute(MORE, [amount, offer_id, currency])
    except IntegrityError as error:
        return _reason(error)
    return ""


def give_back(ids: Sequence[UUID], offer_ids: Sequence[int], state: str, reason: str, now: datetime) -> list[UUID]:
    """Uses are released or have expired: each counter goes down, once, however often this is said. Which they were.

    The caller holds the rows' locks.
    """
    if not ids:
        return []
    bulk_sql.execute(LOCK_BUDGETS, [sorted(set(offer_ids))])
    return sorted(pk for (pk,) in bulk_sql.fetch(GIVE_BACK, [state, now, reason, list(ids)]))


def recount(offer_id: int) -> None:
    """Set the budget's counters from the redemptions: after its currency was changed. The caller holds its row."""
    bulk_sql.execute(RECOUNT, [offer_id, offer_id])


def is_low(used: Decimal | int, limit: Decimal | int | None) -> bool:
    """Whether nine tenths or more are used."""
    return limit is not None and used >= limit * LOW


def warn_low(offer_id: int, offer: str) -> None:
    """Tell staff that a budget is nearly used up; said again it is the same alarm."""
    message = f"The budget of the offer “{offer}” is used to nine tenths or more. Raise it, or let the offer end."
    raise_alarm(BUDGET_LOW, offer, message, link=f"/admin/offers/{offer_id}/")


class _Void(Exception):
    """The code was taken back while this waited."""


def _counters(use: Use, now: datetime) -> list[Any]:
    who = use.identifier_id
    return [use.currency, use.money, use.offer_id, use.code_id, use.offer_id, who, use.most, now, who]


def _new(use: Use, now: datetime) -> list[Any]:
    state = "redeemed" if use.is_redeemed else "reserved"
    return [
        use.id,
        use.offer_id,
        use.version_id,
        use.code_id,
        use.identifier_id,
        state,
        use.key,
        use.order_id,
        use.money,
        use.currency,
        use.decision_id,
        now,
        None if use.is_redeemed else use.expires_at,
        now if use.is_redeemed else None,
        use.code_id,
    ]


def _again(use: Use, now: datetime) -> list[Any]:
    return [use.version_id, use.order_id, use.money, use.currency, now, use.id, use.code_id]


def _reason(error: IntegrityError) -> str:
    cause = error.__cause__
    name = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
    if name is not None and name in CONSTRAINTS:
        return CONSTRAINTS[name]
    if isinstance(cause, psycopg.errors.UniqueViolation):
        return KEY_TAKEN
    raise error


def _watch(use: Use, budget: Sequence[Any]) -> None:
    """Say once that it runs low: the use that brought it there says so."""
    count_used, count_limit, money_used, money_limit = budget
    before = is_low(count_used - 1, count_limit) or is_low(money_used - use.money, money_limit)
    if not before and (is_low(count_used, count_limit) or is_low(money_used, money_limit)):
        warn_low(use.offer_id, use.offer)
        publish("offer.budget_low", {"offer_ids": [use.offer_id]})
