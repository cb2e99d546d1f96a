"""Slugs by which rules name segments and lists."""

import re

from segments.rules.node import Place

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")


def parse_slug(raw: object, place: Place, what: str) -> str:
    """The slug that `raw` is; refused where it can be nobody's."""
    if not isinstance(raw, str) or not SLUG.fullmatch(raw):
        place.refuse(f'takes the slug of a {what}, as in "vip": letters, digits, - and _, at most 50')
    return raw
