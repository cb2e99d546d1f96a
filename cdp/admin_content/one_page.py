"""One block of content: variants, schedule, versions, and beside them how somebody meets it. Nothing typed is lost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cdp.admin_content import typed as forms
from cdp.admin_content.list_page import ABOUT, KINDS, sentence
from cdp.admin_content.preview import Preview, preview
from cdp.admin_content.rights import ADD, CHANGE, LOOK, actor, around, found, require
from cdp.admin_content.typed import Typed
from cdp.admin_placement.pictures import let_pictures_in
from cdp.admin_placement.preview import wanted_of
from cdp.admin_price.whom import who_context
from cdp.lib.admin_parts import may
from cdp.lib.clock import utc_now
from decisions.content import Content, Kind, body_faults, faults, read_content
from decisions.models import ContentBlock
from decisions.services import content as services
from decisions.services.content import ContentDraft, ContentRefusedError
from segments.queries.suggesting import names_of

BLANK = dict.fromkeys((*forms.HEAD, *forms.BODY), "")


@dataclass(frozen=True, slots=True)
class Card:
    """The fields of one variant, or of the fallback. `errors`: by its own field's name; `row` for the whole of it."""

    token: str
    values: dict[str, str]
    errors: dict[str, list[str]]


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new block of ?kind=."""
    require(request, LOOK, ADD)
    if request.method == "POST":
        return _posted(request, forms.of_post(request.POST), None)
    asked = request.GET.get("kind", "")
    kind: Kind = "html" if asked == "html" else "data" if asked == "data" else "banner"
    return _page(request, forms.fresh(kind), None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, block_id: int) -> HttpResponse:
    """A block that is there. Who may not change it may look at it as anybody all the same."""
    require(request, LOOK)
    row = found(block_id)
    if request.method == "POST":
        form = forms.of_post(request.POST) if may(request, CHANGE) else _stored(row)
        return _posted(request, form, row)
    return _page(request, _stored(row), row)


def _posted(request: HttpRequest, form: Typed, row: ContentBlock | None) -> HttpResponse:
    if row is not None:
        form.texts["key"] = row.key
    draft, what = form.draft(), request.POST.get("what")
    if what not in ("save", "publish"):
        return _previewed(request, form, draft, row)
    require(request, CHANGE if row else ADD)
    segments = {*names_of("rule"), *names_of("static")}
    wrong = faults(draft.content, segments)
    try:
        if form.errors or (what == "publish" and wrong):
            raise ContentRefusedError(wrong)
        saved = services.save_draft(draft, block_id=row.pk if row else None, by=actor(request))
        if what == "publish":
            services.publish(saved.pk, segments=segments, by=actor(request))
    except ContentRefusedError as error:
        form.fail(error.faults)
        if row is not None:
            form.texts["seen"] = row.updated_at.isoformat()
        return _page(request, form, row)
    messages.info(request, _said(saved.name, published=what == "publish", wrong=len(wrong)))
    return HttpResponseRedirect(reverse("content-block", args=[saved.pk]))


def _said(name: str, *, published: bool, wrong: int) -> str:
    if published:
        return f"“{name}” is published: pages show it within three seconds."
    mend = f" Before it can be published, {wrong} thing{'' if wrong == 1 else 's'} must be mended." if wrong else ""
    return f"The draft of “{name}” is saved; what is shown stays as it is.{mend}"


def _previewed(request: HttpRequest, form: Typed, draft: ContentDraft, row: ContentBlock | None) -> HttpResponse:
    """What is typed, shown: by the page's script a piece of it, else the whole page."""
    wrong = faults(draft.content, {*names_of("rule"), *names_of("static")})
    at, locale = _at(request), request.POST.get("at_locale", "").strip()[:35]
    if form.errors or any(not one[0].startswith(("fallback", "variants")) for one in wrong):
        form.fail(wrong)
        shown = Preview("Nothing to show yet", problem="Mend what is marked in the form, and it is shown here at once.")
    else:
        shown = _shown(request, draft, locale, at)
        form.fail(fault for fault in wrong if not _is_untouched(form, fault[0]))
    if request.headers.get("X-Preview") != "yes":
        return _page(request, form, row, shown=shown)
    context = {"preview": shown, "faults": sorted(form.errors.items())}
    return let_pictures_in(request, TemplateResponse(request, "content/preview.html", context))


