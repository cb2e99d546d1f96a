"""Redemptions as the ledger and programs read them, and what the ledger asks before it counts one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.money import rounded
from offers.coding import normal
from offers.models import Redemption
from offers.redeeming import Limits, NewReservation, Outcome, limits_of

OFFERS = """
SELECT o.id, o.key, o.state, o.version_id, v.terms::text, b.offer_id IS NOT NULL, coalesce(b.currency, ''),
  b.money_limit IS NOT NULL
FROM offers_offer AS o LEFT JOIN offers_offerversion AS v ON v.id = o.version_id
LEFT JOIN offers_budget AS b ON b.offer_id = o.id
WHERE o.key = ANY(%s::text[]) OR o.id = ANY(%s::bigint[]) ORDER BY o.id
"""
CODES = """
SELECT c.id, c.code, c.shown, c.offer_id, c.identifier_id, c.is_void OR NOT p.is_active,
  least(c.expires_at, p.expires_at)
FROM offers_code AS c JOIN offers_codepool AS p ON p.id = c.pool_id WHERE c.code = ANY(%s::text[])
"""
ROW = """
SELECT r.id, r.key, r.state, r.offer_id, o.key, r.code_id, coalesce(c.code, ''), coalesce(c.shown, ''), r.identifier_id,
  r.money, r.currency, r.order_id, r.expires_at, r.reason, r.decision_id
FROM offers_redemption AS r JOIN offers_offer AS o ON o.id = r.offer_id LEFT JOIN offers_code AS c ON c.id = r.code_id
WHERE {where} ORDER BY r.id {lock}
"""
BY_KEY = ROW.format(where="r.key = ANY(%s::text[])", lock="")
LOCKED = ROW.format(where="r.key = ANY(%s::text[]) OR r.id = ANY(%s::uuid[])", lock="FOR UPDATE OF r")
USES = """
SELECT offer_id, identifier_id, used, last_at FROM offers_personuse
WHERE offer_id = ANY(%s::bigint[]) AND identifier_id = ANY(%s::bigint[]) AND used > 0
"""
DIFFERENCES = """
SELECT 'budget' AS what, b.offer_id AS id FROM offers_budget AS b LEFT JOIN LATERAL (
  SELECT count(*) AS n, coalesce(sum(r.money) FILTER (WHERE r.currency = b.currency), 0) AS money
  FROM offers_redemption AS r WHERE r.offer_id = b.offer_id AND r.state IN ('reserved', 'redeemed')) AS held ON true
WHERE b.count_used <> held.n OR b.money_used <> held.money
UNION ALL
SELECT 'code', c.id FROM offers_code AS c LEFT JOIN (
  SELECT code_id, count(*) AS n FROM offers_redemption WHERE state IN ('reserved', 'redeemed') GROUP BY code_id
) AS held ON held.code_id = c.id WHERE c.uses <> coalesce(held.n, 0)
UNION ALL
SELECT 'person', u.identifier_id FROM offers_personuse AS u LEFT JOIN (
  SELECT offer_id, identifier_id, count(*) AS n FROM offers_redemption WHERE state IN ('reserved', 'redeemed')
  GROUP BY offer_id, identifier_id
) AS held USING (offer_id, identifier_id) WHERE u.used <> coalesce(held.n, 0)
"""


class KnownOffer(msgspec.Struct):
    """An offer as the ledger sees it."""

    id: int
    key: str
    state: str
    version_id: int | None
    limits: Limits
    has_budget: bool
    currency: str
    has_money_limit: bool


class KnownCode(msgspec.Struct, frozen=True):
    """A code as the ledger sees it."""

    id: int
    code: str
    shown: str
    offer_id: int
    identifier_id: int | None
    is_void: bool
    expires_at: datetime | None


class Row(msgspec.Struct, frozen=True):
    """A stored redemption."""

    id: UUID
    key: str
    state: str
    offer_id: int
    offer: str
    code_id: int | None
    code: str
    shown: str
    identifier_id: int | None
    money: Decimal
    currency: str
    order_id: str
    expires_at: datetime | None
    reason: str
    decision_id: UUID | None

    def outcome(self, *, is_new: bool = False) -> Outcome:
        """As callers are told."""
        return Outcome(
            self.state,
            self.key,
            self.reason,
            self.id,
            self.offer,
            self.shown,
            rounded(self.money, self.currency),
            self.currency,
            self.order_id,
            self.expires_at,
            is_new=is_new,
        )

    def fits(self, asked: NewReservation) -> bool:
        """Whether it is what was asked for, as far as that says."""
        return asked.offer in ("", self.offer) and normal(asked.code) in ("", self.code)


@dataclass(slots=True)
class Ground:
    """What stands in the database of what is asked: offers by key and id, codes by their normal form, redemptions by
    key."""

    offers: dict[int, KnownOffer] = field(default_factory=dict)
    by_key: dict[str, KnownOffer] = field(default_factory=dict)
    codes: dict[str, KnownCode] = field(default_factory=dict)

    def code_of(self, asked: NewReservation) -> KnownCode | None:
        """The code that is named."""
        return self.codes.get(normal(asked.code)) if asked.code else None

    def offer_of(self, asked: NewReservation) -> KnownOffer | None:
        """The offer that is named, else the code's."""
        if asked.offer:
            return self.by_key.get(asked.offer)
        code = self.code_of(asked)
        return self.offers.get(code.offer_id) if code else None


