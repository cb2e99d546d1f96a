"""Where a segment is used, and what keeps it from being archived."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from cdp.admin_segment.shown_by import shown_by
from recipients.models import Recipient
from segments.models import Segment
from segments.queries.used_by import segments_using

TOLD = ("segment.entered", "segment.left")
TOLD_WORDS = {"segment.entered": "entering", "segment.left": "leaving"}


@dataclass(frozen=True, slots=True)
class Use:
    """One place: what kind, its name, what it does with the segment, its page, and whether it keeps it in force."""

    kind: str
    name: str
    what: str
    url: str
    prevents: bool


def uses_of(segment: Segment) -> list[Use]:
    """Other segments whose rules ask about it, what is shown and offered by it, then who is told of its members."""
    shown = [Use(one.kind, one.name, one.what, one.url, True) for one in shown_by(segment.slug)]
    return [*_segments(segment), *shown, *_recipients(segment.pk)]


def preventing(uses: Sequence[Use]) -> list[Use]:
    """What has to change before it can be archived."""
    return [use for use in uses if use.prevents]


def _segments(segment: Segment) -> list[Use]:
    found = segments_using([segment.slug])[segment.slug]
    return [
        Use(
            "segment",
            name,
            "its rule asks who is in this one" + ("" if state == Segment.State.LIVE else f" (it is {state})"),
            reverse("segment-desk-overview", args=[pk]),
            state != Segment.State.ARCHIVED,
        )
        for pk, name, state in found
    ]


def _recipients(segment_id: int) -> list[Use]:
    """Those told of this very segment, then those told of every one."""
    rows = Recipient.objects.filter(enabled=True, topics__overlap=list(TOLD)).order_by("name")
    found = [row for row in rows if not row.segments or segment_id in row.segments]
    return [
        Use(
            "recipient",
            row.name,
            f"is told of everybody {_told(row.topics)} {'it' if row.segments else 'any segment'}",
            reverse("admin:recipients_recipient_change", args=[row.pk]),
            False,
        )
        for row in sorted(found, key=lambda row: not row.segments)
    ]


def _told(topics: Sequence[str]) -> str:
    return " and ".join(TOLD_WORDS[topic] for topic in TOLD if topic in topics)
