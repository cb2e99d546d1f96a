"""Liquid held apart while MJML becomes HTML, and put back where it may stand. Pure.

Each piece of Liquid is replaced by a mark that no other program touches. Afterwards the HTML is read once: where a mark
stands in an address, what it prints must be a link; in styles, comments and tags it may not stand at all.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailing.rendering.scanning import LiquidProblem, Piece, scan

# Letters and digits only: what has a meaning to no parser comes back from all of them as it was.
START, END = "lqdk7x", "x7kdql"
MARK = re.compile(f"{START}(\\d+){END}")
ADDRESSES = frozenset({"href", "src", "background", "srcset", "action", "formaction", "poster", "data", "cite"})
STATIC = re.compile(r"(?:https?://|mailto:)[^\s\"'<>\\]", re.IGNORECASE)
OUTPUT_END = re.compile(r"(-?)\}\}$")


@dataclass(slots=True)
class Held:
    """The pieces held so far. `website`: what an address that is only a path belongs to."""

    website: str
    pieces: list[Piece] = field(default_factory=list)
    links: set[int] = field(default_factory=set)

    def hold(self, text: str, *, is_markup: bool = False) -> str:
        """`text` with marks in the place of Liquid; in markup its entities are read first. Raises LiquidProblem."""
        if START in text or END in text:
            raise LiquidProblem(f"it holds “{START}” or “{END}”, which stand for something else here: take it out")
        parts = []
        for piece in scan(text):
            if piece.kind == "text":
                parts.append(piece.source)
                continue
            source = html.unescape(piece.source) if is_markup else piece.source
            parts.append(self.mark(Piece(piece.kind, source, piece.line, piece.name)))
        return "".join(parts)

    def mark(self, piece: Piece) -> str:
        """The mark of a piece."""
        self.pieces.append(piece)
        return f"{START}{len(self.pieces) - 1}{END}"

    def put_back(self, text: str) -> str:
        """HTML with its Liquid again, addresses checked. Raises LiquidProblem."""
        safe = "".join(self._checked(text))
        return MARK.sub(lambda found: self._source(int(found[1])), safe)

    def restore(self, text: str) -> str:
        """The text with its Liquid as it was written."""
        return MARK.sub(lambda found: self.pieces[int(found[1])].source, text)

    def _source(self, number: int) -> str:
        source = self.pieces[number].source
        return OUTPUT_END.sub(r" | link \1}}", source) if number in self.links else source

    def _checked(self, text: str) -> Iterator[str]:
        at = 0
        while (start := text.find("<", at)) >= 0:
            yield text[at:start]
            at = self._end_of(text, start)
            part = text[start:at]
            if part.startswith("<!--"):
                self._refuse(part, "in a part for Outlook or in a comment")
            elif part[1:2].isalpha():
                name = re.split(r"[\s/>]", part[1:40], maxsplit=1)[0].lower()
                part = self._tag(part)
                if name == "style":
                    end = text.find("</style", at)
                    self._refuse(text[at : end if end >= 0 else len(text)], "in a style sheet")
            yield part
        yield text[at:]

    @staticmethod
    def _end_of(text: str, start: int) -> int:
        """Where the tag or comment that begins there ends."""
        if text.startswith("<!--", start):
            end = text.find("-->", start)
            return end + 3 if end >= 0 else len(text)
        at, quote = start + 1, ""
        while at < len(text):
            one = text[at]
            if quote:
                quote = "" if one == quote else quote
            elif one in "\"'":
                quote = one
            elif one == ">":
                return at + 1
            at += 1
        return len(text)

    def _tag(self, tag: str) -> str:
        """A tag with its addresses checked; marks may stand in quoted values only."""
        found = re.sub(r"([^\s=\"'<>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", self._attribute, tag)
        if MARK.search(re.sub(r"\"[^\"]*\"", "", found)):
            raise LiquidProblem(f"variables may stand in quoted values of a tag only: “{self._shown(tag)}”")
        return found

    def _attribute(self, found: re.Match[str]) -> str:
        name, value = found[1].lower(), found[2] if found[2] is not None else found[3].replace('"', "&quot;")
        if name == "style" or name.startswith("on"):
            self._refuse(value, f"in “{name}”")
        if name in ADDRESSES:
            value = self._address(value)
        return f'{found[1]}="{value}"'

    def _address(self, value: str) -> str:
        url = html.unescape(value).strip()
        first = MARK.match(url)
        if first:
            number = int(first[1])
            if self.pieces[number].kind != "output":
                raise LiquidProblem(
                    "an address may not begin with a tag: use two blocks with “show only if”", self._line(number)
                )
            self.links.add(number)
            return value.strip()
        if url.startswith("/") and not url.startswith("//"):
            return html.escape(f"{self.website}{url}")
        if STATIC.match(url) or url.startswith("#") or not url:
            return value.strip()
        raise LiquidProblem(
            f"“{self._shown(url)}” is no address for a mail: begin it with https://, http:// or mailto:"
        )

    def _refuse(self, part: str, where: str) -> None:
        found = MARK.search(part)
        if found:
            number = int(found[1])
            raise LiquidProblem(f"“{self.pieces[number].source[:40]}” may not stand {where}", self._line(number))

    def _line(self, number: int) -> int:
        return self.pieces[number].line

    def _shown(self, text: str) -> str:
        return MARK.sub(lambda found: self.pieces[int(found[1])].source, text)[:60]
