"""`{% say "We have sent a link to {address}." address=masked|strong %}`: a sentence of `privacy.words` in a template.

The template's context holds the language as `say`. Sentence and values are escaped; `strong` makes a value stand out.
"""

from typing import Any

from django import template
from django.template import Context
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, msgid: str, **values: Any) -> SafeString:
    """The sentence in the page's language."""
    pattern = conditional_escape(context["say"].pattern(msgid))
    return format_html(pattern, **values) if values else mark_safe(pattern)  # noqa: S308  # escaped in the line before


@register.filter
def strong(value: object) -> SafeString:
    """The value in <strong>."""
    return format_html("<strong>{}</strong>", value)
