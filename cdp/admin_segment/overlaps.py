"""How chosen segments overlap: who is in exactly which of them, and how many of each are also in each other."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cdp.admin_home.charts import spoken
from cdp.admin_segment import kept
from cdp.admin_segment.frame import SEE, find, must, page
from cdp.admin_segment.shares import percent
from cdp.lib.clock import utc_now
from segments.models import Segment
from segments.queries.moves import moves_since
from segments.queries.overlapping import MOST_SEGMENTS, Overlap, overlap

MOST_PATTERNS = 15
USUAL = 4
HEATS = 5


@dataclass(frozen=True, slots=True)
class Pattern:
    """People who are in exactly these: a mark a segment, in the order of the columns; how many, and which part."""

    words: str
    marks: tuple[bool, ...]
    count: int
    share: str


@dataclass(frozen=True, slots=True)
class Cell:
    """How many of the row's segment are also in the column's. `heat` from 0 to 5; None on the diagonal."""

    count: int
    share: str
    heat: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """`headline` is the answer; patterns and the matrix say it in full."""

    headline: str
    segments: tuple[Segment, ...]
    patterns: tuple[Pattern, ...]
    more: int
    most: int
    matrix: tuple[tuple[Segment, int, tuple[Cell, ...]], ...]
    as_of: Any


@require_safe
def of_segment(request: HttpRequest, segment_id: int) -> HttpResponse:
    """A segment beside others: those chosen, else the largest few."""
    segment = find(request, segment_id)
    return page(request, "segments/overlap.html", segment, "overlap", _context(request, segment))


@require_safe
def chosen(request: HttpRequest) -> HttpResponse:
    """Any segments beside each other."""
    must(request, SEE)
    context = {**admin.site.each_context(request), "title": "How segments overlap", **_context(request, None)}
    return TemplateResponse(request, "segments/overlap_any.html", context)


def _context(request: HttpRequest, own: Segment | None) -> dict[str, Any]:
    live = list(Segment.objects.named().filter(state=Segment.State.LIVE).order_by("name", "pk"))
    asked = {int(one) for one in request.GET.getlist("with") if one.isascii() and one.isdigit() and len(one) < 19}
    others = [one for one in live if own is None or one.pk != own.pk]
    picked = [one for one in others if one.pk in asked]
    if not picked and "with" not in request.GET:
        picked = _largest(others, USUAL - 1 if own else USUAL)
    room = MOST_SEGMENTS - (1 if own else 0)
    compared = ([own] if own and own.state == Segment.State.LIVE else []) + picked[:room]
    return {
        "choices": [(one, one in picked[:room]) for one in others],
        "room": room,
        "left_out": max(0, len(picked) - room),
        **_result(request, compared),
    }


@require_safe
def result(request: HttpRequest) -> HttpResponse:
    """The overlap of the segments named by `id`, for those too large to be waited for."""
    must(request, SEE)
    asked = [int(one) for one in request.GET.getlist("id") if one.isascii() and one.isdigit() and len(one) < 19]
    found = Segment.objects.filter(state=Segment.State.LIVE).in_bulk(asked[:MOST_SEGMENTS])
    segments = [found[pk] for pk in dict.fromkeys(asked) if pk in found]
    return TemplateResponse(request, "segments/part_overlap.html", {"shown": _shown(segments) if segments else None})


def _result(request: HttpRequest, compared: list[Segment]) -> dict[str, Any]:
    """What is shown at once, or where it is loaded from."""
    if len(compared) < 2:
        return {"shown": None}
    if all(moves_since([one.pk for one in compared], utc_now()).values()):
        return {"shown": _shown(compared)}
    query = urlencode([("id", one.pk) for one in compared])
    return {"shown": None, "part_url": f"{reverse('segments-desk-overlap-result')}?{query}"}


def _largest(segments: list[Segment], number: int) -> list[Segment]:
    sizes = moves_since([one.pk for one in segments], utc_now())
    counts = {pk: found.size if found else 2**62 for pk, found in sizes.items()}
    return sorted(segments, key=lambda one: (-counts[one.pk], one.name))[:number]


def _shown(segments: list[Segment]) -> Shown:
    ids = [one.pk for one in segments]
    now = utc_now()
    small = all(moves_since(ids, now).values())
    if small:
        found, as_of = overlap(ids), None
    else:
        key = "overlap:" + "-".join(f"{one.pk}.{one.version}" for one in segments)
        made = kept.figure(key, lambda: overlap(ids), now)
        assert made is not None
        found, as_of = made.value, made.at
    patterns = tuple(_pattern(inside, count, segments, found) for inside, count in found.exactly)
    return Shown(
        _headline(segments, found),
        tuple(segments),
        patterns[:MOST_PATTERNS],
        max(0, len(patterns) - MOST_PATTERNS),
        max((one.count for one in patterns), default=1),
        tuple((one, found.size(one.pk), tuple(_cell(one, other, found) for other in segments)) for one in segments),
        as_of,
    )


def _pattern(inside: frozenset[int], count: int, segments: list[Segment], found: Overlap) -> Pattern:
    names = [one.name for one in segments if one.pk in inside]
    words = f"Only {names[0]}" if len(names) == 1 else " and ".join(names)
    marks = tuple(one.pk in inside for one in segments)
    return Pattern(words, marks, count, percent(count / found.people))


def _cell(one: Segment, other: Segment, found: Overlap) -> Cell:
    size, both = found.size(one.pk), found.size(one.pk, other.pk)
    if one.pk == other.pk:
        return Cell(size, "", None)
    share = both / size if size else 0.0
    return Cell(both, percent(share), min(HEATS, round(share * HEATS + 0.499)) if share else 0)


def _headline(segments: list[Segment], found: Overlap) -> str:
    if not found.people:
        return "Nobody is in any of them."
    first = segments[0]
    size = found.size(first.pk)
    shared = size - sum(count for inside, count in found.exactly if inside == {first.pk})
    if not size:
        return f"Nobody is in {first.name}, so it overlaps with none."
    part = percent(shared / size)
    return f"{spoken(shared)} of {spoken(size)} in {first.name} ({part}) are in at least one of the others, too."
