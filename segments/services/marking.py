"""What happened elsewhere, turned into dirty profiles: new events, traits, merges and splits."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from cdp.lib.clock import to_us, utc_now
from cdp.outbox.contracts import TopicMessage
from cdp.outbox.services import wake
from events.models import Event
from profiles.models import Identifier
from profiles.queries import profiles_of_identifiers
from segments.models import Membership
from segments.queries import LiveSegment, holds_for_strangers, live_segments, mentions_of
from segments.rules.facts import ANY_EVENT
from segments.services import locks
from segments.services.evaluating import evaluate_held


def consume_changes(messages: Sequence[TopicMessage]) -> None:
    """Mark dirty whom these topics touch and some live segment looks at, in the transaction of the deliveries."""
    locks.share_rules()
    segments = live_segments()
    if not segments:
        return  # a segment that goes live recomputes everybody
    payloads: dict[str, list[Any]] = {}
    for message in messages:
        payloads.setdefault(message.topic, []).append(message.payload)
    touched = _touched([(p["first_id"], p["last_id"]) for p in payloads.get("events.stored", ())], segments)
    for payload in payloads.get("profile.changed", ()):
        touched |= _uuids(payload["profile_ids"])
    touched |= _present_ids(_merged(payloads.get("profile.merged", ())))
    splits = _splits(payloads.get("profile.split", ()))
    touched |= set(splits) | set(splits.values())
    locks.mark_dirty(touched)
    if splits:
        # At once, while the open memberships still say who was in what before the split.
        pieces = set(splits) | set(splits.values())
        evaluate_held(pieces, segments, utc_now(), split_from=splits)
    if touched:
        wake("segments.evaluate")


def _touched(ranges: Sequence[tuple[int, int]], segments: Sequence[LiveSegment]) -> set[UUID]:
    """Profiles of the events in these id ranges whose answers may differ for them."""
    if not ranges:
        return set()
    stored = Q()
    for first_id, last_id in ranges:
        stored |= Q(id__range=(first_id, last_id))
    events = Event.objects.filter(stored)
    mentions = mentions_of(segments)
    seen = Q(name__in=mentions.events)
    if mentions.traits:
        seen |= Q(type="identify")
    looked_at = events if ANY_EVENT in mentions.events else events.filter(seen)
    touched = _profiles_of(looked_at) if mentions.events or mentions.traits else set()
    return touched | _strangers(events, segments)


def _strangers(events: Any, segments: Sequence[LiveSegment]) -> set[UUID]:
    """Profiles that may never have been evaluated, where a rule takes in those of whom nothing is known."""
    now_us = to_us(utc_now())
    open_to_all = [segment.id for segment in segments if holds_for_strangers(segment, now_us)]
    if not open_to_all:
        return set()
    touched = _profiles_of(events)
    rows = Membership.objects.filter(profile_id__in=touched, segment_id__in=open_to_all)
    known: dict[UUID, set[int]] = {}
    for profile_id, segment_id in rows.values_list("profile_id", "segment_id").distinct():
        known.setdefault(profile_id, set()).add(segment_id)
    return {profile_id for profile_id in touched if len(known.get(profile_id, ())) < len(open_to_all)}


def _profiles_of(events: Any) -> set[UUID]:
    identifier_ids = list(events.values_list("identifier_id", flat=True).distinct())
    return set(profiles_of_identifiers(identifier_ids).values()) if identifier_ids else set()


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
