"""Where people are in journeys, as the API tells it."""

from collections.abc import Collection
from typing import Any

from automation.models import Enrollment
from automation.reasons import words

MOST = 100


def enrollments_of(identifier_ids: Collection[int]) -> list[dict[str, Any]]:
    """The ways of whoever these identifiers belong to, the latest first; MOST at most."""
    rows = Enrollment.objects.filter(identifier_id__in=list(identifier_ids)).select_related("journey", "version")
    return [
        {
            "id": row.pk,
            "journey": row.journey.slug,
            "version": row.version.number if row.version else None,
            "state": row.state,
            "step": row.node,
            "awaits": row.awaits,
            "held_out": row.held_out,
            "reason": row.reason,
            "words": words(row.reason) if row.reason else "",
            "entered_at": row.entered_at,
            "due_at": row.due_at,
            "goal_at": row.goal_at,
            "ended_at": row.ended_at,
        }
        for row in rows.order_by("-pk")[:MOST]
    ]
