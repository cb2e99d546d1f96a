"""Orders redeem by themselves what they name: codes, and reservations by id or order id; cancelled ones give back.

A code shared by many is believed to a server only: whoever reads a page's write key could else use up a budget with
made-up orders. A code of a pool, and a reservation's id, nobody guesses. That an order is cancelled is believed to a
server only, or codes could be used again at will. Orders placed before a pool was made redeem nothing of it. Where the
ledger refuses, the shop has given the discount nevertheless: staff are told by an alarm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from cdp.alarms.services import raise_alarm
from cdp.lib import bulk_sql
from cdp.lib.clock import utc_now
from cdp.lib.money import split
from cdp.outbox.contracts import TopicMessage
from commerce import queries as commerce
from commerce.contracts import OrderCoupons
from commerce.models import Order
from offers.coding import several
from offers.redeeming import REASONS, NewReservation, Outcome, Redeeming, Releasing
from offers.services import ledger
from profiles import queries as profiles

CANCELLED = "order_cancelled"
UNREDEEMED = "offer_order_refused"
CODES = """
SELECT c.id, c.code, c.shown, p.kind = 'shared' FROM offers_code AS c JOIN offers_codepool AS p ON p.id = c.pool_id
WHERE c.code = ANY(%s::text[]) AND p.created_at <= %s::timestamptz
"""
OF_ORDERS = """
SELECT id, order_id, code_id, state, identifier_id FROM offers_redemption
WHERE order_id = ANY(%s::text[]) AND order_id <> '' ORDER BY id
"""
NAMED = "SELECT id FROM offers_redemption WHERE id = ANY(%s::uuid[]) ORDER BY id"
WAITING = """
SELECT id, identifier_id FROM offers_redemption
WHERE code_id = %s::bigint AND state = 'reserved' AND order_id = '' ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class _Code:
    id: int
    code: str
    shown: str
    is_shared: bool


def consume_orders(messages: Sequence[TopicMessage]) -> None:
    """Redeem and give back what these orders say. Idempotent; runs inside the caller's transaction."""
    ids = sorted({str(one) for message in messages for one in message.payload["order_ids"]})
    follow_orders(ids, utc_now())


def follow_orders(order_ids: Sequence[str], now: datetime) -> list[Outcome]:
    """Bring redemptions up to date with these orders; what was asked of the ledger, with its answers."""
    orders = commerce.coupons_of_orders(order_ids)
    known: dict[str, list[tuple[UUID, int | None, str, int | None]]] = {}
    for pk, order_id, code_id, state, who in bulk_sql.fetch(OF_ORDERS, [list(order_ids)]):
        known.setdefault(order_id, []).append((pk, code_id, state, who))
    redeeming: list[Redeeming] = []
    releasing: list[Releasing] = []
    for order in orders:
        mine = known.get(order.order_id, [])
        if order.status == Order.Status.CANCELLED and order.cancel_is_trusted:
            releasing += [Releasing(id=pk, reason=CANCELLED) for pk, _, state, _ in mine if state in ledger.HOLDS]
        elif order.status in Order.BOUGHT and order.placed_at is not None:
            redeeming += _reserved_for(order, mine) + _named(order) + _coded(order, mine, order.placed_at)
    found = ledger.redeem(redeeming, now) if redeeming else []
    _tell_refused(found)
    return found + (ledger.release(releasing, now) if releasing else [])


def _reserved_for(order: OrderCoupons, mine: Sequence[tuple[UUID, int | None, str, int | None]]) -> list[Redeeming]:
    return [Redeeming(id=pk, order_id=order.order_id) for pk, _, state, _ in mine if state == "reserved"]


def _named(order: OrderCoupons) -> list[Redeeming]:
    ids = [found for name in order.redemptions if (found := _uuid(name))]
    rows = bulk_sql.fetch(NAMED, [ids]) if ids else []
    return [Redeeming(id=pk, order_id=order.order_id) for (pk,) in rows]


def _coded(
    order: OrderCoupons, mine: Sequence[tuple[UUID, int | None, str, int | None]], placed_at: datetime
) -> list[Redeeming]:
    wanted = several(order.coupon)
    rows = [_Code(*row) for row in bulk_sql.fetch(CODES, [list(wanted), placed_at])] if wanted else []
    done = {code_id for _, code_id, _, _ in mine}
    codes = [one for one in rows if one.id not in done and (order.coupon_is_trusted or not one.is_shared)]
    shares = split(order.discount or Decimal(0), [1] * len(codes), order.currency) if codes else []
    return [_use(order, code, max(share, Decimal(0)), placed_at) for code, share in zip(codes, shares, strict=True)]


def _use(order: OrderCoupons, code: _Code, share: Decimal, placed_at: datetime) -> Redeeming:
    """The reservation that waits for this code, of the order's person where it is anybody's; else a use of its own."""
    theirs = _theirs(order.identifier_id)
    for pk, who in bulk_sql.fetch(WAITING, [code.id]):
        if who in theirs or (who is None and not code.is_shared):
            return Redeeming(id=pk, order_id=order.order_id)
    new = NewReservation(
        key=f"order:{order.order_id}:{code.code}",
        code=code.shown,
        identifier_id=order.identifier_id,
        amount=share,
        currency=order.currency,
        order_id=order.order_id,
        at=placed_at,
    )
    return Redeeming(new=new, order_id=order.order_id, again=True)


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _theirs(identifier_id: int | None) -> tuple[int, ...]:
    if identifier_id is None:
        return ()
    found = profiles.persons_of([identifier_id])
    return found[identifier_id][1] if identifier_id in found else (identifier_id,)


def _tell_refused(found: Sequence[Outcome]) -> None:
    for reason in sorted({one.reason for one in found if one.is_refused and one.reason in REASONS}):
        message = f"An order used a code or a reservation that the ledger refuses. {REASONS[reason]} The shop gave the"
        raise_alarm(UNREDEEMED, reason, f"{message} discount, and it is not counted: check what the shop accepts.")
