"""What happened elsewhere, turned into dirty profiles, each for the segments whose rules look at what happened.

Events, orders, consents, merges and splits name people. A change of the catalog or of what a purpose means names
nobody: then the rules that look at it are asked of everybody, in jobs.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from cdp.jobs.models import Job
from cdp.jobs.services import enqueue
from cdp.lib import bulk_sql
from cdp.lib.clock import to_us, utc_now
from cdp.outbox.contracts import TopicMessage
from cdp.outbox.services import wake
from consent.purposes_in_force import forget_purposes
from events.models import Event
from profiles.models import Identifier
from profiles.queries import profiles_of_identifiers
from segments.models import Membership
from segments.queries import LiveSegment, holds_for_strangers, live_segments
from segments.queries.addressed import identifiers_addressed
from segments.queries.concerned import Concerned, Ids, concerned
from segments.services import locks
from segments.services.evaluating import evaluate_held
from segments.services.recomputing import PURPOSES

OWNERS_OF_ORDERS = """
SELECT identifier_id FROM commerce_order WHERE order_id = ANY(%s::text[]) AND identifier_id IS NOT NULL
UNION SELECT identifier_id FROM events_event WHERE order_id = ANY(%s::text[])
"""
ENTRIES = "SELECT identifier_id, address_hash FROM consent_entry WHERE id = ANY(%s::bigint[])"


class _Marks:
    """For which segments each profile is to be asked; None = every one."""

    def __init__(self) -> None:
        self.wanted: dict[UUID, Ids | None] = {}

    def every(self, profile_ids: Iterable[UUID]) -> None:
        self.wanted.update(dict.fromkeys(profile_ids))

    def some(self, profile_ids: Iterable[UUID], segment_ids: Ids) -> None:
        for profile_id in profile_ids if segment_ids else ():
            ids = self.wanted.get(profile_id, frozenset())
            self.wanted[profile_id] = None if ids is None else ids | segment_ids


def consume_changes(messages: Sequence[TopicMessage]) -> None:
    """Mark dirty whom these topics touch and some live segment looks at, in the transaction of the deliveries."""
    locks.share_rules()
    segments = live_segments()
    if not segments:
        return  # a segment that goes live recomputes everybody
    payloads: dict[str, list[Any]] = {}
    for message in messages:
        payloads.setdefault(message.topic, []).append(message.payload)
    index, marks = concerned(segments), _Marks()
    _mark_events([(p["first_id"], p["last_id"]) for p in payloads.get("events.stored", ())], segments, index, marks)
    _mark_orders(_all(payloads, "order.changed", "order_ids"), index, marks)
    _mark_consents(_all(payloads, "consent.changed", "entry_ids"), index, marks)
    splits = _mark_people(payloads, marks)
    locks.mark_each(marks.wanted)
    if splits:
        # At once, while the open memberships still say who was in what before the split.
        pieces = set(splits) | set(splits.values())
        evaluate_held(pieces, segments, utc_now(), split_from=splits)
    if marks.wanted:
        wake("segments.evaluate")
    if "catalog.changed" in payloads:
        _recompute(index.catalog)
    if "purposes.changed" in payloads:
        forget_purposes()
        _recompute(index.consents, {PURPOSES: True})


def _mark_events(
    ranges: Sequence[tuple[int, int]], segments: Sequence[LiveSegment], index: Concerned, marks: _Marks
) -> None:
    """Profiles of the events in these id ranges whose answers may differ for them."""
    if not ranges:
        return
    stored = Q()
    for first_id, last_id in ranges:
        stored |= Q(id__range=(first_id, last_id))
    events = Event.objects.filter(stored)
    if index.looks_at_events:
        _mark_named(events, index, marks)
    _mark_strangers(events, segments, marks)


def _mark_named(events: QuerySet[Event], index: Concerned, marks: _Marks) -> None:
    if not index.every_event:
        seen = Q(name__in=list(index.by_event))
        events = events.filter(seen | Q(type="identify") if index.traits else seen)
    whose: defaultdict[int, set[int]] = defaultdict(set)
    for identifier_id, name, kind in events.values_list("identifier_id", "name", "type").distinct():
        whose[identifier_id] |= index.by_name(name, kind)
    owners = profiles_of_identifiers(list(whose)) if whose else {}
    for identifier_id, profile_id in owners.items():
        marks.some([profile_id], frozenset(whose[identifier_id]))


def _mark_strangers(events: QuerySet[Event], segments: Sequence[LiveSegment], marks: _Marks) -> None:
    """Profiles that may never have been evaluated, where a rule takes in those of whom nothing is known."""
    now_us = to_us(utc_now())
    open_to_all = frozenset(segment.id for segment in segments if holds_for_strangers(segment, now_us))
    if not open_to_all:
        return
    touched = _profiles_of(events.values_list("identifier_id", flat=True).distinct())
    rows = Membership.objects.filter(profile_id__in=touched, segment_id__in=open_to_all)
    known: dict[UUID, set[int]] = {}
    for profile_id, segment_id in rows.values_list("profile_id", "segment_id").distinct():
        known.setdefault(profile_id, set()).add(segment_id)
    for profile_id in touched:
        marks.some([profile_id], open_to_all - known.get(profile_id, set()))


def _mark_orders(order_ids: list[str], index: Concerned, marks: _Marks) -> None:
    """Whose these orders are, and of whose events they were made: they may have been somebody else's until now."""
    if order_ids and index.orders:
        rows = bulk_sql.fetch(OWNERS_OF_ORDERS, [order_ids, order_ids])
        marks.some(_profiles_of(row[0] for row in rows), index.orders)


