"""The ledger: uses of offers are reserved, redeemed and given back, each call one transaction.

Exact however many ask at once: see `counting`. What locks is taken in this order, each sorted: rows of redemptions,
persons, budgets. A refusal is an answer with its reason, and counts nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar
from uuid import UUID

import uuid_utils.compat
from django.db import connection, transaction

from cdp.lib import bulk_sql
from cdp.lib.conflicts import retrying
from cdp.lib.money import exponent
from cdp.outbox.services import publish
from offers.queries.redemptions import (
    Ground,
    KnownCode,
    KnownOffer,
    Row,
    ground_of,
    rows_by_id,
    rows_by_key,
    rows_locked,
)
from offers.redeeming import (
    EXPIRED,
    MOST_MINUTES,
    REDEEMED,
    REFUSED,
    RELEASED,
    RESERVED,
    NewReservation,
    Outcome,
    Redeeming,
    Releasing,
)
from offers.services.counting import KEY_TAKEN, Use, count, count_more, give_back
from offers.services.persons import Persons, hold

HOLDS = (RESERVED, REDEEMED)
MOST_MONEY = Decimal(10) ** 11
MOST_DECIMALS = 3  # what is stored
CHUNK = 500  # redemptions a published topic
BUDGET_ROWS = """
INSERT INTO offers_budget (offer_id, currency) SELECT id, '' FROM unnest(%s::bigint[]) AS id ON CONFLICT DO NOTHING
"""
FIRM = """
UPDATE offers_redemption SET state = 'redeemed', redeemed_at = %s::timestamptz, money = %s::numeric,
  order_id = CASE WHEN %s::text = '' THEN order_id ELSE %s::text END WHERE id = %s::uuid
"""
Asked = TypeVar("Asked")


def reserve(asked: Sequence[NewReservation], now: datetime) -> list[Outcome]:
    """Hold each use until its time is over, in the order asked."""
    return _whole(lambda: _reserve(asked, now))


def redeem(asked: Sequence[Redeeming], now: datetime) -> list[Outcome]:
    """Each use took place. What had expired is counted anew, or refused as anything new would be."""
    return _whole(lambda: _redeem(asked, now))


def release(asked: Sequence[Releasing], now: datetime) -> list[Outcome]:
    """Give each use back; what was given back, or expired, stays so."""
    return _whole(lambda: _release(asked, now))


def tell(topic: str, ids: Iterable[UUID]) -> None:
    """Publish redemptions, in the caller's transaction."""
    ordered = sorted(str(one) for one in ids)
    for start in range(0, len(ordered), CHUNK):
        publish(topic, {"redemption_ids": ordered[start : start + CHUNK]})


def _whole(work: Callable[[], list[Outcome]]) -> list[Outcome]:
    """In one transaction; again after a conflict where that is ours to repeat."""

    def whole() -> list[Outcome]:
        with transaction.atomic():
            return work()

    return whole() if connection.in_atomic_block else retrying(whole)


def _reserve(asked: Sequence[NewReservation], now: datetime) -> list[Outcome]:
    rows = rows_by_key(one.key for one in asked)
    counting = _Counting([one for one in asked if one.key not in rows], now)
    return _in_order(asked, counting, lambda one: _reserved(one, rows, counting))


def _reserved(asked: NewReservation, rows: dict[str, Row], counting: "_Counting") -> Outcome:
    row = rows.get(asked.key)
    if row is None:
        outcome = counting.take(asked, is_redeemed=False)
        if outcome.reason != KEY_TAKEN:
            rows.update(rows_by_key([asked.key]) if not outcome.is_refused else {})
            return outcome
        row = rows_by_key([asked.key])[asked.key]
    return row.outcome() if row.fits(asked) else _refused(asked, "key_reused")


def _redeem(asked: Sequence[Redeeming], now: datetime) -> list[Outcome]:
    rows = _Rows(rows_locked([one.new.key for one in asked if one.new], [one.id for one in asked if one.id]))
    fresh = [_again(one, row) if (row := rows.of(one)) else one.new for one in asked]
    counting = _Counting([one for one in fresh if one is not None], now)
    wanted = [one or NewReservation("") for one in fresh]
    pairs = dict(zip(map(id, wanted), asked, strict=True))
    found = _in_order(wanted, counting, lambda one: _redeemed(pairs[id(one)], one, rows, counting))
    tell("offer.redeemed", [one.id for one in found if one.is_new and one.id])
    return found


def _redeemed(asked: Redeeming, wanted: NewReservation, rows: "_Rows", counting: "_Counting") -> Outcome:
    row = rows.of(asked)
    if row is None:
        if not wanted.offer and not wanted.code:
            return Outcome(REFUSED, wanted.key, "unknown", asked.id)
        order_id = asked.order_id or wanted.order_id
        outcome = counting.take(replace(wanted, order_id=order_id), is_redeemed=True)
        if outcome.reason != KEY_TAKEN:
            rows.note(outcome)
            return outcome
        row = rows.note_row(rows_locked([wanted.key], [])[0])
    if asked.new is not None and not row.fits(asked.new):
        return _refused(asked.new, "key_reused")
    if row.state == REDEEMED:
        is_same = asked.order_id in ("", row.order_id)
        return row.outcome() if is_same else _refused_row(row, "redeemed_by_another_order")
    if row.state == RESERVED:
        outcome = counting.firm(row, asked)
    elif row.state == EXPIRED or asked.again:
        outcome = counting.take(wanted, is_redeemed=True, row=row)
    else:
        outcome = _refused_row(row, "released")
    rows.note(outcome)
    return outcome


def _again(asked: Redeeming, row: Row) -> NewReservation:
    """What a row was reserved as, to be asked for anew."""
    money = row.money if asked.amount is None else asked.amount
    order_id = asked.order_id or row.order_id
    at = asked.new.at if asked.new else None
    return NewReservation(
        row.key, row.offer, row.code, row.identifier_id, money, row.currency, order_id, None, row.decision_id, at
    )


def _release(asked: Sequence[Releasing], now: datetime) -> list[Outcome]:
    held = _Rows(rows_locked([one.key for one in asked if one.key], [one.id for one in asked if one.id]))
    found: list[Outcome] = []
    gone: list[UUID] = []
    for one in asked:
        row = held.by_id.get(one.id) if one.id else held.by_key.get(one.key)
        if row is None:
            found.append(Outcome(REFUSED, one.key, "unknown", one.id))
            continue
        if row.state in HOLDS:
            gone += give_back([row.id], [row.offer_id], RELEASED, one.reason, now)
            held.note_row(rows_by_id([row.id])[0])
            found.append(held.by_id[row.id].outcome(is_new=True))
        else:
            found.append(row.outcome())
    tell("offer.released", gone)
    return found


