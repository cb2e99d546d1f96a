"""Giving codes to people: for a mail, a journey, a decision; for the same occasion the same code, however often asked.

A pool's code is given to one person and is theirs alone; where no pool has one left, the shared code is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from cdp.lib import bulk_sql
from offers.giving import GivenCode, NotGiven
from offers.redeeming import Limits, limits_of

OFFER = """
SELECT o.id, o.key, o.name, o.state, v.terms::text FROM offers_offer AS o
LEFT JOIN offers_offerversion AS v ON v.id = o.version_id WHERE o.key = %s::text
"""
LOCK = "SELECT pg_advisory_xact_lock(%s, hashtextextended(%s::text, 0)::bit(32)::int)"
OCCASIONS = 20_912  # namespace of the lock on one occasion
BEFORE = """
SELECT c.shown, least(c.expires_at, p.expires_at) FROM offers_code AS c JOIN offers_codepool AS p ON p.id = c.pool_id
WHERE c.offer_id = %s::bigint AND c.given_for = %s::text AND c.given_for <> ''
"""
NEXT = """
UPDATE offers_code AS c SET identifier_id = %s::bigint, given_for = %s::text, given_at = %s::timestamptz,
  expires_at = least(c.expires_at, %s::timestamptz)
FROM (
  SELECT x.id, p.expires_at AS pool_ends FROM offers_codepool AS p CROSS JOIN LATERAL (
    SELECT id FROM offers_code WHERE pool_id = p.id AND uses = 0 AND identifier_id IS NULL AND NOT is_void
      AND given_for = '' AND (expires_at IS NULL OR expires_at > %s::timestamptz)
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) AS x
  WHERE p.offer_id = %s::bigint AND p.is_active AND p.kind <> 'shared'
    AND (p.expires_at IS NULL OR p.expires_at > %s::timestamptz)
  ORDER BY p.expires_at NULLS LAST, p.id LIMIT 1
) AS free WHERE c.id = free.id
RETURNING c.shown, least(c.expires_at, free.pool_ends)
"""
SHARED = """
SELECT c.shown, least(c.expires_at, p.expires_at) FROM offers_code AS c JOIN offers_codepool AS p ON p.id = c.pool_id
WHERE c.offer_id = %s::bigint AND p.kind = 'shared' AND p.is_active AND NOT c.is_void
  AND (c.most_uses IS NULL OR c.uses < c.most_uses)
  AND (least(c.expires_at, p.expires_at) IS NULL OR least(c.expires_at, p.expires_at) > %s::timestamptz)
ORDER BY c.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Giving:
    """Whom, and what for: an occasion named once and for all, as `journey:17:o1` (an enrollment's step)."""

    identifier_id: int
    given_for: str
    until: datetime | None = None


def give(
    offer_key: str, identifier_id: int, given_for: str, now: datetime, *, until: datetime | None = None
) -> GivenCode:
    """A code for somebody, for this occasion. `until`: good no longer than that. Raises NotGiven."""
    found = give_each(offer_key, [Giving(identifier_id, given_for, until)], now)[0]
    if isinstance(found, NotGiven):
        raise found
    return found


@transaction.atomic
def give_each(offer_key: str, asked: Sequence[Giving], now: datetime) -> list[GivenCode | NotGiven]:
    """`give` for many, in their order. Whoever could not be given anything is told why in their place."""
    rows = bulk_sql.fetch_often(OFFER, [offer_key])
    if not rows:
        return [NotGiven("offer_unknown") for _ in asked]
    offer_id, key, name, state, terms_text = rows[0]
    terms: dict[str, Any] = msgspec.json.decode(terms_text) if terms_text else {}
    limits = limits_of(terms)
    if reason := "offer_not_live" if state != "live" else limits.refusal(now):
        return [NotGiven(reason) for _ in asked]
    titles = {str(one): str(text) for one, text in (terms.get("titles") or {}).items()}
    found: list[GivenCode | NotGiven] = []
    for one in asked:
        code = _code(offer_id, one, limits, now)
        if code is None and limits.needs_code:
            found.append(NotGiven("no_codes_left"))
        else:
            shown, ends = code or ("", one.until)
            found.append(GivenCode(key, shown, _soonest(ends, limits.ends_at, one.until), titles, name))
    return found


def _code(offer_id: int, asked: Giving, limits: Limits, now: datetime) -> tuple[str, datetime | None] | None:
    """(as it is shown, its own end); None: the offer has none, or none is left."""
    bulk_sql.fetch_often(LOCK, [OCCASIONS, f"{offer_id}:{asked.given_for}"])
    rows = bulk_sql.fetch_often(BEFORE, [offer_id, asked.given_for])
    until = _soonest(limits.ends_at, asked.until)
    if not rows:
        who = [asked.identifier_id, asked.given_for, now, until, now, offer_id, now]
        rows = bulk_sql.fetch_often(NEXT, who) or bulk_sql.fetch_often(SHARED, [offer_id, now])
    return (rows[0][0], rows[0][1]) if rows else None


def _soonest(*ends: datetime | None) -> datetime | None:
    return min((one for one in ends if one is not None), default=None)
