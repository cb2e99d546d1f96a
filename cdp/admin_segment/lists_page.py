"""The pages of static lists: all of them, and on a list's own how people come onto it: by file, by hand, taken back."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST

from cdp.access.services import record_audit
from cdp.admin_segment.frame import ADD, CHANGE, SEE, find, must, page, reader_of
from cdp.lib.clock import utc_now
from consent.purposes_in_force import purposes_now
from imports.contracts import WrongFile
from imports.rejects_csv import rejects_csv
from segments import services
from segments.forms import read_json
from segments.models import ListFill, Segment
from segments.queries import lists
from segments.rules import RuleError
from segments.services import Changed, FileTooLarge, ListDraft, NotAList, NotNow, uploading
from segments.services.lists import BY_HAND
from segments.uploads import USUAL_KINDS, BadLayout, key_of, read_layout

PIECE = 1024 * 1024
MOST_BY_HAND = 1_000
LONGEST_NAME = 120
OTHER_KINDS = ("anonymous_id",)
State = ListFill.State


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """Every list with its size and last filling; POST makes one, with a file if one is given."""
    must(request, SEE)
    if request.method == "POST":
        return _made(request)
    found = lists.all_lists()
    context = admin.site.each_context(request) | {
        "title": "Lists",
        "lines": [(line, lists.progress_of(line.newest) if line.newest else None) for line in found],
        "purposes": purpose_choices(),
        "reader": reader_of(request),
    }
    return TemplateResponse(request, "segments/lists/listing.html", context)


@require_POST
def from_rule(request: HttpRequest) -> HttpResponse:
    """Save everybody for whom a rule holds now as a list: `definition` and `name`, from the builder's preview."""
    must(request, SEE, ADD)
    name = _name(request) or "A preview"
    try:
        definition = read_json(request.POST.get("definition", ""))
        with transaction.atomic():
            made = services.make_list(ListDraft(free_slug(name), name, _purpose(request)), by=_user(request))
            services.fill_from_rule(made, definition, by=_user(request))
    except (RuleError, ValueError) as error:
        messages.error(request, f"The list was not made: {error}")
        return HttpResponseRedirect(reverse("segment-lists"))
    return HttpResponseRedirect(reverse("segment-list", args=[made]))


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, segment_id: int) -> HttpResponse:
    """A list's own tab; POST `do`: upload, add or remove."""
    segment = _list(request, segment_id)
    if request.method == "POST":
        must(request, CHANGE)
        return _done(request, segment)
    fills = lists.fills_of(segment.pk)
    drafts = [_draft(fill) for fill in fills if fill.state == State.DRAFT and fill.path]
    context = {
        "fills": [(fill, lists.progress_of(fill), lists.may_be_undone(fill)) for fill in fills],
        "drafts": drafts,
        "kinds": [*USUAL_KINDS, *OTHER_KINDS],
        "is_busy": any(fill.state == State.RUNNING for fill in fills),
    }
    return page(request, "segments/lists/one.html", segment, "list", context)


@require_POST
def act(request: HttpRequest, fill_id: UUID, what: str) -> HttpResponse:
    """start (with the chosen column and kind), stop, undo."""
    fill = _fill(request, fill_id, CHANGE)
    try:
        if what == "start":
            _start(request, fill)
        elif what == "stop":
            services.cancel_fill(fill)
            messages.info(request, "Stopped. Who is on the list already stays there; it can be taken back.")
        elif what == "undo":
            count = services.undo_fill(fill)
            messages.info(request, f"Taken back: {count:,} {'entry is' if count == 1 else 'entries are'} off the list.")
        elif what == "forget":
            services.forget_draft(fill)
        else:
            raise Http404
    except (NotNow, BadLayout) as error:
        messages.error(request, str(error))
    except WrongFile as error:
        messages.error(request, error.detail)
    return HttpResponseRedirect(reverse("segment-list", args=[fill.segment_id]))


def progress(request: HttpRequest, fill_id: UUID) -> JsonResponse:
    """How far a filling is, for the page's script."""
    fill = _fill(request, fill_id)
    told = lists.progress_of(fill)
    text = f"{told.done:,} of about {told.about:,}" + (f": {told.sentence}" if told.sentence else "")
    return JsonResponse({"state": fill.state, "share": told.share, "text": text})


