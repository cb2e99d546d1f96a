"""Orders as rewards, and what the log forgets of who refuses: consumers of order.changed and consent.changed.

An order counts once a placement, for the last decision of it that the buyer saw before, within the bandit's window or
a week. Idempotent: the conversions of an order are made to be what follows from it now, so a cancelled one takes its
reward back. `order` is the kind of these alone: nobody may tell it over HTTP.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.outbox.contracts import TopicMessage
from consent.contracts import DENIED, PERSONALIZATION, PROCESSING, WITHDRAWN, Subject
from consent.queries import allows_each
from consent.queries.entries import entry_facts
from profiles import queries as profiles
from recommendations.queries.keeping import keepable
from segments.queries.addressed import identifiers_addressed

ORDER = "order"
WINDOW_HOURS = 168  # of placements that are no bandit rewarded by orders
LONGEST_HOURS = 720
COUNTED = ("placed", "partly_refunded")
ORDERS = """
SELECT order_id, identifier_id, placed_at, greatest(revenue - refunded, 0) FROM commerce_order
WHERE order_id = ANY(%s::text[]) AND status = ANY(%s::text[]) AND placed_at IS NOT NULL AND identifier_id IS NOT NULL
"""
CREDITED = """
WITH bought AS (
  SELECT * FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[], %s::numeric[])
    AS b(order_id, identifier_id, placed_at, value)
)
SELECT DISTINCT ON (b.order_id, v.placement_id) d.id, b.order_id, b.value, b.placed_at
FROM bought AS b
JOIN decisions_decision AS d ON d.identifier_id = b.identifier_id AND d.exposed_at <= b.placed_at
  AND d.decided_at >= b.placed_at - make_interval(hours => %s::bigint::int)
JOIN decisions_placementversion AS v ON v.id = d.version_id
WHERE b.placed_at <= d.exposed_at + make_interval(hours => CASE
  WHEN v.definition->>'by' = 'bandit' AND v.definition->'reward'->>'kind' = 'order'
  THEN coalesce((v.definition->'reward'->>'within_hours')::int, 24) ELSE %s::bigint::int END)
ORDER BY b.order_id, v.placement_id, d.exposed_at DESC, d.id
"""
TAKE_BACK = """
DELETE FROM decisions_conversion AS c WHERE c.kind = 'order' AND c.occasion = ANY(%s::text[])
  AND NOT EXISTS (SELECT 1 FROM unnest(%s::uuid[], %s::text[]) AS kept(decision_id, order_id)
    WHERE kept.decision_id = c.decision_id AND kept.order_id = c.occasion)
"""
CREDIT = """
INSERT INTO decisions_conversion AS c (decision_id, kind, occasion, value, at)
SELECT decision_id, 'order', order_id, value, at
FROM unnest(%s::uuid[], %s::text[], %s::numeric[], %s::timestamptz[]) AS one(decision_id, order_id, value, at)
ORDER BY decision_id, order_id
ON CONFLICT (decision_id, kind, occasion) DO UPDATE SET value = excluded.value, at = excluded.at, told_at = now()
WHERE (c.value, c.at) IS DISTINCT FROM (excluded.value, excluded.at)
"""
FORGET = """
UPDATE decisions_decision SET identifier_id = NULL, unit_hash = NULL, features = NULL
WHERE identifier_id = ANY(%s::bigint[])
"""


def consume_order_changed(messages: Sequence[TopicMessage]) -> None:
    """Bring the rewards of these orders up to date, in the transaction of the deliveries."""
    credit({str(each) for one in messages for each in one.payload["order_ids"]}, utc_now())


def credit(order_ids: Collection[str], now: datetime) -> int:
    """Make the conversions of these orders what they should be; how many decisions they reward."""
    if not order_ids:
        return 0
    orders = bulk_sql.fetch(ORDERS, [sorted(order_ids), list(COUNTED)])
    kin = keepable({row[1] for row in orders}, now) if orders else {}
    bought = [(order, pk, at, value) for order, who, at, value in orders for pk in kin.get(who, ())]
    columns = [list(column) for column in zip(*bought, strict=True)]
    found = bulk_sql.fetch(CREDITED, [*columns, LONGEST_HOURS * 2, WINDOW_HOURS]) if bought else []
    decisions, occasions = [row[0] for row in found], [row[1] for row in found]
    bulk_sql.execute(TAKE_BACK, [sorted(order_ids), decisions, occasions])
    if found:
        bulk_sql.execute(CREDIT, [decisions, occasions, [row[2] for row in found], [row[3] for row in found]])
    return len(found)


def consume_consent_changed(messages: Sequence[TopicMessage]) -> None:
    """Who refuses personalization stands in no log any more; what was shown and rewarded stays as counts of nobody."""
    facts = entry_facts([int(pk) for one in messages for pk in one.payload["entry_ids"]]).values()
    refusing = [
        one for one in facts if one.purpose in (PERSONALIZATION, PROCESSING) and one.state in (WITHDRAWN, DENIED)
    ]
    if refusing:
        named = {one.identifier_id for one in refusing if one.identifier_id is not None}
        hashes = {one.address_hash for one in refusing if one.address_hash is not None}
        forget_refusing(named | set(identifiers_addressed(hashes)), utc_now())


def forget_refusing(identifier_ids: Collection[int], now: datetime) -> int:
    """Take identifier, unit and features off the log rows of those among these people who refuse; how many rows."""
    known = profiles.identifier_facts(identifier_ids)
    people = profiles.identifiers_of({one.profile_id for one in known.values()})
    ids = [tuple(one.id for one in found if not one.is_shared) for found in people.values()]
    answers = allows_each([Subject(identifier_ids=one) for one in ids], PERSONALIZATION, now) if ids else []
    refusing = [pk for one, answer in zip(ids, answers, strict=True) if not answer.allowed for pk in one]
    return bulk_sql.execute(FORGET, [sorted(refusing)]) if refusing else 0
