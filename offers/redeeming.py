"""What is asked of the ledger of offers and what it answers, and what published terms mean to it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

RESERVED, REDEEMED, RELEASED, EXPIRED, REFUSED = "reserved", "redeemed", "released", "expired", "refused"
USUAL_MINUTES = 30
MOST_MINUTES = 7 * 24 * 60

REASONS: Mapping[str, str] = {
    "offer_unknown": "There is no such offer.",
    "offer_not_live": "The offer is a draft, paused or ended.",
    "not_started": "The offer has not begun yet.",
    "offer_over": "The offer is over.",
    "code_needed": "The offer takes a code.",
    "code_unknown": "There is no such code.",
    "code_of_another_offer": "The code belongs to another offer.",
    "code_of_another": "The code was given to somebody else.",
    "code_void": "The code was taken back.",
    "code_expired": "The code is no longer valid.",
    "code_used_up": "The code was used as often as it may be.",
    "person_needed": "The offer is for each person so many times: name the person.",
    "cap_reached": "The person used the offer as often as anybody may.",
    "cooling_off": "The person used the offer a short while ago.",
    "budget_used_up": "The budget of the offer is used up.",
    "currency_of_another": "The budget of the offer is in another currency.",
    "amount_unusable": "The amount is below zero or too large.",
    "key_reused": "This key was used for another offer or code.",
    "unknown": "There is no such reservation.",
    "released": "It was given back before.",
    "redeemed_by_another_order": "Another order redeemed it before.",
}
"""Why something was refused, in words."""

CONSTRAINTS: Mapping[str, str] = {
    "offers_budget_money": "budget_used_up",
    "offers_budget_count": "budget_used_up",
    "offers_code_uses": "code_used_up",
    "offers_cap_per_person": "cap_reached",
}
"""The reason of each constraint that refuses."""


@dataclass(frozen=True, slots=True)
class NewReservation:
    """One use of an offer to be held. `key`: of the caller, the same again is answered again. By `offer` (its key), by
    `code`, or both. `amount`: what it costs, of the budget's currency. `minutes`: None: as the offer says. `at`: the
    moment its dates are asked about, where that is not now.
    """

    key: str
    offer: str = ""
    code: str = ""
    identifier_id: int | None = None
    amount: Decimal = Decimal(0)
    currency: str = ""
    order_id: str = ""
    minutes: int | None = None
    decision_id: UUID | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Redeeming:
    """A use that took place: of the reservation `id`, or of `new.key`'s; where there is none, `new` is used at once.

    `order_id`, and `amount` where it became another. `again`: also what was given back.
    """

    id: UUID | None = None
    new: NewReservation | None = None
    order_id: str = ""
    amount: Decimal | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Releasing:
    """A use to be given back, by `id` or `key`, and why."""

    id: UUID | None = None
    key: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of what was asked. `state` is `refused` with a `reason` of REASONS; else the redemption's state, and
    `reason` why it was given back. `retry_at`: when a cool-off ends. `is_new`: this call made it so."""

    state: str
    key: str = ""
    reason: str = ""
    id: UUID | None = None
    offer: str = ""
    code: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    order_id: str = ""
    expires_at: datetime | None = None
    retry_at: datetime | None = None
    is_new: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether nothing was counted."""
        return self.state == REFUSED


@dataclass(frozen=True, slots=True)
class Limits:
    """What published terms say to the ledger."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    needs_code: bool = False
    cap: int | None = None
    cool_off: timedelta | None = None
    minutes: int = USUAL_MINUTES

    @property
    def counts_people(self) -> bool:
        """Whether it matters who asks."""
        return self.cap is not None or self.cool_off is not None

    def refusal(self, at: datetime) -> str:
        """Why it does not hold at this moment; empty: it does."""
        if self.starts_at is not None and at < self.starts_at:
            return "not_started"
        return "offer_over" if self.ends_at is not None and at >= self.ends_at else ""


def limits_of(terms: Mapping[str, Any]) -> Limits:
    """Of terms that were published, hence checked."""
    hours = terms.get("cool_off_hours")
    cap = terms.get("cap_per_person")
    return Limits(
        starts_at=_instant(terms.get("starts_at")),
        ends_at=_instant(terms.get("ends_at")),
        needs_code=bool(terms.get("needs_code")),
        cap=None if cap is None else int(cap),
        cool_off=timedelta(hours=float(hours)) if hours else None,
        minutes=min(int(terms.get("reserve_minutes") or USUAL_MINUTES), MOST_MINUTES),
    )


def _instant(raw: object) -> datetime | None:
    return datetime.fromisoformat(raw) if isinstance(raw, str) and raw else None
