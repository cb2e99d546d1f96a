"""Decisions about who is one person: each is a preview first, then a POST with its reason; a stale one is refused."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cdp.access.services import record_view
from cdp.identity_desk import deciding, journal, previewing, separations
from cdp.identity_desk.lists import must_see, page
from cdp.identity_desk.people import Called, called, reader_of, spoken
from cdp.identity_desk.reading import crossing, facts_of
from cdp.identity_desk.searching import people_by
from cdp.lib.clock import utc_now
from consent.models import Entry
from profiles import queries as profiles
from profiles.contracts import DecisionOutdated, DecisionRefused
from profiles.models import IdentityChange, Link, Separation
from profiles.services import shadow

CHANGED = "These people changed while you were looking. This is what it would do now: look again, then confirm."
LINKS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A decision that was asked for: the two sides, what it is about, and its words."""

    one: tuple[int, ...]
    other: tuple[int, ...]
    about: str
    title: str
    button: str
    back: str
    back_words: str


@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """Part a person: what a merge brought (`change`, `part`), or what was picked (`pick`), from the rest."""
    must_decide(request)
    person = _person(request, profile_id)
    picked = _picked(request, person)
    others = tuple(sorted(_others(request, person, picked)))
    if not picked or not others:
        messages.error(request, "Pick some of the identifiers, but not all: they are split off from the others.")
        return HttpResponseRedirect(person.url)
    undoes = "change" in request.GET
    asked = Asked(
        one=tuple(sorted(picked)),
        other=others,
        about=f"apart {sorted(picked)} {list(others)}",
        title="Undo this merge" if undoes else "Split these off",
        button="Undo the merge" if undoes else "Split into two",
        back=person.url,
        back_words=f"Leave {person.name} as they are",
    )
    return _decide_apart(request, asked)


@require_http_methods(["GET", "HEAD", "POST"])
def never(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """Keep a person apart from another one: search them, then the preview."""
    must_decide(request)
    person = _person(request, profile_id)
    if other_id := _uuid(request.GET.get("other", "")):
        other = _person(request, other_id)
        if other.profile_id != person.profile_id:
            one, two = (tuple(sorted(fact.id for fact in each.identifiers)) for each in (person, other))
            asked = Asked(
                one=one,
                other=two,
                about=f"apart {one} {two}",
                title="Never link these two",
                button="Never link them",
                back=person.url,
                back_words="Leave them as they are",
            )
            return _decide_apart(request, asked)
        messages.error(request, "That is the same person: to part them, pick identifiers below and split them off.")
        return HttpResponseRedirect(person.url)
    text = request.POST.get("q", "").strip()
    hits = people_by(text, personal=reader_of(request).personal) if text else []
    context = {
        "person": person,
        "hits": [hit for hit in hits if hit.person.profile_id != person.profile_id],
        "is_same": any(hit.person.profile_id == person.profile_id for hit in hits),
        "asked": text,
        "personal": reader_of(request).personal,
    }
    return page(request, "admin/identity/never.html", f"Keep {person.name} apart from somebody", context)


@require_http_methods(["GET", "HEAD"])
def separation(request: HttpRequest, separation_id: int) -> HttpResponse:
    """One separation: who is kept from whom and why; right after the decision also what was done."""
    must_see(request)
    reader = reader_of(request)
    row = Separation.objects.select_related("made_by", "lifted_by").filter(pk=separation_id).first()
    if row is None:
        raise Http404("There is no such separation.")
    (kept,) = separations.shown([row], personal=reader.personal)
    context = {
        "kept": kept,
        "sides": (kept.left, kept.right),
        "withdrawals": Entry.objects.filter(separation_id=separation_id).count(),
        "decides": reader.decides,
        "personal": reader.personal,
        "done": request.GET.get("done", ""),
    }
    title = "Kept apart" if kept.lifted_at is None else "No longer kept apart"
    return page(request, "admin/identity/separation.html", title, context)


@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, separation_id: int) -> HttpResponse:
    """Take a separation back: links between the two sides count again."""
    must_decide(request)
    here = reverse("identity-separation", args=[separation_id])
    row = Separation.objects.filter(pk=separation_id).first()
    if row is None:
        raise Http404("There is no such separation.")
    if row.lifted_at is not None:
        messages.info(request, "It was lifted already.")
        return HttpResponseRedirect(here)
    one, other = separations.ids_of(separation_id)
    personal, now = reader_of(request).personal, utc_now()
    preview = previewing.build(
        shadow.lifted(separation_id), [*one, *other], personal=personal, now=now, about=f"lift {separation_id}"
    )
    problem = ""
    if request.method == "POST":
        problem = _objection(request, preview)
        if not problem:
            try:
                deciding.join_again(separation_id, seen=preview.seen, reason=_reason(request), actor=_actor(request))
                return HttpResponseRedirect(f"{here}?done=lifted")
            except DecisionRefused as refused:
                problem = _said(refused)
    asked = Asked(
        one=tuple(one), other=tuple(other), about="", title="Let them join again", button="Let them join again",
        back=here, back_words="Keep them apart",
    )  # fmt: skip
    return _preview_page(request, asked, preview, problem, lifts=row)


