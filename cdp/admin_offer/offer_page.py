"""One offer: its form, and beside it whom it reaches and what it would have cost. Nothing typed is ever lost."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cdp.admin_journey.choosing import rule_language
from cdp.admin_offer import fields
from cdp.admin_offer.estimate import estimate
from cdp.admin_offer.fields import OfferForm, field_of
from cdp.admin_offer.rights import ADD, CHANGE, LOOK, around, found, require, tabs
from cdp.lib.admin_parts import actor, may
from cdp.lib.clock import utc_now
from commerce.models import Product
from offers.models import Offer
from offers.sentences import KINDS, sentence
from offers.services import publishing
from offers.services.publishing import OfferDraft, OfferRefusedError
from offers.terms import Kind, TermsError, TermsFault, parse_terms
from segments.queries.suggesting import names_of

WEEKDAYS = (
    *(("mon", "Monday"), ("tue", "Tuesday"), ("wed", "Wednesday"), ("thu", "Thursday"), ("fri", "Friday")),
    *(("sat", "Saturday"), ("sun", "Sunday")),
)
SCRIPTS = tuple(f"segments/builder/{name}.js" for name in ("tree", "controls", "clauses", "view", "drag", "live"))
BEGINNINGS: Mapping[str, dict[str, Any]] = {
    "percent": {"value": "10"},
    "amount": {"value": "5"},
    "bundle": {"bundle": {"buy": {"quantity": 2}, "get": {"quantity": 1}}},
    "points": {"points": {"points": 1, "per": "1"}},
    "gift": {"gift": {"quantity": 1}},
}
UNSAID = "Say what the customer gets: it is read back here in words."


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new offer of ?kind=."""
    require(request, LOOK, ADD)
    if request.method == "POST":
        return _posted(request, fields.of_post(request.POST), None)
    asked = request.GET.get("kind", "")
    kind = asked if asked in set(Kind) else Kind.PERCENT.value
    form = fields.of_terms({"kind": kind, "currency": _usual_currency(), **BEGINNINGS.get(kind, {})})
    return _page(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, offer_id: int) -> HttpResponse:
    """An offer that is there. Who may not change it may look at it all the same."""
    require(request, LOOK)
    row = found(offer_id)
    if request.method == "POST" and (may(request, CHANGE) or request.POST.get("what") == "estimate"):
        return _posted(request, fields.of_post(request.POST), row)
    return _page(request, _stored(row), row)


def _usual_currency() -> str:
    """What most products are priced in."""
    rows = Product.objects.exclude(currency="").values("currency").annotate(n=Count("pk")).order_by("-n")
    return str(rows[0]["currency"]) if rows else ""


def _stored(row: Offer) -> OfferForm:
    terms = row.draft or (row.version.terms if row.version else {})
    return fields.of_terms(terms, name=row.name, key=row.key, notes=row.notes)


def _posted(request: HttpRequest, form: OfferForm, row: Offer | None) -> HttpResponse:
    what = request.POST.get("what")
    terms = form.check()
    if what not in ("save", "publish"):
        return _estimated(request, form, row, terms)
    if what == "publish" and form.errors:
        return _page(request, form, row, said="It is not published:")
    if "name" in form.errors:
        return _page(request, form, row, said="It is not saved:")
    try:
        seen = datetime.fromisoformat(request.POST.get("seen", "")) if row else None
    except ValueError:
        seen = None
    draft = OfferDraft(form.name, terms, key=form.key, notes=form.notes, seen_at=seen)
    try:
        saved = publishing.save_draft(draft, offer_id=row.pk if row else None, by=actor(request))
    except OfferRefusedError as error:
        form.errors.clear()
        return _page(request, _failed(form, error.faults), row, said="It is not saved:")
    if what == "publish":
        try:
            saved = publishing.publish(saved.pk, now=utc_now(), by=actor(request))
        except OfferRefusedError as error:
            return _page(
                request, _failed(form, error.faults), found(saved.pk), said="It is saved as a draft, not published:"
            )
    messages.info(request, _told(saved, what, len(form.errors)))
    return HttpResponseRedirect(reverse("offer", args=[saved.pk]))