def _shown(request: HttpRequest, draft: ContentDraft, locale: str, at: datetime) -> Preview:
    content = draft.content
    if body_faults("", content.kind, content.fallback) and not content.variants:
        return Preview("Nothing to show yet", problem="Write what everybody sees, and it is shown here at once.")
    return preview(request, draft.key, content, wanted_of(request.POST), locale, at)


def _is_untouched(form: Typed, where: str) -> bool:
    """Whether nothing was typed yet into what this fault is about: a fresh variant is no error while it is begun."""
    group, number, *_ = [*where.split("."), ""]
    if group == "fallback":
        return not any(form.fallback.values())
    if not number.isdecimal() or int(number) >= len(form.variants):
        return False
    return not any(form.variants[int(number)][name] for name in forms.BODY)


def _stored(row: ContentBlock) -> Typed:
    """The form of the draft; of one that cannot be read, an empty one with a word about it."""
    try:
        content = read_content(row.draft)
    except msgspec.ValidationError as error:
        form = forms.of_content(Content("banner", {}), key=row.key, name=row.name, seen_at=row.updated_at)
        form.fail([("seen", f"The draft cannot be read ({error}): restore a version, or write it anew.")])
        return form
    return forms.of_content(content, key=row.key, name=row.name, seen_at=row.updated_at)


def _page(request: HttpRequest, form: Typed, row: ContentBlock | None, *, shown: Preview | None = None) -> HttpResponse:
    segments = {**names_of("rule"), **names_of("static")}
    wanted = wanted_of(request.POST)
    context: dict[str, Any] = around(
        request,
        row.name if row else f"New content: {KINDS[form.kind]}",
        piece=row,
        form=form,
        kind_words=KINDS[form.kind],
        kind_about=ABOUT[form.kind],
        problems=sum(map(len, form.errors.values())),
        fallback=Card("fallback", form.fallback, _errors(form, "fallback")),
        variants=[Card(f"old{n}", one, _errors(form, f"variants.{n}")) for n, one in enumerate(form.variants)],
        blank=Card("__new__", BLANK, {}),
        segments=sorted(segments.items(), key=lambda pair: pair[1].casefold()),
        is_readonly=not may(request, CHANGE if row else ADD),
        preview=shown,
        at_locale=request.POST.get("at_locale", ""),
        at_time=request.POST.get("at_time", ""),
        **who_context(request, wanted),
    )
    if row is not None:
        context |= _of_row(row, segments)
    return let_pictures_in(request, TemplateResponse(request, "content/edit.html", context))


def _of_row(row: ContentBlock, segments: dict[str, str]) -> dict[str, Any]:
    try:
        said = sentence(read_content(row.draft), segments)
    except msgspec.ValidationError:
        said = "Its draft cannot be read."
    return {
        "sentence": said,
        "is_changed": row.version is not None and row.version.content != row.draft,
        "versions": list(row.versions.defer("content").select_related("published_by").order_by("-number")[:50]),
    }


def _errors(form: Typed, where: str) -> dict[str, list[str]]:
    found = {key.removeprefix(f"{where}."): said for key, said in form.errors.items() if key.startswith(f"{where}.")}
    return found | ({"row": form.errors[where]} if where in form.errors else {})


def _at(request: HttpRequest) -> datetime:
    try:
        return timezone.make_aware(datetime.fromisoformat(request.POST.get("at_time", "")).replace(tzinfo=None))
    except ValueError:
        return utc_now()
