"""The live view: the newest items with their verdicts, asked for once a second by the page's script."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from cdp.access.services import record_audit
from events.admin_parts import editable, id_in, may_see_personal, without_tokens
from events.models import Source
from events.queries import source_names
from events.queries.debugging import SeenItem, SeenRequest, newest_requests, raw_item
from profiles.identifiers import masked
from profiles.queries import profiles_of_identifiers

RIGHT = "events.view_inbox"
MOST_AGAIN = 60


def live_page(request: HttpRequest) -> HttpResponse:
    """The page; its script asks `live_items`."""
    _allowed(request)
    source = _source(request)
    context = admin.site.each_context(request) | {
        "title": f"Live: {source.name}" if source else "Live",
        "source": source,
        "sources": Source.objects.order_by("name"),
        "may_see": may_see_personal(request),
    }
    return TemplateResponse(request, "admin/live.html", context)


def live_items(request: HttpRequest) -> JsonResponse:
    """`after`: the newest request seen; `again`: requests that waited when last seen. Newest first, up to 200 items."""
    _allowed(request)
    source = _source(request)
    after = id_in(request.GET.get("after")) or 0
    asked = (id_in(one) for one in request.GET.get("again", "").split(",")[:MOST_AGAIN])
    found = newest_requests(source.pk if source else None, after, [one for one in asked if one is not None])
    names = source_names()
    identifier_ids = {item.identifier_id for one in found for item in one.items if item.identifier_id is not None}
    people = profiles_of_identifiers(identifier_ids) if identifier_ids else {}
    shown = _Shown(request, names, people)
    newest = max((one.id for one in found), default=after)
    return JsonResponse({"cursor": newest, "requests": [shown.request(one) for one in found]})


def live_raw(request: HttpRequest, inbox_id: int, index: int) -> JsonResponse:
    """One item's bytes, for those who may see personal data; each opening is audited."""
    _allowed(request)
    if not may_see_personal(request):
        raise PermissionDenied("Raw events need the right to view personal data.")
    raw = raw_item(inbox_id, index) if inbox_id < 10**18 else None
    if raw is None:
        raise Http404("The request is not kept any more.")
    record_audit(cast(Any, request.user), "looked at a raw event", f"inbox:{inbox_id}:{index}")
    return JsonResponse({"raw": editable(without_tokens(raw))[:65_536]})


class _Shown:
    """Requests and items as the page draws them, for one reader."""

    def __init__(self, request: HttpRequest, sources: dict[int, str], people: dict[int, Any]) -> None:
        may = getattr(request.user, "has_perm", lambda _: False)
        self.unmasked = may_see_personal(request)
        self.sources, self.people = sources, people
        self.events = may("events.view_event")
        self.rejected = may("events.view_rejectedevent")
        self.profiles = may("profiles.view_profile")

    def request(self, one: SeenRequest) -> dict[str, Any]:
        """A request with its items."""
        return {
            "id": one.id,
            "source": self.sources.get(one.source_id, f"#{one.source_id}"),
            "at": _clock(one.received_at),
            "atIso": one.received_at.isoformat(),
            "waits": not one.is_done,
            "bulk": one.is_bulk,
            "more": one.more,
            "items": [self.item(item) for item in one.items],
        }

    def item(self, item: SeenItem) -> dict[str, Any]:
        """An item; ids masked without the right, links to what the reader may open."""
        who = [("user_id", item.user_id), ("anonymous_id", item.anonymous_id)]
        ids = [value if self.unmasked else masked(kind, value) for kind, value in who if value]
        profile = self.people.get(item.identifier_id) if item.identifier_id is not None else None
        links = []
        if item.event_id is not None and self.events:
            links.append(("Event", reverse("admin:events_event_change", args=[item.event_id])))
        if profile is not None and self.profiles:
            links.append(("Person", reverse("admin:profiles_profile_change", args=[profile])))
        if item.rejected_id is not None and self.rejected:
            links.append(("Quarantine", reverse("admin:events_rejectedevent_change", args=[item.rejected_id])))
        return {
            "index": item.index,
            "verdict": item.verdict,
            "type": item.type,
            "name": item.name,
            "ids": ids,
            "flags": list(item.flags),
            "reason": item.reason,
            "occurred": None
            if item.occurred_at is None
            else f"{timezone.localtime(item.occurred_at):%-d %b %Y %H:%M:%S}",
            "links": links,
        }


def _allowed(request: HttpRequest) -> None:
    if not getattr(request.user, "has_perm", lambda _: False)(RIGHT):
        raise PermissionDenied("The live view needs the right to view the inbox.")


def _source(request: HttpRequest) -> Source | None:
    asked = id_in(request.GET.get("source"))
    return Source.objects.filter(pk=asked).first() if asked is not None else None


def _clock(at: datetime) -> str:
    return timezone.localtime(at).strftime("%H:%M:%S")


def _day(at: datetime) -> str:
    return timezone.localtime(at).strftime("%-d %b %Y")
