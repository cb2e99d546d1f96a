"""Live counts as the flow shows them, by the builder's own keys; kept for some seconds where counting takes long."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from automation.describing import arm_keys, raw_steps
from automation.models import Journey
from automation.queries.live_counts import Flow, flow_counts
from automation.reasons import words
from cdp.admin_journey.rights import found
from cdp.lib.clock import utc_now

LEAST_KEPT_S, MOST_KEPT_S, KEPT_FOR_EACH_S = 2, 300, 30
MOST_REASONS = 8


@require_safe
def counts(request: HttpRequest, journey_id: int) -> HttpResponse:
    """{step id, key of an arm, trigger, goal, exits, end: what to show there}."""
    return JsonResponse(counts_of(found(request, journey_id), utc_now()))


def counts_of(row: Journey, now: datetime) -> dict[str, Any]:
    """The same for the page. What took a second to count is kept for half a minute."""
    key = f"journey-counts:{row.pk}"
    kept = cache.get(key)
    if kept is None:
        begun = time.monotonic()
        kept = flow_counts(row.pk, now)
        took = time.monotonic() - begun
        cache.set(key, kept, max(LEAST_KEPT_S, min(MOST_KEPT_S, round(took * KEPT_FOR_EACH_S))))
    return shown(kept, row.draft)


def shown(flow: Flow, draft: Mapping[str, Any]) -> dict[str, Any]:
    """As the builder's script takes it."""
    told: dict[str, Any] = {
        "trigger": {"waiting": flow.armed, "passed": flow.entered, "week": flow.entered_week},
        "goal": {"passed": flow.goal},
        "exits": {"skipped": sum(flow.exited.values()), **_reasons(flow.exited)} if flow.exited else {},
        "end": {"passed": flow.done},
    }
    for step in raw_steps(draft):
        node = str(step.get("id"))
        at = flow.nodes.get(node)
        if at is None:
            continue
        told[node] = {
            "waiting": at.waiting,
            "passed": at.passed,
            "week": at.week,
            "skipped": sum(at.skipped.values()),
            "held": _listed(at.held),
            **_reasons(at.skipped),
        }
        for key, outcome, _, _ in arm_keys(step):
            told[key] = {"passed": at.outcomes.get(outcome, 0)}
    return told


def _reasons(by_reason: Mapping[str, int]) -> dict[str, Any]:
    listed = _listed(by_reason)
    return {"reasons": listed, "why": "; ".join(f"{one['count']:,} {one['words']}" for one in listed)}


def _listed(by_reason: Mapping[str, int]) -> list[dict[str, Any]]:
    most = sorted(by_reason.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_REASONS]
    return [{"count": count, "words": words(reason) if reason else "without a reason"} for reason, count in most]
