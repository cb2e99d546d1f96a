"""The builder's autosave: the draft comes in as JSON, what is to be said of it goes out."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from automation.services.drafting import (
    MOST_BYTES,
    DraftConflictError,
    DraftRefusedError,
    revision,
    save_draft,
)
from cdp.admin_journey.remarking import said_of
from cdp.admin_journey.rights import CHANGE, found
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now

UNREADABLE = "What came in could not be read: reload the page."


@require_POST
def draft(request: HttpRequest, journey_id: int) -> HttpResponse:
    """POST {graph, revision}: {revision, saved, sentences, faults, notes, differs}; 409 where somebody was faster."""
    row = found(request, journey_id, CHANGE)
    if len(request.body) > MOST_BYTES:
        return JsonResponse({"error": "This journey is too large: split it into several."}, status=400)
    try:
        given = json.loads(request.body)
        graph, seen = given["graph"], str(given["revision"])
        if not isinstance(graph, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({"error": UNREADABLE}, status=400)
    now = utc_now()
    try:
        saved = save_draft(row.pk, graph, seen=seen, by=actor(request), now=now)
    except DraftConflictError as error:
        told = f"{error} Yours is not saved. Load theirs, or keep yours and write over it."
        return JsonResponse({"error": told, "revision": revision(error.row.draft)}, status=409)
    except DraftRefusedError as error:
        return JsonResponse({"error": str(error)}, status=400)
    saved.version = row.version
    answer = said_of(saved) | {
        "revision": revision(saved.draft),
        "saved": f"Saved {timezone.localtime(now):%H:%M:%S}",
        "differs": row.version is None or row.version.graph != saved.draft,
    }
    return JsonResponse(answer)
