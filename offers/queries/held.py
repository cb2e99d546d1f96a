"""What a checkout has reserved already: evaluated again, it is not in its own way."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from cdp.lib import bulk_sql
from cdp.lib.money import to_minor
from offers.contracts import Use
from offers.promotions import Compiled

HELD = """
SELECT r.id::text, r.key, r.offer_id, coalesce(c.code, ''), r.identifier_id, r.money, r.currency
FROM offers_redemption AS r LEFT JOIN offers_code AS c ON c.id = r.code_id
WHERE r.state = 'reserved' AND (r.key = ANY(%s::text[]) OR r.id = ANY(%s::uuid[])) ORDER BY r.id
"""
LAST = """
SELECT offer_id, max(reserved_at) FROM offers_redemption WHERE offer_id = ANY(%s::bigint[])
  AND identifier_id = ANY(%s::bigint[]) AND state IN ('reserved', 'redeemed') AND id <> ALL(%s::uuid[])
GROUP BY offer_id
"""


@dataclass(frozen=True, slots=True)
class Held:
    """One reservation that still holds. `code` in its normal form, empty for none."""

    id: str
    key: str
    offer_id: int
    code: str
    identifier_id: int | None
    money: Decimal
    currency: str


def held_by(names: Collection[str]) -> list[Held]:
    """Reservations by id or key, in one statement; what is unknown, redeemed or given back is left out."""
    wanted = sorted(set(names))
    return [Held(*row) for row in bulk_sql.fetch(HELD, [wanted, [one for one in wanted if _is_uuid(one)]])]


def without_own_codes(held: Collection[Held], code: str, uses: int) -> int:
    """How often a code is used by others."""
    return uses - sum(one.code == code for one in held)


def without_own_budgets(offers: Sequence[Compiled], held: Collection[Held]) -> Sequence[Compiled]:
    """Offers whose budgets have what was reserved."""
    if not held:
        return offers
    return [_with_back(offer, [one for one in held if one.offer_id == offer.offer.id]) for offer in offers]


def without_own_uses(uses: dict[int, Use], held: Collection[Held], identifier_ids: Sequence[int]) -> dict[int, Use]:
    """How often somebody used offers besides, and when last."""
    own = [one for one in held if one.identifier_id in identifier_ids and one.offer_id in uses]
    if not own:
        return uses
    offer_ids = sorted({one.offer_id for one in own})
    asked = [offer_ids, list(identifier_ids), [one.id for one in own]]
    last: dict[int, datetime] = dict(bulk_sql.fetch(LAST, asked))
    found = dict(uses)
    for offer_id in offer_ids:
        use = found.pop(offer_id)
        times = use.times - sum(one.offer_id == offer_id for one in own)
        if times > 0:
            found[offer_id] = Use(times, last.get(offer_id, use.last_at))
    return found


def _with_back(offer: Compiled, own: Collection[Held]) -> Compiled:
    if not own:
        return offer
    count, money = offer.offer.count_left, offer.money_left
    if money is not None:
        money += sum(to_minor(one.money, one.currency) for one in own if one.currency == offer.budget_currency)
    return replace(
        offer, offer=replace(offer.offer, count_left=None if count is None else count + len(own)), money_left=money
    )


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
