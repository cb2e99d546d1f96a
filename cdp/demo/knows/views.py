"""GET /dev/knows/: what the platform knows of this session, as JSON; 304 while nothing has changed."""

import hashlib
from datetime import datetime

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.views.decorators.http import require_safe

from cdp.demo.knows import gathering
from cdp.demo.knows.binding import Bound, bound_to
from cdp.demo.knows.contracts import Known
from cdp.demo.shop.visitor import Visitor, choice_of, may_track, visitor_of
from cdp.lib.clock import utc_now

NOTHING = {
    "undecided": "Nothing yet: you have not chosen whether you may be followed.",
    "refused": "Nothing: you refused, so this browser sends no events, and nothing here knows it.",
    "unknown": "Nothing yet: no event of this browser has arrived.",
}
WITHHELD = (
    "This browser is linked with an address or an account that you have not signed in to."
    " Only its own events are shown."
)


@require_safe
def knows(request: HttpRequest) -> HttpResponse:
    """Bound to the signed cookie: no parameter names anybody, and a cookie that does not verify is nobody."""
    body = msgspec.json.encode(_known(request, visitor_of(request), utc_now()), enc_hook=str)
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


def _known(request: HttpRequest, visitor: Visitor, now: datetime) -> Known:
    bound = bound_to(visitor, is_tracked=may_track(request))
    if bound is None:
        choice = choice_of(request)
        state = "unknown" if may_track(request) else "undecided" if choice is None else "refused"
        return Known(state=state, headline=NOTHING[state])
    sections = gathering.sections(bound, visitor.anonymous_id, now)
    mailbox = reverse("mailbox")
    return Known(
        state="known",
        headline=_headline(bound, sections["event_count"], gathering.in_segments(sections.get("segments", []))),
        note=WITHHELD if bound.withheld else "",
        scope="person" if bound.profile_id else "browser",
        mailbox=mailbox,
        **sections,
    )


def _headline(bound: Bound, events: int, member_of: int) -> str:
    counted = _counted(events, "event")
    if bound.profile_id is None:
        return f"This browser: {counted}."
    ids = _counted(len(bound.identifiers), "identifier")
    return f"One person: {counted}, {ids}, in {_counted(member_of, 'segment')}."


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
