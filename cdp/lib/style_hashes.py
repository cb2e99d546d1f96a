"""Which styles a document of ours may use under a policy without `unsafe-inline`: each one, by its hash. Pure.

Promise: whatever the document is, there is an answer, and it fits a header.
"""

import base64
import hashlib
import re
from html import unescape

MOST = 100
"""Hashes in one policy: 5.4 kB, where proxies commonly stop at 8 kB of headers. Styles beyond them are not applied."""
READ = 500_000
"""Characters of a document that are searched for styles."""


# Possessive throughout: Python's own parser takes minutes for markup made to be searched for ever, this one does not.
_TAG = re.compile(r"<([a-z][^ \t\n\f/>]*+)", re.I)
_ATTRIBUTE = re.compile(
    r"""[ \t\n\f/]*+([^ \t\n\f/>][^ \t\n\f/>=]*+)"""
    r"""(?:[ \t\n\f]*+=[ \t\n\f]*+(?:"([^"]*+)(?:"|\Z)|'([^']*+)(?:'|\Z)|([^ \t\n\f>]*+)))?+"""
)
_TEXT_ONLY = {
    name: re.compile(rf"</{name}(?=[ \t\n\f/>])", re.I)
    for name in ("style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
}


def styles_of(html: str) -> tuple[str, ...]:
    """The different texts of its style elements and attributes, in their order, as a browser hashes them."""
    # A browser makes every line end a line feed before it reads anything; `&#13;` stays what it is.
    text = html[:READ].replace("\r\n", "\n").replace("\r", "\n")
    found: dict[str, None] = {}
    place = text.find("<")
    while place >= 0:
        if text.startswith("<!--", place):
            end = text.find("-->", place + 2)
            place = end if end >= 0 else len(text)
        elif tag := _TAG.match(text, place):
            place = _read_tag(text, tag, found)
        else:
            place += 1
        place = text.find("<", place)
    return tuple(style for style in found if style)


def _read_tag(text: str, tag: re.Match[str], found: dict[str, None]) -> int:
    """Adds what the tag, and the text of a style element, is styled by; the place to go on at."""
    place, styles = tag.end(), []
    while attribute := _ATTRIBUTE.match(text, place):
        place = attribute.end()
        if attribute[1].lower() == "style":
            styles.append(unescape(attribute[2] or attribute[3] or attribute[4] or ""))
    found.update(dict.fromkeys(styles[:1]))
    name = tag[1].lower()
    if name not in _TEXT_ONLY:
        return place
    start = text.find(">", place) + 1 or len(text)
    closing = _TEXT_ONLY[name].search(text, start)
    end = closing.start() if closing else len(text)
    if name == "style":
        found[text[start:end]] = None
    return end


def style_source(html: str) -> str:
    """The `style-src` of a document: its first `MOST` style elements and attributes by their hashes, nothing else."""
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in styles_of(html)[:MOST])
    hashes = [f"'sha256-{digest}'" for digest in digests]
    return " ".join(["'unsafe-hashes'", *hashes]) if hashes else "'none'"


def document_policy(html: str, *, images: str = "data:") -> str:
    """The whole policy of such a document in a sandboxed frame: it runs nothing, sends nothing, shows `images`."""
    return (
        f"default-src 'none'; style-src {style_source(html)}; img-src {images}; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'; sandbox"
    )