def _mark_consents(entry_ids: list[int], index: Concerned, marks: _Marks) -> None:
    if entry_ids and index.consents:
        rows = bulk_sql.fetch(ENTRIES, [entry_ids])
        named = [identifier_id for identifier_id, _ in rows if identifier_id is not None]
        addressed = identifiers_addressed({bytes(hashed) for _, hashed in rows if hashed is not None})
        marks.some(_profiles_of([*named, *addressed]), index.consents)


def _mark_people(payloads: Mapping[str, list[Any]], marks: _Marks) -> dict[UUID, UUID]:
    """Who was changed, merged or split. Answers the splits: piece → the profile it was split from."""
    for payload in payloads.get("profile.changed", ()):
        marks.every(_uuids(payload["profile_ids"]))
    marks.every(_present_ids(_merged(payloads.get("profile.merged", ()))))
    splits = _splits(payloads.get("profile.split", ()))
    marks.every(set(splits) | set(splits.values()))
    return splits


def _recompute(segment_ids: Ids, also: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Have these asked of everybody, unless that is about to be done."""
    waiting = Job.objects.filter(kind="segments.recompute", state=Job.State.QUEUED, params__contains=dict(also))
    coming = set(waiting.values_list("params__segment_id", flat=True))
    for segment_id in sorted(segment_ids - coming):
        enqueue("segments.recompute", {"segment_id": segment_id, **also})


def _all(payloads: Mapping[str, list[Any]], topic: str, key: str) -> list[Any]:
    return [one for payload in payloads.get(topic, ()) for one in payload[key]]


def _profiles_of(identifier_ids: Iterable[int]) -> set[UUID]:
    ids = list(identifier_ids)
    return set(profiles_of_identifiers(ids).values()) if ids else set()


def _merged(payloads: Collection[Any]) -> set[UUID]:
    return {each for payload in payloads for each in _uuids([payload["winner"], *payload["losers"]])}


def _present_ids(profile_ids: set[UUID]) -> set[UUID]:
    """These ids and the profiles they resolve to now."""
    return profile_ids | set(
        Identifier.objects.filter(minted_id__in=profile_ids).values_list("profile_id", flat=True).distinct()
    )


def _splits(payloads: Collection[Any]) -> dict[UUID, UUID]:
    """Piece → the profile it was split from."""
    found: dict[UUID, UUID] = {}
    for payload in payloads:
        origin = UUID(str(payload["from"]))
        found |= {piece: origin for piece in _uuids(payload["profiles"]) if piece != origin}
    return found


def _uuids(values: Collection[Any]) -> set[UUID]:
    return {UUID(str(value)) for value in values}
