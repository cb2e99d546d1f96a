"""Offers in force in process: live versions compiled, with what is left of their budgets, read every three seconds.

A version that cannot be read is left out and logged once, so that one never takes the others away.
"""

import logging
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from cdp.lib.clock import to_us
from offers.promotions import Compiled, LiveOffer, compile_offer
from offers.terms import Scope, Terms, TermsError, parse_terms
from segments.services.attached import slug_of

KEPT_S = 3.0
LIVE = """
SELECT o.id, o.key, o.name, v.number, v.id, v.terms::text, v.audience_slug, b.money_limit, b.money_used, b.count_limit,
  b.count_used
FROM offers_offer AS o JOIN offers_offerversion AS v ON v.id = o.version_id
LEFT JOIN offers_budget AS b ON b.offer_id = o.id WHERE o.state = 'live' ORDER BY o.key
"""
FINISHED_US = 3_600_000_000
NEVER_US = 2**62
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class OffersInForce:
    """Live offers by key, and what evaluating any of them asks for. `offers`: those that are not over; `over`: keys of
    those that are; `asks_catalog`: whether some name categories, brands, reductions, costs; `uses`: ids of offers that
    count how often a person used them."""

    offers: tuple[Compiled, ...]
    by_key: Mapping[str, Compiled]
    over: frozenset[str]
    slugs: frozenset[str]
    uses: tuple[int, ...]
    gifts: frozenset[str]
    asks_orders: bool
    asks_catalog: bool

    def only(self, keys: Collection[str]) -> "OffersInForce":
        """These offers alone."""
        return in_force_of([one for one in self.offers if one.key in keys])


def in_force_of(compiled: Collection[Compiled], over: Collection[str] = ()) -> OffersInForce:
    """Offers with what they ask for."""
    offers = tuple(compiled)
    limited = [one.offer.id for one in offers if one.terms.cap_per_person or one.terms.cool_off_hours]
    return OffersInForce(
        offers,
        {one.key: one for one in offers},
        frozenset(over),
        frozenset(one.offer.slug for one in offers if one.offer.slug),
        tuple(limited),
        frozenset(one.terms.gift.product_id for one in offers if one.terms.gift is not None),
        any(one.terms.conditions.first_order for one in offers),
        any(_asks_catalog(one) for one in offers),
    )


def offers_in_force(now: datetime) -> OffersInForce:
    """What holds, up to three seconds late; dates are asked by whoever evaluates."""
    return _kept.current(now)


def forget_offers() -> None:
    """Read the offers afresh at the next question, in this process."""
    _kept.forget()


@dataclass
class _Read:
    terms: dict[int, Terms] = field(default_factory=dict)
    logged: set[int] = field(default_factory=set)


class _Known:
    """All live offers, and those in force between two instants at which one of them is over: who asks about another
    time has no part in what the others are answered."""

    def __init__(self, offers: Collection[Compiled], now: datetime) -> None:
        self.offers = offers
        over = [_over_us(one) for one in offers]
        now_us = to_us(now)
        self.since_us = max((one for one in over if one <= now_us), default=-NEVER_US)
        self.until_us = min((one for one in over if one > now_us), default=NEVER_US)
        self.found = self._of(now_us)

    def at(self, now: datetime) -> OffersInForce:
        """Those in force then."""
        now_us = to_us(now)
        return self.found if self.since_us <= now_us < self.until_us else self._of(now_us)

    def _of(self, now_us: int) -> OffersInForce:
        over = [one.key for one in self.offers if _over_us(one) <= now_us]
        return in_force_of([one for one in self.offers if _over_us(one) > now_us], over)


def _over_us(offer: Compiled) -> int:
    """From when on it is no longer told of at all."""
    return NEVER_US if offer.ends_us is None else offer.ends_us + FINISHED_US


class _Keeper:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.found: _Known | None = None
        self.refresh_at = 0.0
        self.read = _Read()

    def current(self, now: datetime) -> OffersInForce:
        found = self.found
        if found is not None and time.monotonic() < self.refresh_at:
            return found.at(now)
        if not self.lock.acquire(blocking=found is None):
            return found.at(now) if found is not None else self.current(now)
        try:
            if self.found is None or time.monotonic() >= self.refresh_at:
                self.found = _Known(_read_live(self.read), now)
                self.refresh_at = time.monotonic() + KEPT_S
            return self.found.at(now)
        finally:
            self.lock.release()


_kept = _Keeper()


def _read_live(read: _Read) -> list[Compiled]:
    compiled, known = list[Compiled](), dict[int, Terms]()
    for row in bulk_sql.fetch_often(LIVE):
        terms = _terms(read, row[4], row[5])
        if terms is None:
            continue
        known[row[4]] = terms
        compiled.append(compile_offer(_live(row, terms)))
    read.terms = known
    return compiled


def _terms(read: _Read, version_id: int, text: str) -> Terms | None:
    """Versions never change: each is read once."""
    found = read.terms.get(version_id)
    if found is not None:
        return found
    try:
        return parse_terms(msgspec.json.decode(text))
    except TermsError as error:
        if version_id not in read.logged:
            read.logged.add(version_id)
            log.error("version %s of an offer is left out, it cannot be read: %s", version_id, error)
        return None


def _live(row: tuple[Any, ...], terms: Terms) -> LiveOffer:
    pk, key, name, number, version_id, _, slug, money_limit, money_used, count_limit, count_used = row
    if terms.audience is not None and not slug:
        slug = slug_of(f"offer:{key}")
    return LiveOffer(
        id=pk,
        key=key,
        name=name,
        version=number,
        version_id=version_id,
        terms=terms,
        slug=slug,
        money_left=_left(terms.budget_money, money_limit, money_used),
        count_left=None if count_limit is None else count_limit - count_used,
    )


def _left(told: Decimal | None, limit: Decimal | None, used: Decimal | None) -> Decimal | None:
    """What is left in money; an offer that has no row yet has given nothing away."""
    if limit is None:
        return told
    return limit - (used or 0)


def _asks_catalog(offer: Compiled) -> bool:
    scopes = [*offer.scopes, *(one.scope for one in offer.terms.conditions.products)]
    return offer.has_floor or any(_asks_facts(scope) for scope in scopes)


def _asks_facts(scope: Scope) -> bool:
    names = scope.categories or scope.brands or scope.exclude_categories or scope.exclude_brands
    return bool(names) or scope.exclude_reduced
