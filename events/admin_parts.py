"""Small parts of the events admin: estimated counts, read-only rows, bytes made readable, a tracker's how-to."""

import json
import re
from typing import Any

import msgspec
from django.conf import settings
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from cdp.lib import admin_parts
from events.models import Source

ESTIMATE = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass"
MOST_COUNTED = 10_000
SHOWN_CHARACTERS = 64 * 1024
PARSED_BYTES = 2 * 1024 * 1024
_TOKEN = re.compile(rb'("userToken"\s*:\s*)"(?:[^"\\]|\\.)*+"')
HIDDEN = "hidden: needs the right to view personal data"


class EstimatingPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to 10,000 rows exactly; past that an unfiltered list shows the planner's estimate."""

    @cached_property
    def count(self) -> int:
        """Rows, exactly or about."""
        queryset: Any = self.object_list
        counted: int = queryset.order_by()[: MOST_COUNTED + 1].count()
        if counted <= MOST_COUNTED or queryset.query.where:
            return counted
        with connection.cursor() as cursor:
            cursor.execute(ESTIMATE, [queryset.model._meta.db_table])
            return max(counted, int(cursor.fetchone()[0]))


class ReadOnlyAdmin(admin_parts.ReadOnlyAdmin):
    """Written by the service alone: shown, never edited. Cheap on large tables."""

    show_full_result_count = False
    paginator = EstimatingPaginator
    list_per_page = 50


def id_in(text: str | None) -> int | None:
    """The row number typed or linked to; None for what can be none: other digits than ours, and numbers too large."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def may_see_personal(request: HttpRequest) -> bool:
    """Whether this member of staff may see personal data in clear."""
    return bool(getattr(request.user, "has_perm", lambda _: False)("profiles.view_personal"))


def without_tokens(raw: bytes) -> bytes:
    """The bytes with user tokens hidden: for hours each lets whoever reads it be that person."""
    return _TOKEN.sub(lambda found: found[1] + '"•••"'.encode(), raw)


def readable(raw: bytes) -> SafeString:
    """Bytes as indented JSON where they are JSON of at most 2 MB, else as text; 64,000 characters of it. Escaped."""
    raw = without_tokens(raw)
    try:
        text = json.dumps(json.loads(raw), indent=2, ensure_ascii=False) if len(raw) <= PARSED_BYTES else ""
    except (ValueError, RecursionError):
        text = ""
    text = text or raw[: 4 * SHOWN_CHARACTERS].decode("utf-8", "replace")
    text = text.encode("utf-8", "replace").decode()  # half of a surrogate pair is JSON, but no page can hold it
    rest = "" if len(text) <= SHOWN_CHARACTERS else f"\n… cut here: {len(raw):,} bytes in all"
    return format_html('<pre class="h-pre">{}{}</pre>', text[:SHOWN_CHARACTERS], rest)


def editable(raw: bytes) -> str:
    """Bytes as text to edit: JSON indented with every digit kept, all else as it came."""
    try:
        return msgspec.json.format(raw, indent=2).decode()
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")


def how_to(source: Source, base_url: str) -> SafeString:
    """What a shop's engineer pastes to send the first event: into the page for a browser source, else a program."""
    if source.kind == Source.Kind.BROWSER:
        return _pasted(import_string(settings.SOURCE_SNIPPET)(source.write_key, base_url))
    lines = f"""pip install segment-analytics-python

import segment.analytics as analytics
analytics.write_key = "{source.write_key}"
analytics.host = "{base_url}"
analytics.track("user-1", "Product Viewed", {{"product_id": "p1", "price": 19.99}})
analytics.flush()

# or with curl
curl {base_url}/v1/track -u {source.write_key}: -d '{{"userId": "user-1", "event": "Product Viewed"}}'"""
    return _pasted(lines)


def _pasted(lines: str) -> SafeString:
    """Text that one click selects whole."""
    return format_html('<pre class="h-pre h-whole">{}</pre>', lines)
