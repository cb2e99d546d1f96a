"""What the preference center changes, and the letters it asks for. The holder's choices go through the consent app's
doors (`choose`, `prefer`) in one transaction under the address lock; the same form again changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consent import services as consent
from consent.contracts import GRANTED, PENDING, WITHDRAWN
from privacy.contracts import DELETE, DOWNLOAD, HELD, LETTER_LINK, PAGE, WHY
from privacy.models import Request
from privacy.preferences import Center, Switch, Wish, pause_until, refused, resolve, undoing
from privacy.queries.preferences import EMAIL, SMS, Holder, center_of
from privacy.services.letters import send_letter
from privacy.services.requests import ask

METHOD = "preference_center"
# The same link asked for twice within this time is one letter: people press twice.
ONE_LETTER_S = 60
LETTERS = (HELD, WHY)
REQUESTS: Mapping[str, str] = {DOWNLOAD: Request.Kind.ACCESS, DELETE: Request.Kind.ERASE}
ASKABLE = (*LETTERS, *REQUESTS)
NOTHING = Wish()


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving came to. `changed`: codes of switches that were moved; `refused`: those that cannot be moved here.

    `waiting`: those that wait for a confirmation by mail. `undo`: the wish that takes it back.
    """

    center: Center
    changed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    undo: Wish = NOTHING


@transaction.atomic
def save(holder: Holder, wish: Wish, *, locale: str, ip: str, now: datetime) -> Saved:
    """Carry out what somebody wants of their choices; nothing of it where everything is closed."""
    if holder.address_hash is not None:
        consent.lock_address(holder.address_hash)
    before = center_of(holder, locale=locale, now=now)
    if before.closed:
        return Saved(before, refused=tuple(wish.switches))
    changes = resolve(before, wish)
    moved = {code: switch for code in changes if (switch := before.get(code)) is not None}
    choices = [_choice(holder, one, changes[code], locale, ip, now) for code, one in moved.items()]
    outcomes = zip(moved, consent.choose_each(choices, now=now), strict=True)
    pending = [code for code, outcome in outcomes if isinstance(outcome, consent.Outcome) and outcome.state == PENDING]
    _prefer(holder, before, wish, now)
    after = center_of(holder, locale=wish.locale or locale, now=now)
    return Saved(after, tuple(changes), refused(before, wish), tuple(pending), undoing(before, after, spoken=locale))


@transaction.atomic
def ask_for(use: str, holder: Holder, *, locale: str, now: datetime) -> None:
    """Send a fresh single-use link for one of ASKABLE to the holder's address, if it is known. Never says whether."""
    if not holder.address:
        return
    if use in REQUESTS:
        ask(REQUESTS[use], holder.address, came_by=PAGE, now=now, locale=locale)
        return
    minute = int(now.timestamp()) // ONE_LETTER_S
    key = f"{use}:{(holder.address_hash or b'').hex()}:{minute}"
    facts = {"use": use, "identifier_id": holder.stated_for}
    send_letter(LETTER_LINK, address=holder.address, key=key, now=now, locale=locale, facts=facts)


def _choice(holder: Holder, switch: Switch, on: bool, locale: str, ip: str, now: datetime) -> consent.Choice:
    return consent.Choice(
        purpose=switch.code,
        state=GRANTED if on else WITHDRAWN,
        method=METHOD,
        address=holder.address if switch.channel == EMAIL else "",
        address_hash=_hash_for(holder, switch),
        identifier_id=None if switch.channel else holder.stated_for,
        occurred_at=now,
        ip=ip,
        wording_id=switch.wording_id,
        notice_version=switch.notice_version,
        locale=locale,
        is_verified=holder.is_verified,
    )


def _hash_for(holder: Holder, switch: Switch) -> bytes | None:
    if switch.channel == SMS:
        return holder.phone_hash
    return holder.address_hash if switch.channel == EMAIL and not holder.address else None


def _prefer(holder: Holder, before: Center, wish: Wish, now: datetime) -> None:
    mailing = before.mailing
    if mailing is None or holder.address_hash is None:
        return
    until = pause_until(wish, now=now)
    # A pause that runs is not made longer by saving the same form again.
    begins = until is not None and (mailing.paused_until is None or wish.pause_until is not None)
    ends = wish.pause is False and mailing.paused_until is not None
    frequency = wish.frequency if wish.frequency != mailing.frequency else None
    locale = wish.locale if wish.locale != before.locale else None
    if begins or ends or frequency is not None or locale is not None:
        preferring = consent.Preferring(frequency, until if begins else None, ends_pause=ends, locale=locale)
        consent.prefer(holder.address_hash, preferring, now=now)
