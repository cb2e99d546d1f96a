"""The journals: merges and splits, who is kept apart, and the event that first told of a link."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from cdp.identity_desk import journal, separations
from cdp.identity_desk.people import SEE, identity_url, reader_of
from events.models import Event, StoredMessage
from profiles import queries as profiles
from profiles.models import IdentityChange, Link, Separation

ROWS = 50
KINDS = ((IdentityChange.Kind.MERGED.value, "Merges"), (IdentityChange.Kind.SPLIT.value, "Splits"))


def merge_journal(request: HttpRequest) -> HttpResponse:
    """Every merge and split, newest first, by kind, cause and day."""
    must_see(request)
    reader = reader_of(request)
    chosen = {name: request.GET.get(name, "") for name in ("kind", "cause", "since", "until")}
    found = IdentityChange.objects.filter(_asked(chosen)).order_by("-at", "-pk")
    if last := IdentityChange.objects.filter(pk=_number(request.GET.get("before")) or 0).first():
        found = found.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    changes = list(found[: ROWS + 1])
    context = {
        "rows": journal.shown(changes[:ROWS], personal=reader.personal),
        "chosen": chosen,
        "kinds": KINDS,
        "causes": [(cause.value, words) for cause, words in journal.CAUSES.items()],
        "is_filtered": any(chosen.values()),
        "older": _with(request, before=str(changes[ROWS - 1].pk)) if len(changes) > ROWS else "",
        "newest": "before" in request.GET,
        "decides": reader.decides,
        "personal": reader.personal,
    }
    return page(request, "admin/identity/journal.html", "Merge journal", context)


def kept_apart(request: HttpRequest) -> HttpResponse:
    """Every separation, newest first: in force, lifted, or all."""
    must_see(request)
    reader = reader_of(request)
    state = request.GET.get("state", "")
    found = Separation.objects.select_related("made_by", "lifted_by").order_by("-pk")
    if state in ("active", "lifted"):
        found = found.filter(lifted_at__isnull=state == "active")
    if before := _number(request.GET.get("before")):
        found = found.filter(pk__lt=before)
    rows = list(found[: ROWS + 1])
    context = {
        "rows": separations.shown(rows[:ROWS], personal=reader.personal),
        "state": state,
        "states": (("", "All"), ("active", "In force"), ("lifted", "Lifted")),
        "older": _with(request, before=str(rows[ROWS - 1].pk)) if len(rows) > ROWS else "",
        "decides": reader.decides,
        "personal": reader.personal,
    }
    return page(request, "admin/identity/apart.html", "Kept apart", context)


def evidence(request: HttpRequest, link_id: int) -> HttpResponse:
    """On to the event that first told of a link; back to the person where the log has none."""
    must_see(request)
    if not _may_see_events(request):
        raise PermissionDenied("You may not see events.")
    link = Link.objects.select_related("a", "b").filter(pk=link_id).first()
    if link is None:
        raise Http404("There is no such link any more.")
    told = StoredMessage.objects.filter(source_id=link.source_id or 0, message_hash=link.message_hash).first()
    if told is not None:
        people = profiles.identifiers_of({link.a.profile_id, link.b.profile_id})
        ids = [fact.id for facts in people.values() for fact in facts]
        found = Event.objects.filter(
            identifier_id__in=ids, occurred_at=told.occurred_at, message_hash=link.message_hash
        )
        if event := found.order_by("pk").first():
            return HttpResponseRedirect(reverse("admin:events_event_change", args=[event.pk]))
    messages.info(request, "The log holds no event for this link: it was set aside in quarantine, or erased since.")
    return HttpResponseRedirect(identity_url(link.a.profile_id))


def must_see(request: HttpRequest) -> None:
    """Raise PermissionDenied unless this member of staff may look at people."""
    if not getattr(request.user, "has_perm", lambda _: False)(SEE):
        raise PermissionDenied("You may not look at people.")


def page(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of the desk in the admin's frame."""
    shared = admin.site.each_context(request) | {"title": title, "may": {"event": _may_see_events(request)}}
    return TemplateResponse(request, template, shared | context, status=status)


def _may_see_events(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "has_perm", lambda _: False)("events.view_event"))


def _asked(chosen: dict[str, str]) -> Q:
    found = Q()
    if chosen["kind"] in IdentityChange.Kind.values:
        found &= Q(kind=chosen["kind"])
    if chosen["cause"] in IdentityChange.Cause.values:
        found &= Q(cause=chosen["cause"])
    if since := _day(chosen["since"]):
        found &= Q(at__gte=_midnight(since))
    if until := _day(chosen["until"]):
        found &= Q(at__lt=_midnight(until + timedelta(days=1)))
    return found


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 <= found.year < 9000 else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _with(request: HttpRequest, **changes: str) -> str:
    query: QueryDict = request.GET.copy()
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()
