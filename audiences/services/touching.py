"""Who is touched by an event, an order, a merge or a split has their values computed anew within seconds.

Events touch only whom a watched definition counts: one that a live rule asks. All others wait for the night.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from audiences.models import RfmRun
from audiences.services import rfm, traits
from cdp.lib.clock import utc_now
from cdp.lib.conflicts import retrying
from cdp.outbox.contracts import TopicMessage
from cdp.outbox.services import wake
from commerce.models import Order
from events.models import Event
from people.figures import EVENTS, SESSIONS
from profiles.models import Identifier
from profiles.queries import profiles_of_identifiers
from segments.services.computed import forget_values

SLICE = 200
CLAIM = """
SELECT profile_id, generation, is_whole FROM audiences_staleprofile ORDER BY marked_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
MARK = """
INSERT INTO audiences_staleprofile AS stale (profile_id, is_whole)
SELECT id, id = ANY(%s::uuid[]) FROM unnest(%s::uuid[]) AS id
ON CONFLICT (profile_id) DO UPDATE SET generation = stale.generation + 1, is_whole = stale.is_whole OR excluded.is_whole
"""
RELEASE = """
DELETE FROM audiences_staleprofile AS stale USING unnest(%s::uuid[], %s::bigint[]) AS done(profile_id, generation)
WHERE stale.profile_id = done.profile_id AND stale.generation = done.generation
"""


def consume_changes(messages: Sequence[TopicMessage]) -> None:
    """Mark whom these topics touch, in the transaction of the deliveries."""
    payloads: dict[str, list[Any]] = {}
    for message in messages:
        payloads.setdefault(message.topic, []).append(message.payload)
    touched = _by_events([(p["first_id"], p["last_id"]) for p in payloads.get("events.stored", ())])
    touched |= _by_orders([order_id for p in payloads.get("order.changed", ()) for order_id in p["order_ids"]])
    whole = _by_identity(payloads)
    if touched | whole:
        _execute(MARK, [sorted(whole), sorted(touched | whole)])
        wake("audiences.freshen")


def freshen_slice(*, now: datetime | None = None, limit: int = SLICE) -> int:
    """Compute the values of up to `limit` touched profiles anew. How many it took."""
    return retrying(lambda: _freshen(now or utc_now(), limit))


@transaction.atomic
def _freshen(now: datetime, limit: int) -> int:
    rows = _execute(CLAIM, [limit])
    claimed: dict[UUID, int] = {profile_id: generation for profile_id, generation, _ in rows}
    if claimed:
        living = set(Identifier.objects.filter(profile_id__in=claimed).values_list("profile_id", flat=True))
        forget_values(set(claimed) - living)
        if living:
            whole = {profile_id for profile_id, _, is_whole in rows if is_whole} & living
            traits.recompute_of(living, now, traits.watched())
            traits.recompute_of(whole, now)
            rfm.rescore(living, now)
        _execute(RELEASE, [list(claimed), list(claimed.values())])
    return len(claimed)


def _by_events(ranges: Sequence[tuple[int, int]]) -> set[UUID]:
    watched = [one for one in traits.watched() if one.over == EVENTS] if ranges else []
    if not watched:
        return set()
    stored = Q()
    for first_id, last_id in ranges:
        stored |= Q(id__range=(first_id, last_id))
    events = Event.objects.filter(stored)
    if not any(one.kind == SESSIONS for one in watched):
        events = events.filter(name__in={one.event for one in watched})
    return _profiles_of(events.values_list("identifier_id", flat=True).distinct())


def _by_orders(order_ids: Collection[str]) -> set[UUID]:
    if not order_ids or not (RfmRun.objects.exists() or traits.watched()):
        return set()
    orders = Order.objects.filter(order_id__in=set(order_ids), identifier_id__isnull=False)
    return _profiles_of(orders.values_list("identifier_id", flat=True).distinct())


def _by_identity(payloads: dict[str, list[Any]]) -> set[UUID]:
    """Everybody a merge or a split names, those who are no more too: what was computed of them goes."""
    ids = [each for p in payloads.get("profile.merged", ()) for each in (p["winner"], *p["losers"])]
    ids += [each for p in payloads.get("profile.split", ()) for each in (p["from"], *p["profiles"])]
    return {UUID(str(each)) for each in ids}


def _profiles_of(identifier_ids: Any) -> set[UUID]:
    found = list(identifier_ids)
    return set(profiles_of_identifiers(found).values()) if found else set()


def _execute(statement: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []
