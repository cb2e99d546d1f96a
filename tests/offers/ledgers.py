"""Live offers with limits, people, and the ledger in one call."""

import itertools
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from cdp.lib.clock import to_us, utc_now
from offers.models import Budget, Code, Offer, OfferVersion
from offers.redeeming import NewReservation, Outcome, Redeeming, Releasing
from offers.services import ledger
from offers.services.codes import NewPool, share_code, upload_codes
from profiles.contracts import IdentifierKey, Sighting
from profiles.services import register_sightings

_numbers = itertools.count(1)


def live(key: str = "ten", *, count: int | None = None, money: str | None = None, **terms: Any) -> Offer:
    """A live offer with these terms and this budget (in euros)."""
    offer = Offer.objects.create(key=key, name=key.title())
    version = OfferVersion.objects.create(
        offer=offer, number=1, terms={"kind": "percent", "value": "10", "titles": {"en": "10 % off"}} | terms
    )
    offer.version, offer.state = version, Offer.State.LIVE
    offer.save()
    limit = None if money is None else Decimal(money)
    Budget.objects.create(offer=offer, currency="EUR", count_limit=count, money_limit=limit)
    return offer


def shared(offer: Offer, code: str = "SUMMER", most: int | None = None) -> Code:
    """A code of it for everybody."""
    pool = share_code(NewPool(offer.pk, "shared"), code, most_uses=most)
    return Code.objects.get(pool=pool)


def pooled(offer: Offer, *codes: str) -> list[Code]:
    """Codes of it for one use each."""
    done = upload_codes(NewPool(offer.pk, "pool"), "\n".join(codes))
    return list(Code.objects.filter(pool_id=done.pool_id).order_by("pk"))


def person(*keys: tuple[str, str]) -> list[int]:
    """Identifiers seen together; their ids in this order."""
    us = to_us(utc_now() - timedelta(days=2))
    named = tuple(IdentifierKey(kind, value) for kind, value in keys)
    found = register_sightings([Sighting(named, us, us, 1, next(_numbers).to_bytes(16, "big"))])
    return [found[one] for one in named]


def somebody(name: str = "jane") -> int:
    """A person known by user id; the identifier."""
    return person(("user_id", name))[0]


def reserve(key: str, now: datetime | None = None, **asked: Any) -> Outcome:
    """One reservation, of the offer `ten` unless it says otherwise."""
    wanted = asked if "offer" in asked or "code" in asked else asked | {"offer": "ten"}
    return ledger.reserve([NewReservation(key, **wanted)], now or utc_now())[0]


def redeem(key: str, now: datetime | None = None, *, order_id: str = "", **asked: Any) -> Outcome:
    """One redemption: of the key's reservation, else at once."""
    return ledger.redeem([Redeeming(new=NewReservation(key, **asked), order_id=order_id)], now or utc_now())[0]


def release(key: str, now: datetime | None = None, reason: str = "") -> Outcome:
    """Given back."""
    return ledger.release([Releasing(key=key, reason=reason)], now or utc_now())[0]


def used(offer: Offer) -> tuple[int, Decimal]:
    """(count, money) of its budget."""
    with transaction.atomic():
        row = Budget.objects.get(offer=offer)
    return row.count_used, row.money_used
