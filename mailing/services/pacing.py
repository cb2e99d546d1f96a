"""Room under the limits, taken before messages are asked about and given back where it was not used.

The whole queue is looked at through its index by lane and time; what has no turn yet is put off until about its turn,
so a queue that waits is not read again and again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from cdp.lib import bulk_sql
from mailing import pacing
from mailing.models import DomainPace, PaceMark, Policy

ALL = "all"
SOON = timedelta(seconds=5)
WAITED = "pace"
TRANSACTIONAL, JOURNEYS, CAMPAIGNS = 0, 1, 2
DUE = """
SELECT id, lane, split_part(address, '@', 2), reason FROM mailing_message
WHERE state = 'queued' AND lane = %s::smallint AND coalesce(not_before_at, queued_at) <= %s::timestamptz
ORDER BY coalesce(not_before_at, queued_at), id LIMIT %s::integer
"""
PUT_OFF = """
UPDATE mailing_message SET not_before_at = new.at, reason = 'pace'
FROM unnest(%s::bigint[], %s::timestamptz[]) AS new(id, at)
WHERE mailing_message.id = new.id AND state = 'queued'
"""


@dataclass(slots=True)
class Room:
    """The messages that may be worked now, and under which limits each of them counts; how many were put off."""

    ids: list[int] = field(default_factory=list)
    keys: dict[int, tuple[str, ...]] = field(default_factory=dict)
    put_off: int = 0


@dataclass(slots=True)
class _Limits:
    per_minute: pacing.Limit | None
    domains: dict[str, pacing.Limit]
    day: str
    of_day: int | None

    @property
    def are_any(self) -> bool:
        return self.per_minute is not None or bool(self.domains) or self.of_day is not None


def find_room(policy: Policy, now: datetime, most: int) -> Room:
    """Up to `most` due messages, lane by lane, with room under every limit; the room counts as used. Transactional
    messages never wait for room, but use it."""
    limits = _limits(policy, now)
    if not limits.are_any:
        rows = _due(now, most, policy)
        return Room([row[0] for row in rows], {})
    with transaction.atomic():
        return _share(limits, policy, now, most)


def give_back(room: Room, unused: Sequence[int], policy: Policy, now: datetime) -> None:
    """Messages that did not go out after all use no room."""
    counts = Counter(key for pk in unused for key in room.keys.get(pk, ()))
    if not counts:
        return
    limits = _limits(policy, now)
    with transaction.atomic():
        marks = _locked(counts)
        for key, count in counts.items():
            _use(marks[key], limits, now, -count)
        _save(marks)


def _limits(policy: Policy, now: datetime) -> _Limits:
    today = now.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()
    cap = pacing.warm_up_cap(
        policy.warm_up_from, policy.warm_up_first_day, policy.warm_up_growth_percent, policy.warm_up_days, today
    )
    rows = DomainPace.objects.filter(per_minute__gt=0)
    domains = {row.domain.lower(): pacing.per_minute(row.per_minute) for row in rows}
    overall = pacing.per_minute(policy.per_minute) if policy.per_minute else None
    return _Limits(overall, domains, f"day:{today.isoformat()}", cap)


def _due(now: datetime, most: int, policy: Policy) -> list[tuple[int, int, str, str]]:
    found: list[tuple[int, int, str, str]] = []
    lanes = (TRANSACTIONAL,) if policy.stopped_at else (TRANSACTIONAL, JOURNEYS, CAMPAIGNS)
    for lane in lanes:
        if len(found) < most:
            found += bulk_sql.fetch_often(DUE, [lane, now, most - len(found)])
    return found


def _share(limits: _Limits, policy: Policy, now: datetime, most: int) -> Room:
    marks = _locked({ALL, limits.day, *(f"@{domain}" for domain in limits.domains)})
    left = _left(limits, marks, now)
    rows = _due(now, most, policy)
    marketing = [row for row in rows if row[1] != TRANSACTIONAL]
    # Beyond what may go at all nothing is even looked at: it stays where it is in the queue.
    allowed = {row[0] for row in marketing[: left.pop("", len(marketing))]}
    room, put_off = Room(), []
    for pk, lane, domain, reason in rows:
        if lane != TRANSACTIONAL and pk not in allowed:
            continue
        key = f"@{domain.lower()}" if domain.lower() in limits.domains else ""
        if key and lane != TRANSACTIONAL and left[key] <= 0:
            put_off.append((pk, _turn(marks[key], limits, now, is_known=lane == JOURNEYS or reason == WAITED)))
            continue
        if key:
            left[key] -= 1
        used = (ALL, *((key,) if key else ()), *((limits.day,) if lane != TRANSACTIONAL else ()))
        room.ids.append(pk)
        room.keys[pk] = used
    for key, count in Counter(key for pk in room.ids for key in room.keys[pk]).items():
        _use(marks[key], limits, now, count)
    _save(marks)
    if put_off:
        room.put_off = bulk_sql.execute(PUT_OFF, [[pk for pk, _ in put_off], [at for _, at in put_off]])
    return room


def _left(limits: _Limits, marks: dict[str, PaceMark], now: datetime) -> dict[str, int]:
    """How many may still go under each limit; "" for all marketing together."""
    found = {f"@{name}": pacing.budget(marks[f"@{name}"].tat, one, now) for name, one in limits.domains.items()}
    of_all = [pacing.budget(marks[ALL].tat, limits.per_minute, now)] if limits.per_minute else []
    of_day = [max(limits.of_day - marks[limits.day].given, 0)] if limits.of_day is not None else []
    return found | ({"": min(of_all + of_day)} if of_all + of_day else {})


def _turn(mark: PaceMark, limits: _Limits, now: datetime, *, is_known: bool) -> datetime:
    """Campaigns line up behind all that already wait. Journeys, and whoever had a turn that came to nothing, look again
    as soon as there may be room."""
    limit = limits.domains[mark.key[1:]]
    ready = pacing.turn_of(mark.tat, limit, now, 0)
    if is_known:
        return max(ready, now + SOON)
    mark.line = max(mark.line or now, ready) + timedelta(seconds=1 / limit.rate)
    return mark.line


def _use(mark: PaceMark, limits: _Limits, now: datetime, count: int) -> None:
    if mark.key.startswith("day:"):
        mark.given = max(mark.given + count, 0)
        return
    limit = limits.per_minute if mark.key == ALL else limits.domains.get(mark.key[1:])
    if limit is not None:
        mark.tat = pacing.taken(mark.tat, limit, now, count)


def _locked(keys: set[str] | Counter[str]) -> dict[str, PaceMark]:
    """The marks of these limits, made if new, locked in the order of their keys."""
    wanted = sorted(keys)
    PaceMark.objects.bulk_create([PaceMark(key=key) for key in wanted], ignore_conflicts=True)
    return {row.key: row for row in PaceMark.objects.select_for_update().filter(key__in=wanted).order_by("key")}


def _save(marks: dict[str, PaceMark]) -> None:
    PaceMark.objects.bulk_update(marks.values(), ["tat", "line", "given"])
