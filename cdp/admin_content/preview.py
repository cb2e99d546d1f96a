"""A block as somebody would meet it at some instant: which variant, why, and why none of the others."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from cdp.admin_placement.pictures import may_load
from cdp.admin_placement.preview import PERSON, Wanted
from cdp.admin_price.whom import whom_of
from decisions.content import FALLBACK, Content, Variant, in_window, locale_distance, pick
from decisions.services.content import clean
from segments.queries.standing import standing

REASONS = {
    "segment": "since they are in its segment",
    "locale": "since it is in their language",
    "everybody": "since it is for everybody",
    "fallback": "since no variant fits",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What stands in the preview. `frame`: a document of HTML for a sandboxed frame; `others`: (variant, why not)."""

    headline: str
    kind: str = ""
    body: dict[str, Any] | None = None
    picture: str = ""
    frame: str = ""
    data: str = ""
    others: tuple[tuple[str, str], ...] = ()
    note: str = ""
    problem: str = ""


def preview(request: HttpRequest, key: str, content: Content, wanted: Wanted, locale: str, at: datetime) -> Preview:
    """What is typed, as `wanted` would see it at `at`, reading `locale`."""
    whom = whom_of(request, wanted, f"preview of content {key or 'not saved yet'}", at)
    if whom.problem:
        return Preview("Choose for whom", problem=whom.problem)
    slugs = standing(whom.known, content.segments, at)
    content = clean(content)
    picked = pick(content, locale=locale, slugs=slugs, now=at)
    if picked is None:
        return Preview("Nothing is shown", problem="It is outside the dates of the block.", note=whom.note)
    somebody = "this person sees" if wanted.who == PERSON else "somebody who is not known sees"
    which = "the fallback" if picked.variant == FALLBACK else f"“{called(content, picked.variant)}”"
    others = tuple(
        (called(content, one.id), why_not(one, locale, slugs, at))
        for one in content.variants
        if one.id != picked.variant
    )
    body = dict(picked.body)
    picture = str(body.get("image", ""))
    return Preview(
        f"{somebody[0].upper()}{somebody[1:]} {which}, {REASONS[picked.reason]}",
        content.kind,
        body,
        picture if picture and may_load(picture) else "",
        _frame(str(body.get("html") or "")) if content.kind == "html" else "",
        json.dumps(body.get("data"), indent=2, ensure_ascii=False) if content.kind == "data" else "",
        others,
        whom.note,
    )


def called(content: Content, variant_id: str) -> str:
    """A variant by its name, or by its place and whom it is for."""
    for place, one in enumerate(content.variants, 1):
        if one.id == variant_id:
            for_whom = ", ".join(part for part in (one.locale, one.segment) if part)
            return one.name or f"Variant {place}" + (f" ({for_whom})" if for_whom else "")
    return variant_id


def why_not(one: Variant, locale: str, slugs: frozenset[str], at: datetime) -> str:
    """Why a variant is not what is shown."""
    if not in_window(one.starts_at, one.ends_at, at):
        return "not at this time"
    if locale_distance(one.locale, locale) is None:
        return f"for readers of {one.locale}"
    if one.segment and one.segment not in slugs:
        return "they are not in its segment"
    return "another one fits better"


def _frame(html: str) -> str:
    return render_to_string("content/frame.html", {"html": html})