def rejects(request: HttpRequest, fill_id: UUID) -> StreamingHttpResponse:
    """Rows that named nobody, with their reasons, as a file that can be mended and uploaded again."""
    fill = _fill(request, fill_id, CHANGE)
    record_audit(_user(request), "downloaded rejected rows", f"list fill:{fill.pk}")
    found = ((row.row, row.code, row.reason, row.raw) for row in lists.rejects_of(fill.pk))
    answer = StreamingHttpResponse(rejects_csv(fill.source.get("names", ()), found), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="named-nobody-{str(fill.pk)[-6:]}.csv"'
    return answer


def free_slug(name: str) -> str:
    """A slug of this name that no segment has."""
    base = slugify(name)[:44] or "list"
    number, found = 2, base
    while Segment.objects.filter(slug=found).exists() or found == "preview":
        found, number = f"{base}-{number}", number + 1
    return found


def purpose_choices() -> list[tuple[str, str]]:
    """(code, label) of the purposes that something may be done for."""
    return [(one.code, one.label) for one in purposes_now().all if one.code != "processing"]


def _made(request: HttpRequest) -> HttpResponse:
    must(request, ADD)
    name = _name(request)
    if not name:
        messages.error(request, "Give the list a name.")
        return HttpResponseRedirect(reverse("segment-lists"))
    made = services.make_list(ListDraft(free_slug(name), name, _purpose(request)), by=_user(request))
    if "file" in request.FILES:
        _take_file(request, made)
    return HttpResponseRedirect(reverse("segment-list", args=[made]))


def _done(request: HttpRequest, segment: Segment) -> HttpResponse:
    what = request.POST.get("do", "")
    if what == "upload":
        _take_file(request, segment.pk)
    elif what in ("add", "remove"):
        _by_hand(request, segment, what)
    return HttpResponseRedirect(reverse("segment-list", args=[segment.pk]))


def _take_file(request: HttpRequest, list_id: int) -> None:
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, "Choose a file first.")
        return
    try:
        kept = services.keep(file.chunks(PIECE))
        services.draft_upload(list_id, kept, name=file.name or "file", by=_user(request))
    except (FileTooLarge, NotAList) as error:
        messages.error(request, str(error))
    except WrongFile as error:
        messages.error(request, error.detail)


def _by_hand(request: HttpRequest, segment: Segment, what: str) -> None:
    kind, lines = request.POST.get("kind", "email"), list(_lines(request.POST.get("people", "")))
    if not lines or len(lines) > MOST_BY_HAND:
        messages.error(request, f"Write one a line, at most {MOST_BY_HAND:,}; send more as a file.")
        return
    entries = [key_of(kind, line) for line in lines]
    if what == "add":
        changed = services.put_entries(segment.pk, entries, origin=BY_HAND, now=utc_now(), by=_user(request))
    else:
        changed = services.take_entries(segment.pk, entries, now=utc_now())
    record_audit(_user(request), f"list: {what}", f"segment:{segment.pk}", f"{changed.changed} people by {kind}")
    _tell(request, changed, lines, what)


def _tell(request: HttpRequest, changed: Changed, lines: list[str], what: str) -> None:
    done = "put on the list" if what == "add" else "taken off the list"
    already = "on it already" if what == "add" else "not on it"
    people = "1 person" if changed.changed == 1 else f"{changed.changed:,} people"
    text = f"{people} {done}" + (f", {changed.already:,} {already}" if changed.already else "") + "."
    messages.info(request, text)
    if changed.unmatched:
        named = "; ".join(f"{lines[place][:60]}: {why.reason}" for place, why in list(changed.unmatched.items())[:5])
        rest = len(changed.unmatched) - 5
        messages.warning(request, named + (f" And {rest:,} more." if rest > 0 else ""))


def _start(request: HttpRequest, fill: ListFill) -> None:
    if fill.state == State.DRAFT:
        asked = request.POST
        header = {"yes": True, "no": False}.get(asked.get("header", ""))
        services.choose(
            fill,
            column=asked.get("column", ""),
            kind=asked.get("own_kind", "").strip() or asked.get("kind", ""),
            country=asked.get("country", ""),
            header=header,
        )
        if "look" in asked:
            return
    services.start_fill(fill, by=_user(request))


def _draft(fill: ListFill) -> dict[str, Any]:
    layout = read_layout(fill.source)
    matched, rows = uploading.matched_of_sample(fill)
    return {"fill": fill, "layout": layout, "chosen": layout.names[layout.column], "matched": matched, "rows": rows,
            "shown": fill.preview.get("rows", ())}  # fmt: skip


def _list(request: HttpRequest, segment_id: int) -> Segment:
    segment = find(request, segment_id)
    if segment.kind != Segment.Kind.STATIC:
        raise Http404("This segment is no list.")
    return segment


def _fill(request: HttpRequest, fill_id: UUID, *rights: str) -> ListFill:
    must(request, SEE, *rights)
    found = lists.fill_of(fill_id)
    if found is None:
        raise Http404("There is no such filling of a list.")
    return found


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _name(request: HttpRequest) -> str:
    return request.POST.get("name", "").replace("\x00", "").strip()[:LONGEST_NAME]


def _purpose(request: HttpRequest) -> str:
    found = request.POST.get("purpose", "")
    return found if any(found == code for code, _ in purpose_choices()) else ""


def _user(request: HttpRequest) -> Any:
    return request.user