def ground_of(asked: Collection[NewReservation]) -> Ground:
    """Two statements, however many are asked."""
    ground = Ground()
    written = sorted({normal(one.code) for one in asked if one.code})
    if written:
        ground.codes = {row[1]: KnownCode(*row) for row in bulk_sql.fetch_often(CODES, [written])}
    keys = sorted({one.offer for one in asked if one.offer})
    ids = sorted({code.offer_id for code in ground.codes.values()})
    if keys or ids:
        for pk, key, state, version_id, terms, *budget in bulk_sql.fetch_often(OFFERS, [keys, ids]):
            limits = limits_of(msgspec.json.decode(terms)) if terms else Limits()
            ground.offers[pk] = ground.by_key[key] = KnownOffer(pk, key, state, version_id, limits, *budget)
    return ground


def rows_by_key(keys: Iterable[str]) -> dict[str, Row]:
    """{key: redemption} of those that exist."""
    return {row[1]: Row(*row) for row in bulk_sql.fetch_often(BY_KEY, [list(keys)])}


def rows_locked(keys: Iterable[str], ids: Iterable[UUID]) -> list[Row]:
    """Those that exist, held until the transaction ends, in the order of their ids."""
    return [Row(*row) for row in bulk_sql.fetch(LOCKED, [list(keys), list(ids)])]


def uses_of(offer_ids: Iterable[int], identifier_ids: Iterable[int]) -> dict[tuple[int, int], tuple[int, datetime]]:
    """{(offer id, identifier id): (how often, when last)} of those that used one at all."""
    rows = bulk_sql.fetch_often(USES, [sorted(set(offer_ids)), sorted(set(identifier_ids))])
    return {(offer_id, identifier_id): (used, last_at) for offer_id, identifier_id, used, last_at in rows}


def find(name: str) -> Outcome | None:
    """A redemption by its id or its key."""
    try:
        found = rows_by_id([UUID(name)])
    except ValueError:
        found = []
    found = found or list(rows_by_key([name]).values())
    return found[0].outcome() if found else None


def rows_by_id(ids: Iterable[UUID]) -> list[Row]:
    """Those that exist, in the order of their ids."""
    wanted = list(ids)
    return [Row(*row) for row in bulk_sql.fetch(ROW.format(where="r.id = ANY(%s::uuid[])", lock=""), [wanted])]


def differences() -> list[tuple[str, int]]:
    """(`budget`, `code` or `person`; id) of every counter that is not what the redemptions say: always none."""
    return [(what, pk) for what, pk in bulk_sql.fetch(DIFFERENCES)]


def redemptions_of_order(order_id: str) -> list[Outcome]:
    """What an order redeemed, and what it gave back, the first first."""
    ids = Redemption.objects.filter(order_id=order_id).order_by("reserved_at", "pk").values_list("pk", flat=True)
    found = {row.id: row.outcome() for row in rows_by_id(ids)}
    return [found[pk] for pk in ids]