class _Rows:
    """The redemptions a call is about, as they stand within it."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.by_id: dict[UUID, Row] = {}
        self.by_key: dict[str, Row] = {}
        for row in rows:
            self.note_row(row)

    def of(self, asked: Redeeming) -> Row | None:
        """The one that is meant."""
        if asked.id is not None:
            return self.by_id.get(asked.id)
        return self.by_key.get(asked.new.key) if asked.new else None

    def note(self, outcome: Outcome) -> None:
        """What became of one: the same asked later in this call is answered from it."""
        if outcome.id is not None and outcome.is_new:
            self.note_row(rows_by_id([outcome.id])[0])

    def note_row(self, row: Row) -> Row:
        """As it stands now."""
        self.by_id[row.id] = self.by_key[row.key] = row
        return row


class _Counting:
    """Counts the uses of one call, whose ground and persons it holds."""

    def __init__(self, asked: Sequence[NewReservation], now: datetime) -> None:
        self._now = now
        self._ground: Ground = ground_of(asked)
        if bare := [one.id for one in self._ground.offers.values() if not one.has_budget]:
            bulk_sql.execute(BUDGET_ROWS, [bare])
        self._persons = self._hold(asked)

    def order_of(self, asked: NewReservation) -> tuple[int, int]:
        """Budgets are counted in this order, whatever was asked first."""
        offer, code = self._ground.offer_of(asked), self._ground.code_of(asked)
        return (offer.id if offer else 0, code.id if code else 0)

    def take(self, asked: NewReservation, *, is_redeemed: bool, row: Row | None = None) -> Outcome:
        """Count one use. `row`: it was counted before, and given back."""
        offer, code = self._ground.offer_of(asked), self._ground.code_of(asked)
        if offer is None:
            return _refused(asked, "code_unknown" if asked.code and not code else "offer_unknown")
        if reason := self._refusal(asked, offer, code):
            return _refused(asked, reason)
        if (retry_at := self._cools_until(asked, offer)) is not None:
            return replace(_refused(asked, "cooling_off"), retry_at=retry_at)
        use = self._use(asked, offer, code, is_redeemed, row)
        if reason := count(use, self._now, again=row is not None):
            return _refused(asked, reason)
        if use.identifier_id is not None and self._persons.is_known(use.identifier_id):
            self._persons.note(offer.id, use.identifier_id, self._now)
        state = REDEEMED if is_redeemed else RESERVED
        shown = code.shown if code else ""
        return Outcome(
            state,
            use.key,
            "",
            use.id,
            offer.key,
            shown,
            use.money,
            use.currency,
            use.order_id,
            use.expires_at,
            is_new=True,
        )

    def firm(self, row: Row, asked: Redeeming) -> Outcome:
        """A reservation took place, perhaps for another amount."""
        money = row.money if asked.amount is None else _money(asked.amount, row.currency)
        if money is None:
            return _refused_row(row, "amount_unusable")
        if money != row.money and (reason := count_more(row.offer_id, money - row.money, row.currency)):
            return _refused_row(row, reason)
        bulk_sql.execute(FIRM, [self._now, money, asked.order_id, asked.order_id, row.id])
        done = row.outcome(is_new=True)
        return replace(done, state=REDEEMED, amount=money, order_id=asked.order_id or row.order_id)

    def _hold(self, asked: Sequence[NewReservation]) -> Persons:
        ids: set[int] = set()
        offers: set[int] = set()
        for one in asked:
            offer, code = self._ground.offer_of(one), self._ground.code_of(one)
            matters = offer is not None and (offer.limits.counts_people or (code and code.identifier_id is not None))
            if offer is not None and matters and one.identifier_id is not None:
                ids.add(one.identifier_id)
                offers.add(offer.id)
        return hold(ids, offers) if ids else Persons()

    def _refusal(self, asked: NewReservation, offer: KnownOffer, code: KnownCode | None) -> str:
        at = asked.at or self._now
        if offer.state != "live" or offer.version_id is None:
            return "offer_not_live"
        return (
            offer.limits.refusal(at)
            or self._refusal_of_code(asked, offer, code, at)
            or self._refusal_of_money(asked, offer)
            or (
                "person_needed"
                if offer.limits.counts_people and not self._persons.is_known(asked.identifier_id)
                else ""
            )
        )

    def _refusal_of_code(self, asked: NewReservation, offer: KnownOffer, code: KnownCode | None, at: datetime) -> str:
        if code is None:
            return "code_unknown" if asked.code else "code_needed" if offer.limits.needs_code else ""
        if code.offer_id != offer.id:
            return "code_of_another_offer"
        if code.is_void:
            return "code_void"
        if code.expires_at is not None and at >= code.expires_at:
            return "code_expired"
        who = asked.identifier_id
        mine = self._persons.members.get(who, (who,)) if who is not None else ()
        return "" if code.identifier_id is None or code.identifier_id in mine else "code_of_another"

    def _refusal_of_money(self, asked: NewReservation, offer: KnownOffer) -> str:
        currency = asked.currency.upper() or offer.currency
        if _money(asked.amount, currency) is None:
            return "amount_unusable"
        return "currency_of_another" if offer.has_money_limit and currency != offer.currency else ""

    def _cools_until(self, asked: NewReservation, offer: KnownOffer) -> datetime | None:
        if offer.limits.cool_off is None or asked.identifier_id is None:
            return None
        last = self._persons.last(offer.id, asked.identifier_id)
        until = None if last is None else last + offer.limits.cool_off
        return until if until is not None and until > self._now else None

    def _use(
        self, asked: NewReservation, offer: KnownOffer, code: KnownCode | None, is_redeemed: bool, row: Row | None
    ) -> Use:
        who, cap, currency = asked.identifier_id, offer.limits.cap, asked.currency.upper() or offer.currency
        most = None if cap is None or who is None else self._persons.left(offer.id, who, cap)
        minutes = min(max(asked.minutes or offer.limits.minutes, 1), MOST_MINUTES)
        return Use(
            id=row.id if row else uuid_utils.compat.uuid7(),
            key=asked.key,
            offer_id=offer.id,
            offer=offer.key,
            version_id=offer.version_id or 0,
            code_id=code.id if code else None,
            identifier_id=who,
            most=most,
            money=_money(asked.amount, currency) or Decimal(0),
            currency=currency,
            order_id=asked.order_id,
            decision_id=asked.decision_id,
            expires_at=None if is_redeemed else self._now + timedelta(minutes=minutes),
            is_redeemed=is_redeemed,
        )


def _in_order(
    asked: Sequence[NewReservation], counting: _Counting, work: Callable[[NewReservation], Outcome]
) -> list[Outcome]:
    """Work in the order of budgets; answer in the order asked."""
    places = sorted(range(len(asked)), key=lambda place: (counting.order_of(asked[place]), place))
    found = {place: work(asked[place]) for place in places}
    return [found[place] for place in range(len(asked))]


def _refused(asked: NewReservation, reason: str) -> Outcome:
    return Outcome(REFUSED, asked.key, reason, None, asked.offer, asked.code, order_id=asked.order_id)


def _refused_row(row: Row, reason: str) -> Outcome:
    return replace(row.outcome(), state=REFUSED, reason=reason)


def _money(amount: Decimal, currency: str) -> Decimal | None:
    """With the currency's decimals, half up; None: it cannot be one."""
    if not amount.is_finite() or not 0 <= amount < MOST_MONEY:
        return None
    return amount.quantize(Decimal(1).scaleb(-min(exponent(currency), MOST_DECIMALS)), ROUND_HALF_UP)
