"""Duties: every recipient that ever got something of a person is told of an erasure, a correction, a restriction.

Whatever the purpose of sharing says now: the law has them told because they were given something before. A duty is made
once a person and cause, also for a recipient that is disabled, and is evidence for the request it belongs to.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from cdp.lib.rights import Person
from cdp.outbox.services import wake
from recipients.contracts import ERASED, OPTED_OUT, RECTIFIED, RESTRICTED, Duty
from recipients.models import Delivery, Disclosure, Recipient
from recipients.queries import duties_of

MOST_AGAIN = 5


@dataclass(frozen=True, slots=True)
class Known:
    """By which profile ids a recipient knows a person, what it was ever given, and when last."""

    profile_ids: list[str]
    fields: frozenset[str]
    last_at: datetime


def tell_erasure(person: Person, *, now: datetime, due_at: datetime | None = None) -> list[Duty]:
    """Have every recipient delete what it holds. Made once a person, however often it is called; sent from `due_at` on.

    Call it before or after the store "recipients" is erased: erasing that store calls it, too.
    """
    return _tell(ERASED, person, cause="", facts={}, now=now, due_at=due_at)


def tell_rectification(person: Person, fields: Iterable[str], *, cause: str, now: datetime) -> list[Duty]:
    """Send every recipient what holds now of what was corrected, as far as it was ever given that.

    `fields`: as recipients are given them, "trait:first_name", "identifier:email". `cause`: what it is about, once,
    e.g. the request's id.
    """
    return _tell(RECTIFIED, person, cause=cause, facts={"fields": sorted(fields)}, now=now)


def tell_restriction(person: Person, *, is_restricted: bool, cause: str, now: datetime) -> list[Duty]:
    """Have every recipient keep the data and not use it, or use it again."""
    return _tell(RESTRICTED, person, cause=cause, facts={"restricted": is_restricted}, now=now)


def tell_opt_out(person: Person, *, cause: str, now: datetime) -> list[Duty]:
    """Tell third parties (not processors) that were given something that the person opted out of sale and sharing."""
    return _tell(OPTED_OUT, person, cause=cause, facts={}, now=now)


def keys_of(topic: str, person: Person, cause: str) -> tuple[str, ...]:
    """What makes a duty be told once: the topic and a hash of whom and why. The later ones are for what was given after
    an earlier one was made: something that was on its way while a person was erased."""
    whom = [str(one) for one in sorted(person.profile_ids)] or [str(one) for one in sorted(person.ids)]
    key = f"{topic}:{hashlib.sha256('|'.join([cause, *whom]).encode()).hexdigest()[:32]}"
    return (key, *(f"{key}:{again}" for again in range(2, MOST_AGAIN + 1)))


@transaction.atomic
def _tell(
    topic: str,
    person: Person,
    *,
    cause: str,
    facts: Mapping[str, Any],
    now: datetime,
    due_at: datetime | None = None,
) -> list[Duty]:
    keys = keys_of(topic, person, cause)
    told: dict[int, list[datetime]] = {}
    for recipient_id, made_at in Delivery.objects.filter(_about(keys)).values_list("recipient_id", "made_at"):
        told.setdefault(recipient_id, []).append(made_at)
    rows = []
    for recipient_id, known in sorted(_known(topic, person).items()):
        before = told.get(recipient_id, [])
        if before and (topic != ERASED or known.last_at <= max(before) or len(before) >= MOST_AGAIN):
            continue
        own = {**facts, "at": now.isoformat(), "profile_ids": known.profile_ids}
        if "fields" in facts:
            own["fields"] = sorted(known.fields.intersection(facts["fields"]))
        rows.append(
            Delivery(
                recipient_id=recipient_id,
                key=keys[len(before)],
                topic=topic,
                profile_id=None if topic == ERASED else person.profile_ids[0],
                facts=own,
                next_at=due_at or now,
                made_at=now,
            )
        )
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        wake("recipients.deliver")
    return duties_of(keys)


def _about(keys: Sequence[str]) -> Q:
    """By the index of recipient and key."""
    return Q(recipient__in=list(Recipient.objects.values_list("pk", flat=True)), key__in=list(keys))


def _known(topic: str, person: Person) -> dict[int, Known]:
    """{recipient id: what it knows of the person}."""
    found = Disclosure.objects.filter(profile_id__in=person.profile_ids)
    if topic == OPTED_OUT:
        found = found.filter(recipient__role=Recipient.Role.THIRD_PARTY)
    known: dict[int, Known] = {}
    for row in found.order_by("recipient_id", "profile_id"):
        old = known.get(row.recipient_id, Known([], frozenset(), row.last_at))
        ids, fields = [*old.profile_ids, str(row.profile_id)], old.fields.union(row.fields)
        known[row.recipient_id] = Known(ids, fields, max(old.last_at, row.last_at))
    return known
