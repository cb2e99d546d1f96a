"""What messages of a sender came to: by step, with orders that followed, and beside the holdout.

An order is credited to the last message of that sender that the buyer was given in the window before it, once. That it
followed does not say that the message caused it: only the holdout tells.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from cdp.lib import bulk_sql
from cdp.lib.hashing import address_hash
from experiments import queries as experiments
from experiments.lift import Lift, lift, sample_ratio, side
from mailing.models import Message

HANDED = list(Message.HANDED)
BOUGHT = ["placed", "refunded", "partly_refunded"]
STEPS = """
SELECT step, variant, count(*), count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'unknown'),
  count(*) FILTER (WHERE state IN ('queued', 'sending')), count(*) FILTER (WHERE state = 'suppressed'),
  count(*) FILTER (WHERE state = 'failed'), count(delivered_at), count(bounced_at), count(opened_at), count(clicked_at),
  count(unsubscribed_at), count(complained_at)
FROM mailing_message WHERE sender = %s::text AND sender_id = %s::bigint
  AND queued_at >= %s::timestamptz AND queued_at < %s::timestamptz GROUP BY 1, 2 ORDER BY min(id)
"""
REASONS = """
SELECT step, reason, count(*) FROM mailing_message WHERE sender = %s::text AND sender_id = %s::bigint
  AND queued_at >= %s::timestamptz AND queued_at < %s::timestamptz AND state IN ('suppressed', 'failed')
GROUP BY 1, 2 ORDER BY 3 DESC, 2
"""
ORDERS = """
WITH mailed AS (
  SELECT m.id, m.step, m.variant, m.sending_at, i.profile_id, m.clicked_at FROM mailing_message AS m
  JOIN profiles_identifier AS i ON i.id = m.identifier_id
  WHERE m.sender = %s::text AND m.sender_id = %s::bigint AND m.queued_at >= %s::timestamptz
    AND m.queued_at < %s::timestamptz AND m.state = ANY(%s::text[]) AND m.sending_at IS NOT NULL),
credited AS (
  SELECT DISTINCT ON (o.id) o.id, o.currency, o.revenue - coalesce(o.refunded, 0) AS net, mailed.step, mailed.variant,
    mailed.profile_id, mailed.clicked_at IS NOT NULL AND mailed.clicked_at <= o.placed_at AS clicked
  FROM mailed JOIN profiles_identifier AS i ON i.profile_id = mailed.profile_id
  JOIN commerce_order AS o ON o.identifier_id = i.id AND o.placed_at >= mailed.sending_at
    AND o.placed_at < mailed.sending_at + make_interval(days => %s::integer) AND o.status = ANY(%s::text[])
  ORDER BY o.id, mailed.sending_at DESC)
SELECT step, variant, currency, count(*), count(DISTINCT profile_id), sum(net), count(*) FILTER (WHERE clicked),
  coalesce(sum(net) FILTER (WHERE clicked), 0) FROM credited GROUP BY 1, 2, 3 ORDER BY 1, 2, 6 DESC
"""
# The same of every sender at once, its steps together.
ALL = """
SELECT sender, sender_id, count(*), count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'unknown'),
  count(*) FILTER (WHERE state IN ('queued', 'sending')), count(*) FILTER (WHERE state = 'suppressed'),
  count(*) FILTER (WHERE state = 'failed'), count(delivered_at), count(bounced_at), count(opened_at), count(clicked_at),
  count(unsubscribed_at), count(complained_at)
FROM mailing_message WHERE queued_at >= %s::timestamptz AND queued_at < %s::timestamptz GROUP BY 1, 2
"""
ADDRESSES = """
SELECT DISTINCT e.profile_id, e.value FROM unnest(%s::bigint[]) AS asked(id)
JOIN profiles_identifier AS i ON i.id = asked.id
JOIN profiles_identifier AS e ON e.profile_id = i.profile_id AND e.kind = 'email'
"""
EXPOSED = """
SELECT unit_hash, variant, exposed_at FROM experiments_exposure
WHERE experiment_id = %s::bigint AND exposed_at >= %s::timestamptz AND exposed_at < %s::timestamptz
"""
BROUGHT = """
SELECT o.currency, who.profile_id::text, sum(o.revenue - coalesce(o.refunded, 0)), count(*)
FROM unnest(%s::uuid[], %s::timestamptz[]) AS who(profile_id, since)
JOIN profiles_identifier AS i ON i.profile_id = who.profile_id
JOIN commerce_order AS o ON o.identifier_id = i.id AND o.placed_at >= who.since
  AND o.placed_at < who.since + make_interval(days => %s::integer) AND o.status = ANY(%s::text[])
