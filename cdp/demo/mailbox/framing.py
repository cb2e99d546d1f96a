"""What a mail's HTML is served with, so that it can be looked at and do nothing else. Pure.

Two walls, either of which would do: the frame's `sandbox` attribute and a policy of its own on the answer. Neither lets
a script run, a form be sent, or anything be fetched but pictures of this very host. Styles are the mail's own, by hash.
"""

import re

from cdp.lib.style_hashes import MOST, style_source, styles_of

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
"""No scripts and no origin; links open in a tab of their own, outside the sandbox."""
COUNTED_IN = 500_000
LOOKED_AT = 5_000
"""Characters in which the document's head is looked for."""
_HEAD = re.compile(r"<head\b[^>]*>", re.I)
_BEFORE_HEAD = re.compile(r"\s*(?:<!doctype[^>]*>)?\s*(?:<html\b[^>]*>)?", re.I)
_PICTURE = re.compile(r"""<img\b[^>]{0,300}?\bsrc\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]{1,500})""", re.I)
LINKS_OPEN_OUTSIDE = '<base target="_blank">'


def policy(html: str, origins: tuple[str, ...]) -> str:
    """The Content-Security-Policy of this mail's HTML; pictures come from `origins` only."""
    rules = (
        "default-src 'none'",
        f"img-src {' '.join(dict.fromkeys(origins))} data:",
        f"style-src {style_source(html)}",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        f"sandbox {SANDBOX}",
    )
    return "; ".join(rules)


def framed(html: str) -> str:
    """The mail's HTML with one addition: its links open outside the frame."""
    start = html[:LOOKED_AT]
    found = _HEAD.search(start) or _BEFORE_HEAD.match(start)
    place = found.end() if found else 0
    return html[:place] + LINKS_OPEN_OUTSIDE + html[place:]


def styles_left_out(html: str) -> int:
    """How many of its styles are not applied, since their hashes would make too large a header."""
    return max(0, len(styles_of(html)) - MOST)


def outside_pictures(html: str, origins: tuple[str, ...]) -> int:
    """How many pictures of other hosts the policy holds back."""
    ours = tuple(f"{origin.lower()}/" for origin in origins)
    return sum(not url.lower().startswith(ours) for url in _PICTURE.findall(html[:COUNTED_IN]))
