"""JSON fields as the admin shows them: indented text. Unfold colors it by inline styles, forbidden by the policy."""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold import fields


def plain_json(data: Any, encoder: type[json.JSONEncoder] | None) -> SafeString:
    """The value as indented text, escaped."""
    return format_html(
        '<pre class="h-pre">{}</pre>', json.dumps(data, sort_keys=True, indent=2, cls=encoder, ensure_ascii=False)
    )


def use_plain_json() -> None:
    """Makes unfold's read-only fields use it; called once, when the apps are ready."""
    fields.prettify_json = plain_json