GROUP BY 1, 2
"""
TREATED, HOLDOUT = "treated", "holdout"


@dataclass(frozen=True, slots=True)
class Earned:
    """Orders within the window after a message. `after_click`: those of them after the buyer clicked in it."""

    currency: str
    orders: int
    buyers: int
    revenue: Decimal
    orders_after_click: int
    revenue_after_click: Decimal


@dataclass(frozen=True, slots=True)
class StepResult:
    """Messages of one step (and variant) that were queued in the period, and what became of them until now.

    Opens and clicks are those of people; opens only of who allows them to be noticed.
    """

    step: str
    variant: str
    made: int
    sent: int
    unknown: int
    open: int
    suppressed: int
    failed: int
    delivered: int
    bounced: int
    opened: int
    clicked: int
    unsubscribed: int
    complained: int
    earned: tuple[Earned, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()

    @property
    def handed(self) -> int:
        """Given to the mail server, or perhaps."""
        return self.sent + self.unknown


@dataclass(frozen=True, slots=True)
class Beside:
    """A sender beside its holdout. `heads`: {variant: people exposed in the period}; `in_both`: people of several
    addresses that fell on both sides, left out. `lift`: in `currency`, None where too little is known.

    `ratio`: how likely so uneven a split comes by chance.
    """

    heads: Mapping[str, int]
    in_both: int
    currency: str
    lift: Lift | None
    ratio: float | None


def steps(sender: str, sender_id: int, since: datetime, until: datetime, *, window_days: int) -> list[StepResult]:
    """By step and variant, in the order in which they were first queued."""
    period = [sender, sender_id, since, until]
    earned: dict[tuple[str, str], list[Earned]] = {}
    for step, variant, *rest in bulk_sql.fetch(ORDERS, [*period, HANDED, window_days, BOUGHT]):
        earned.setdefault((step, variant), []).append(Earned(*rest))
    reasons: dict[str, list[tuple[str, int]]] = {}
    for step, reason, count in bulk_sql.fetch(REASONS, period):
        reasons.setdefault(step, []).append((reason, count))
    return [
        replace(
            StepResult(*row),
            earned=tuple(earned.get((row[0], row[1]), ())),
            reasons=tuple(reasons.get(row[0], ())),
        )
        for row in bulk_sql.fetch(STEPS, period)
    ]


def totals(since: datetime, until: datetime, *, window_days: int) -> dict[tuple[str, int], StepResult]:
    """{(sender, sender id): all of its messages of the period}, with orders; reasons and steps are left out."""
    found = {
        (sender, sender_id): StepResult("", "", *counts)
        for sender, sender_id, *counts in bulk_sql.fetch(ALL, [since, until])
    }
    return {
        key: replace(one, earned=_together(bulk_sql.fetch(ORDERS, [*key, since, until, HANDED, window_days, BOUGHT])))
        for key, one in found.items()
    }


def _together(rows: Iterable[tuple[Any, ...]]) -> tuple[Earned, ...]:
    """The steps' orders, by currency."""
    found: dict[str, Earned] = {}
    for _, _, currency, *figures in rows:
        known = found.get(currency, Earned(currency, 0, 0, Decimal(0), 0, Decimal(0)))
        sums = [a + b for a, b in zip(dataclasses.astuple(known)[1:], figures, strict=True)]
        found[currency] = Earned(currency, *sums)
    return tuple(found.values())


def beside_holdout(
    experiment_key: str, identifier_ids: Collection[int], since: datetime, until: datetime, *, window_days: int
) -> Beside | None:
    """Money a person within the window after they would have been written to first, treated against held out.

    `identifier_ids`: of everybody who may have been exposed. Everybody counts where they were assigned, mailed or not.
    None where there is no such experiment or nobody met it in the period.
    """
    facts = experiments.experiment_now(experiment_key)
    if facts is None:
        return None
    exposed = {bytes(unit): (variant, at) for unit, variant, at in bulk_sql.fetch(EXPOSED, [facts.id, since, until])}
    if not exposed:
        return None
    people, in_both = _people(exposed, identifier_ids)
    heads = {name: sum(variant == name for variant, _ in people.values()) for name, _ in facts.variants}
    currency, brought = _brought(people, window_days)
    sides = {
        name: side(heads.get(name, 0), [money for one, money in brought.items() if people[one][0] == name])
        for name in (TREATED, HOLDOUT)
    }
    ratio = sample_ratio(heads, dict(facts.variants))
    return Beside(heads, in_both, currency, lift(sides[TREATED], sides[HOLDOUT]), ratio)


def _people(
    exposed: Mapping[bytes, tuple[str, datetime]], identifier_ids: Collection[int]
) -> tuple[dict[str, tuple[str, datetime]], int]:
    """{profile id: (variant, when first)}, and how many stood on both sides."""
    found: dict[str, tuple[str, datetime]] = {}
    both: set[str] = set()
    for profile_id, address in bulk_sql.fetch(ADDRESSES, [list(identifier_ids)]):
        met = exposed.get(experiments.unit_hash(address_hash(address)))
        if met is None:
            continue
        known = found.get(str(profile_id))
        if known is not None and known[0] != met[0]:
            both.add(str(profile_id))
        if known is None or met[1] < known[1]:
            found[str(profile_id)] = met
    return {one: met for one, met in found.items() if one not in both}, len(both)


def _brought(people: Mapping[str, tuple[str, datetime]], window_days: int) -> tuple[str, dict[str, float]]:
    """The currency most of them bought in, and {profile id: money in it}."""
    ids = list(people)
    rows = bulk_sql.fetch(BROUGHT, [ids, [people[one][1] for one in ids], window_days, BOUGHT])
    orders: dict[str, int] = {}
    money: dict[str, dict[str, float]] = {}
    for currency, profile_id, net, count in rows:
        orders[currency] = orders.get(currency, 0) + count
        money.setdefault(currency, {})[profile_id] = float(net)
    usual = max(orders, key=lambda each: (orders[each], each), default="")
    return usual, money.get(usual, {})


def windows_over(until: datetime, window_days: int, now: datetime) -> bool:
    """Whether everything that can still be credited has happened."""
    return until + timedelta(days=window_days) <= now
