"""Items of Google Merchant XML, RSS 2.0 or Atom. Pure; streams, one item held at a time.

A document type is refused, and with it every entity of a file's own: nothing is expanded, nothing is fetched. A token
that does not end within a bound is refused, too.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from cdp.lib.values import text
from commerce.feeds.items import Item, UnreadableFeed

PIECE = 64 * 1024
LONGEST_TOKEN = 1024 * 1024
LONGEST_VALUE = 50_000
LONGEST_ITEM = 500_000
DEEPEST = 30
GOOGLE = "base.google.com/ns/1"
ITEMS = frozenset({"item", "entry"})
DETAIL = "product_detail"


def merchant_items(file: BinaryIO) -> Iterator[Item]:
    """One item an <item> or <entry>, its values by Google's names without prefix. Raises UnreadableFeed."""
    reader = _Reader()
    is_end = False
    while not is_end:
        piece = file.read(PIECE)
        is_end = not piece
        try:
            reader.feed(piece, is_end=is_end)
        except UnreadableFeed:
            yield from reader.found()  # what stood before is fine
            raise
        yield from reader.found()
    if not reader.places:
        raise UnreadableFeed("The file is XML without any <item> or <entry>: it is no product feed.")


class _Reader:
    """Expat's callbacks. `places` counts the items."""

    def __init__(self) -> None:
        self.places = 0
        self._items: list[Item] = []
        self._open: list[str] = []
        self._item_depth = 0
        self._line = 0
        self._fields: dict[str, Any] = {}
        self._detail: dict[str, str] = {}
        self._text: list[str] = []
        self._length = self._fed = 0
        self._fault = ""
        self._prefixes = {"g"}
        self._google: set[str] = set()
        parser = self._parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.EntityDeclHandler = self._refuse_doctype
        parser.ExternalEntityRefHandler = self._refuse_doctype

    def feed(self, piece: bytes, *, is_end: bool = False) -> None:
        """Read on. Raises UnreadableFeed."""
        try:
            self._parser.Parse(piece, is_end)
        except expat.ExpatError as error:
            if self._fed == 0 and not piece.strip():
                raise UnreadableFeed("The file is empty.") from None
            what = expat.errors.messages[error.code]
            raise UnreadableFeed(
                f"Line {error.lineno}: this is not well-formed XML ({what}). What stood before it was read."
            ) from None
        except (ValueError, LookupError) as error:
            raise UnreadableFeed(f"The file's encoding cannot be read ({error}): save it as UTF-8.") from None
        self._fed += len(piece)
        if not is_end and self._fed - max(self._parser.CurrentByteIndex, 0) > LONGEST_TOKEN + PIECE:
            raise UnreadableFeed(f"Line {self._parser.CurrentLineNumber}: a tag is longer than 1 MB.")

    def found(self) -> list[Item]:
        """The items that ended since the last call."""
        found, self._items = self._items, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if len(self._open) > DEEPEST:
            raise UnreadableFeed(f"Line {self._parser.CurrentLineNumber}: elements are nested too deep.")
        for key, value in attributes.items():
            if key.startswith("xmlns:") and GOOGLE in value:
                self._prefixes.add(key[6:])
        if not self._item_depth:
            if self._local(name) in ITEMS:
                self._begin()
            return
        self._text = []
        is_link = len(self._open) == self._item_depth + 1 and self._local(name) == "link" and "href" in attributes
        if is_link and attributes.get("rel", "alternate") == "alternate":
            self._put("link", attributes["href"], is_google=False)

    def _begin(self) -> None:
        self.places += 1
        self._item_depth, self._line = len(self._open), self._parser.CurrentLineNumber
        self._fields, self._detail, self._google = {}, {}, set()
        self._text, self._length, self._fault = [], 0, ""

    def _characters(self, data: str) -> None:
        if self._item_depth and not self._fault:
            self._length += len(data)
            if self._length > LONGEST_ITEM:
                self._fault = f"The item has more than {LONGEST_ITEM:,} characters of text."
            else:
                self._text.append(data)

    def _end(self, name: str) -> None:
        depth = len(self._open)
        self._open.pop()
        if not self._item_depth:
            return
        if depth == self._item_depth:
            self._items.append(Item(self.places, self._line, None if self._fault else self._fields, self._fault))
            self._item_depth = 0
            return
        value = "".join(self._text).strip()[:LONGEST_VALUE]
        self._text = []
        local = self._local(name)
        if depth == self._item_depth + 1:
            if local == DETAIL:
                self._end_detail()
            elif value:
                self._put(local, value, is_google=name.partition(":")[0] in self._prefixes)
        elif depth == self._item_depth + 2 and self._local(self._open[-1]) == DETAIL:
            self._detail[local] = value

    def _end_detail(self) -> None:
        name, value = self._detail.get("attribute_name"), self._detail.get("attribute_value")
        if name and value:
            self._put(f"attributes.{name[:100]}", value, is_google=True)
        self._detail = {}

    def _put(self, name: str, value: str, *, is_google: bool) -> None:
        """A second value of a name makes a list. Google's own fields count before those of RSS and Atom."""
        name, value = text(name), text(value)
        if is_google and name not in self._google:
            self._google.add(name)
            self._fields.pop(name, None)
        elif not is_google and name in self._google:
            return
        before = self._fields.get(name)
        if before is None:
            self._fields[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            self._fields[name] = [before, value]

    @staticmethod
    def _local(name: str) -> str:
        return name.rpartition(":")[2]

    def _refuse_doctype(self, *_: Any) -> int:
        raise UnreadableFeed(
            "The file declares a document type or entities of its own, which is refused: leave it out."
        )