def must_decide(request: HttpRequest) -> None:
    """Raise PermissionDenied unless this member of staff may decide who is one person."""
    must_see(request)
    if not reader_of(request).decides:
        raise PermissionDenied("Your group may not decide who is one person.")


def _decide_apart(request: HttpRequest, asked: Asked) -> HttpResponse:
    personal, now = reader_of(request).personal, utc_now()
    found = shadow.separated(asked.one, asked.other)
    preview = previewing.build(
        found,
        [*asked.one, *asked.other],
        carried=previewing.carried_between(*previewing.whole_sides(found, asked.one, asked.other), now),
        personal=personal,
        now=now,
        about=asked.about,
    )
    problem = ""
    if request.method == "POST":
        problem = _objection(request, preview)
        if not problem:
            try:
                made = deciding.keep_apart(
                    asked.one,
                    asked.other,
                    carried=preview.carried,
                    seen=preview.seen,
                    reason=_reason(request),
                    actor=_actor(request),
                    now=now,
                )
                return HttpResponseRedirect(reverse("identity-separation", args=[made.pk]) + "?done=apart")
            except DecisionRefused as refused:
                problem = _said(refused)
    return _preview_page(request, asked, preview, problem)


def _preview_page(
    request: HttpRequest, asked: Asked, preview: previewing.Preview, problem: str, *, lifts: Separation | None = None
) -> HttpResponse:
    personal, now = reader_of(request).personal, utc_now()
    for person in preview.before:
        record_view(_actor(request), f"profile:{person.profile_id}", "identity preview", now=now)
    links = [] if lifts else crossing(asked.one, asked.other)
    facts = profiles.identifier_facts([*asked.one, *asked.other])
    context: dict[str, Any] = {
        "asked": asked,
        "preview": preview,
        "lifts": lifts,
        "problem": problem,
        "reason": _reason(request),
        "one": [spoken(facts[i], personal=personal) for i in asked.one[:LINKS_SHOWN] if i in facts],
        "other": [spoken(facts[i], personal=personal) for i in asked.other[:LINKS_SHOWN] if i in facts],
        "more_one": max(0, len(asked.one) - LINKS_SHOWN),
        "more_other": max(0, len(asked.other) - LINKS_SHOWN),
        "links": [_crossing_words(link, personal=personal) for link in links[:LINKS_SHOWN]],
        "link_count": len(links),
        "tied_since": links[-1].first_seen_at if len(links) > 1 else None,
        "personal": personal,
    }
    return page(request, "admin/identity/preview.html", asked.title, context, status=409 if problem == CHANGED else 200)


def _crossing_words(link: Link, *, personal: bool) -> tuple[str, str, Any]:
    return spoken(facts_of(link.a), personal=personal), spoken(facts_of(link.b), personal=personal), link.first_seen_at


def _objection(request: HttpRequest, preview: previewing.Preview) -> str:
    if request.POST.get("fingerprint") != preview.fingerprint:
        return CHANGED
    return "" if _reason(request) else "Say why: the journal keeps the reason."


def _said(refused: DecisionRefused) -> str:
    return CHANGED if isinstance(refused, DecisionOutdated) else str(refused)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:2_000]


def _actor(request: HttpRequest) -> Any:
    return request.user


def _person(request: HttpRequest, profile_id: UUID) -> Called:
    """Who this id (present or former) is now. Raises Http404."""
    present = profiles.resolve(profile_id) or profile_id
    found = called([present], personal=reader_of(request).personal).get(present)
    if found is None:
        raise Http404("There is no such person.")
    return found


def _picked(request: HttpRequest, person: Called) -> set[int]:
    own = {fact.id for fact in person.identifiers}
    if change := _undone(request):
        part = _uuid(request.GET.get("part", ""))
        return own & {move.identifier_id for move in journal.moved_and_still_here(change, part)}
    return own & {number for text in request.GET.getlist("pick") if (number := _number(text))}


def _others(request: HttpRequest, person: Called, picked: set[int]) -> set[int]:
    """Whom the picked ones are kept apart from. Of a merge undone only those it joined them with: what came later
    stands on no side and goes where its own links lead.
    """
    rest = {fact.id for fact in person.identifiers} - picked
    change = _undone(request)
    return (rest & journal.members_after(change)) or rest if change else rest


def _undone(request: HttpRequest) -> IdentityChange | None:
    """The merge to be undone, where one was named. Raises Http404."""
    number = _number(request.GET.get("change", ""))
    if not number:
        return None
    change = IdentityChange.objects.filter(pk=number, kind=IdentityChange.Kind.MERGED).first()
    if change is None:
        raise Http404("There is no such merge in the journal.")
    return change


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
