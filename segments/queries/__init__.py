"""Reads of segments: who is in what since when, the live rules, and the facts rules are asked about."""

from segments.queries.activating import activated, activated_members, activation, purposes_of
from segments.queries.asking import Answers, answers
from segments.queries.live import (
    LiveSegment,
    by_level,
    holds_for_strangers,
    live_segments,
    mentions_of,
    with_their_users,
    with_what_they_use,
)
from segments.queries.membership import members, segments_of, size, sizes
from segments.queries.people import Person, people
from segments.queries.previewing import preview, preview_with_clauses
from segments.queries.turns import PreviewBusyError
from segments.queries.why import why, would_be_in

__all__ = [
    "Answers",
    "LiveSegment",
    "Person",
    "PreviewBusyError",
    "activated",
    "activated_members",
    "activation",
    "answers",
    "by_level",
    "holds_for_strangers",
    "live_segments",
    "members",
    "mentions_of",
    "people",
    "preview",
    "preview_with_clauses",
    "purposes_of",
    "segments_of",
    "size",
    "sizes",
    "why",
    "with_their_users",
    "with_what_they_use",
    "would_be_in",
]
