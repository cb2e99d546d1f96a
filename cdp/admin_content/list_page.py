"""All blocks of content: what each holds, for whom there are variants, and whether it is shown."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from cdp.admin_content.rights import LOOK, around, require
from cdp.lib.clock import utc_now
from decisions.content import Content, in_window, read_content
from decisions.models import ContentBlock
from segments.queries.suggesting import names_of

KINDS = {"banner": "Banner", "html": "HTML", "data": "Data"}
ABOUT = {
    "banner": "a title, a text, a picture and a button",
    "html": "markup of your own, cleaned",
    "data": "a JSON object for your pages",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One block. `is_changed`: its draft says more than what is shown; `is_now`: its own dates include now."""

    row: ContentBlock
    kind: str
    says: str
    is_changed: bool
    is_now: bool


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The list: those that are shown first."""
    require(request, LOOK)
    names, now = {**names_of("rule"), **names_of("static")}, utc_now()
    order = {"live": 0, "draft": 1, "archived": 2}
    rows = sorted(
        ContentBlock.objects.select_related("version"), key=lambda row: (order[row.state], row.name.casefold(), row.pk)
    )
    lines = [_line(row, names, now) for row in rows]
    live = sum(row.state == ContentBlock.State.LIVE for row in rows)
    headline = "1 block is shown" if live == 1 else f"{live} blocks are shown"
    kinds = [(kind, words if words.isupper() else words.lower(), ABOUT[kind]) for kind, words in KINDS.items()]
    context = around(request, "Content", lines=lines, headline=headline, kinds=kinds)
    return TemplateResponse(request, "content/list.html", context)


def sentence(content: Content, names: dict[str, str]) -> str:
    """For whom there are variants."""
    languages = sorted({one.locale for one in content.variants if one.locale})
    segments = list(dict.fromkeys(names.get(one.segment, one.segment) for one in content.variants if one.segment))
    if not content.variants:
        return "The same for everybody."
    count = len(content.variants)
    parts = [f"{count} variant{'' if count == 1 else 's'}"]
    parts += [f"for {', '.join(segments)}"] if segments else []
    parts += [f"in {', '.join(languages)}"] if languages else []
    return " ".join(parts) + ", and a fallback for everybody else."


def _line(row: ContentBlock, names: dict[str, str], now: datetime) -> Line:
    is_changed = row.version is not None and row.version.content != row.draft
    try:
        content = read_content(row.version.content if row.version is not None else row.draft)
    except msgspec.ValidationError as error:
        return Line(row, "?", f"It cannot be read and is not shown: {error}", is_changed, False)
    is_now = in_window(content.starts_at, content.ends_at, now)
    return Line(row, KINDS[content.kind], sentence(content, names), is_changed, is_now)
