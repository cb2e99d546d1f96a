"""The builder: a journey's flow with its counts. Without scripts the flow is read, and changed as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from automation.describing import arm_keys
from automation.models import Journey
from automation.services.drafting import DraftConflictError, DraftRefusedError, revision, save_draft
from cdp.admin_journey.choosing import choices, rule_language, url_or_none
from cdp.admin_journey.gallery import ICONS
from cdp.admin_journey.remarking import said_of
from cdp.admin_journey.rights import ADD, CHANGE, around, found, require
from cdp.lib.admin_parts import actor, may
from cdp.lib.clock import utc_now

TITLES = {
    "send": "Send a message",
    "wait": "Wait",
    "wait_until": "Wait until a time of day",
    "wait_for": "Wait for something to happen",
    "branch": "Branch by a rule",
    "split": "Split by share",
    "give_offer": "Give an offer",
    "set_trait": "Set a trait",
    "add_to_list": "Add to a list",
    "webhook": "Call a webhook",
    "notify_staff": "Notify staff",
    "exit": "End here",
}
BAD_JSON = "This is not JSON, so it is not saved: {}. What you typed is kept below."


@dataclass(frozen=True, slots=True)
class Readable:
    """A step for those who read the page without scripts. `ways`: (name, steps) of a fork."""

    icon: str
    title: str
    says: str
    faults: tuple[str, ...]
    ways: tuple[tuple[str, tuple["Readable", ...]], ...]


@require_http_methods(["GET", "HEAD", "POST"])
def builder(request: HttpRequest, journey_id: int) -> HttpResponse:
    """The flow. POST saves the draft written as JSON."""
    row = found(request, journey_id)
    if request.method == "POST":
        require(request, CHANGE)
        return _posted(request, row)
    return _page(request, row, pretty(row.draft))


def pretty(graph: Any) -> str:
    """As people read and write it."""
    return json.dumps(graph, indent=2, ensure_ascii=False)


def readable(steps: object, said: Mapping[str, Any]) -> tuple[Readable, ...]:
    """The steps of a draft in words."""
    rows = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    return tuple(_readable(step, said) for step in rows)


def _readable(step: Mapping[str, Any], said: Mapping[str, Any]) -> Readable:
    node, kind = str(step.get("id")), str(step.get("do"))
    ways = [(_way(key, outcome, said), readable(list(below), said)) for key, outcome, _, below in arm_keys(step)]
    faults = tuple(said["faults"].get(node, ()))
    return Readable(
        ICONS.get(kind, "help"), TITLES.get(kind, kind), said["sentences"].get(node, ""), faults, tuple(ways)
    )


def _way(key: str, outcome: str, said: Mapping[str, Any]) -> str:
    name = {"then": "If it happens", "timeout": "If it does not", "else": "Everybody else"}.get(outcome, outcome)
    rule = said["sentences"].get(key, "")
    return f"{name}: {rule}" if rule else name


def _posted(request: HttpRequest, row: Journey) -> HttpResponse:
    typed = request.POST.get("graph", "")
    try:
        graph = json.loads(typed)
        if not isinstance(graph, dict):
            raise ValueError("a journey is an object in curly brackets")
        save_draft(row.pk, graph, seen=request.POST.get("revision", ""), by=actor(request), now=utc_now())
    except (DraftConflictError, DraftRefusedError) as error:
        messages.error(request, f"It is not saved: {error}")
        return _page(request, row, typed)
    except (ValueError, RecursionError) as error:
        messages.error(request, BAD_JSON.format(error))
        return _page(request, row, typed)
    messages.info(request, "The draft is saved. What is missing stands beside its step.")
    return HttpResponseRedirect(reverse("journey", args=[row.pk]))


def _page(request: HttpRequest, row: Journey, typed: str) -> HttpResponse:
    said = said_of(row)
    is_editable = may(request, CHANGE) and row.state != Journey.State.ARCHIVED
    data = {
        "graph": row.draft,
        "revision": revision(row.draft),
        "version": row.version.number if row.version else None,
        "sentences": said["sentences"],
        "faults": said["faults"],
        "isEditable": is_editable,
        "choices": choices(),
        "language": rule_language(),
        "urls": _urls(row),
    }
    context = around(
        request,
        row.name,
        row,
        "journey",
        data=data,
        typed=typed,
        revision=data["revision"],
        said=said,
        steps=readable(row.draft.get("steps"), said),
        problems=said["errors"],
        differs=row.version is None or row.version.graph != row.draft,
        is_editable=is_editable,
        sections=_sections(said),
        may_copy=may(request, ADD),
    )
    return TemplateResponse(request, "admin/journey/builder.html", context)


def _sections(said: Mapping[str, Any]) -> Sequence[tuple[str, str, Sequence[str]]]:
    heads = (("trigger", "It starts when"), ("audience", "For whom"), ("goal", "Goal"), ("exits", "Ends early"))
    return [(title, said["sentences"].get(key, ""), said["faults"].get(key, ())) for key, title in heads]


def _urls(row: Journey) -> dict[str, str | None]:
    return {
        "draft": reverse("journey-draft", args=[row.pk]),
        "counts": reverse("journey-counts", args=[row.pk]),
        "suggest": reverse("admin:segments_segment_suggest"),
        "preview": reverse("admin:segments_segment_preview"),
        "templates": url_or_none("mail-templates"),
    }
