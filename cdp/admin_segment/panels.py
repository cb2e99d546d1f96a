"""The head of a segment's page above its rule's form. Template library segment_panels."""

from typing import Any

from django import template

from cdp.admin_segment.frame import Head, head
from segments.models import Segment

register = template.Library()


@register.simple_tag(takes_context=True)
def segment_head(context: dict[str, Any], segment: Segment) -> Head:
    """The head of a segment's page, for the tab with the rule."""
    return head(context["request"], segment, "rule")
