"""Decisions of staff about identity, whole: refusals carried to both sides first, then the separation, then the audit.

The withdrawals are committed before people part: were the split to fail after them, nobody would be mailed more than
before. Every decision is written into the audit log for each person it touches.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.access.services import record_audit
from consent import services as consent
from consent.contracts import Carried
from profiles import services as profiles
from profiles.contracts import DecisionRefused
from profiles.models import Separation
from profiles.services.separating import next_number


def keep_apart(
    one: Collection[int],
    other: Collection[int],
    *,
    carried: Sequence[Carried],
    seen: Mapping[int, UUID],
    reason: str,
    actor: AbstractBaseUser | None,
    now: datetime,
) -> Separation:
    """Store “never link” between two sides and split whom links join now. Raises DecisionRefused, DecisionOutdated."""
    if not reason.strip():
        raise DecisionRefused("Say why: the journal keeps the reason.")
    number = next_number()
    if carried:
        with transaction.atomic():
            staff_id = None if actor is None else actor.pk
            consent.write_carried(carried, separation_id=number, now=now, staff_id=staff_id, reason=reason.strip())
    with transaction.atomic():
        made = profiles.separate(one, other, reason=reason, actor=actor, number=number, seen=seen)
        _audit("kept apart", made.pk, seen, reason, actor)
    return made


def join_again(separation_id: int, *, seen: Mapping[int, UUID], reason: str, actor: AbstractBaseUser | None) -> bool:
    """Lift a separation; False when it was lifted already. Raises DecisionRefused, DecisionOutdated."""
    with transaction.atomic():
        lifted = profiles.lift(separation_id, reason=reason, actor=actor, seen=seen)
        if lifted:
            _audit("let join again", separation_id, seen, reason, actor)
    return lifted


def _audit(
    action: str, separation_id: int, seen: Mapping[int, UUID], reason: str, actor: AbstractBaseUser | None
) -> None:
    record_audit(actor, action, f"separation:{separation_id}", reason.strip())
    for profile_id in sorted(set(seen.values())):
        record_audit(actor, action, f"profile:{profile_id}", reason.strip())