def _told(saved: Offer, what: str, open_faults: int) -> str:
    if what == "save":
        rest = (
            f" {open_faults} thing{'' if open_faults == 1 else 's'} to mend before it can be published."
            if open_faults
            else ""
        )
        holds = " What holds is unchanged." if saved.version_id else ""
        return f"The draft of “{saved.name}” is saved.{holds}{rest}"
    if saved.submitted_at is not None:
        return f"“{saved.name}” waits for the approval of a second person: {_why(saved)}"
    return f"“{saved.name}” is live: carts are told of it within three seconds."


def _why(row: Offer) -> str:
    try:
        return publishing.why_approval(parse_terms(row.draft))
    except TermsError:
        return ""


def _failed(form: OfferForm, faults: Sequence[publishing.Fault]) -> OfferForm:
    for path, message in faults:
        name = field_of(TermsFault(path, message)) if path.startswith("$") else path or "other"
        form.fail(name if name != "seen" else "other", message)
    return form


def _estimated(request: HttpRequest, form: OfferForm, row: Offer | None, terms: dict[str, Any]) -> HttpResponse:
    """Computed for what is typed: for the page's script a piece of it, else the whole page."""
    context: dict[str, Any] = {"faults": sorted(form.errors.items()), "sentence": "", "estimate": None}
    try:
        parsed = parse_terms(terms)
    except TermsError:
        context["estimate"] = {"problem": "Mend what is marked in the form, and it is computed here at once."}
    else:
        slug = (
            row.version.audience_slug
            if row and row.version and row.version.terms.get("audience") == terms.get("audience")
            else ""
        )
        context["sentence"] = sentence(parsed)
        context["estimate"] = estimate(parsed, slug, utc_now())
    if request.headers.get("X-Preview") == "yes":
        return TemplateResponse(request, "offers/estimate.html", context)
    return _page(request, form, row, **context)


def _page(request: HttpRequest, form: OfferForm, row: Offer | None, *, said: str = "", **more: Any) -> HttpResponse:
    try:
        in_words = sentence(parse_terms(form.terms()))
    except TermsError:
        in_words = UNSAID
    is_readonly = not may(request, CHANGE if row else ADD)
    limit = settings.OFFER_APPROVAL_BUDGET
    context: dict[str, Any] = around(
        request,
        row.name if row else "New offer",
        offer=row,
        form=form,
        seen=request.POST.get("seen") or (row.updated_at.isoformat() if row else ""),
        tabs=tabs(row, "offer") if row else (),
        is_readonly=is_readonly,
        problems=sum(map(len, form.errors.values())) if said else 0,
        problems_said=said,
        kinds=[(kind.value, *words) for kind, words in KINDS.items()],
        usual_units="the cheapest of a bundle, else the dearest",
        segments=[*names_of("rule").items(), *names_of("static").items()],
        weekdays=WEEKDAYS,
        zone=settings.COMPANY_TIME_ZONE,
        starts_at=fields.for_input(form.texts.get("starts_at", "")),
        ends_at=fields.for_input(form.texts.get("ends_at", "")),
        approval_above=f"{limit:,}" if limit else "",
        publish_words="Publish offer" if row is None or row.version is None else "Publish changes",
        differs=bool(row and row.version and row.draft and row.draft != row.version.terms),
        acts=_acts(request, row) if row else (),
        why_approval=_why(row) if row and row.submitted_at else "",
        versions=row.versions.select_related("published_by", "approved_by").order_by("-number")[:20] if row else (),
        builder_scripts=SCRIPTS,
        builder={
            "language": rule_language(),
            "previewUrl": reverse("admin:segments_segment_preview"),
            "suggestUrl": reverse("admin:segments_segment_suggest"),
        },
    )
    return TemplateResponse(
        request, "offers/edit.html", context | {"sentence": in_words} | {k: v for k, v in more.items() if v}
    )


def _acts(request: HttpRequest, row: Offer) -> list[tuple[str, str]]:
    found_acts = []
    if row.submitted_at is not None:
        if may(request, "offers.approve_offer"):
            found_acts.append(("approve", "Approve it"))
        found_acts.append(("refuse", "Take back, or refuse"))
    if row.version is not None:
        acts = {
            Offer.State.LIVE: [("pause", "Pause"), ("end", "End")],
            Offer.State.PAUSED: [("resume", "Resume"), ("end", "End")],
            Offer.State.ENDED: [("resume", "Make live again")],
        }
        found_acts += acts.get(Offer.State(row.state), [])
    return found_acts
