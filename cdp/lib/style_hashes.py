"""Which styles a document of ours may use under a policy without `unsafe-inline`: each one, by its hash. Pure."""

import base64
import hashlib
from html.parser import HTMLParser


class _Styles(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, None] = {}
        self.is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_inside = tag == "style"
        for name, value in attrs:
            if name == "style" and value:
                self.found[value] = None

    def handle_endtag(self, tag: str) -> None:
        self.is_inside = False

    def handle_data(self, data: str) -> None:
        if self.is_inside:
            self.found[data] = None


def style_source(html: str) -> str:
    """The `style-src` of a document: every style element and attribute in it by its hash, nothing else."""
    parser = _Styles()
    parser.feed(html)
    parser.close()
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in parser.found)
    hashes = [f"'sha256-{digest}'" for digest in digests]
    return " ".join(["'unsafe-hashes'", *hashes]) if hashes else "'none'"


def document_policy(html: str, *, images: str = "data:") -> str:
    """The whole policy of such a document in a sandboxed frame: it runs nothing, sends nothing, shows `images`."""
    return (
        f"default-src 'none'; style-src {style_source(html)}; img-src {images}; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'; sandbox"
    )
