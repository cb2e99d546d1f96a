"""Items of JSON: a list, an object that holds one (`products`), or an object a line. Pure; streams, item by item."""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from cdp.lib.values import canonical, read_number
from commerce.feeds.items import Item, UnreadableFeed
from commerce.feeds.sniffing import LISTS

PIECE = 256 * 1024
LONGEST_ITEM = 1024 * 1024
DEEPEST = 100
BLANK = " \t\r\n"
_decoder = json.JSONDecoder(parse_float=read_number, parse_constant=lambda name: None)


def line_items(file: BinaryIO) -> Iterator[Item]:
    """One object a line; an empty line is nothing."""
    number = place = 0
    while line := file.readline(LONGEST_ITEM + 1):
        number += 1
        is_whole = len(line) <= LONGEST_ITEM
        rest = line
        while len(rest) > PIECE and not rest.endswith(b"\n") and (rest := file.readline(LONGEST_ITEM + 1)):
            is_whole = False
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if line.strip():
            place += 1
            yield _of_line(place, number, line) if is_whole else Item(place, number, None, _too_long())


def _of_line(place: int, number: int, line: bytes) -> Item:
    try:
        return _item(place, number, _decoder.decode(line.decode("utf-8")))
    except UnicodeDecodeError:
        return Item(place, number, None, "The line is not UTF-8.")
    except (ValueError, RecursionError) as error:
        return Item(place, number, None, f"The line is not JSON: {error}.")


def document_items(file: BinaryIO) -> Iterator[Item]:
    """The objects of a list, or of the list an object holds. Raises UnreadableFeed where the file is no more JSON."""
    text = _Text(file)
    if text.next_sign() == "{":
        _enter_list(text)
    if text.next_sign() != "[":
        raise UnreadableFeed('The file must be a JSON list, or an object like {"products": [ … ]}.')
    text.skip()
    place = 0
    while (sign := text.next_sign()) != "]":
        if sign == "," and place:
            text.skip()
            text.next_sign()
        place += 1
        text.next_sign()
        line, value = text.line, text.value()
        yield _item(place, line, value)
        if text.next_sign() not in (",", "]"):
            raise UnreadableFeed(f"Line {text.line}: after a product comes a comma or the end of the list.")


def _enter_list(text: "_Text") -> None:
    """Past the fields before the list, and its name."""
    text.skip()
    while text.next_sign() not in ("}", ""):
        name = text.value()
        if text.next_sign() != ":":
            raise UnreadableFeed(f"Line {text.line}: a colon is missing.")
        text.skip()
        if name in LISTS and text.next_sign() == "[":
            return
        text.value()
        if text.next_sign() == ",":
            text.skip()
    raise UnreadableFeed('The object holds no list of products: send {"products": [ … ]}.')


def _item(place: int, line: int, value: Any) -> Item:
    try:
        found = canonical(value)
    except RecursionError:
        return Item(place, line, None, "The product is nested too deep.")
    if not isinstance(found, dict):
        return Item(place, line, None, 'A product must be a JSON object like {"product_id": "…"}.')
    return Item(place, line, found)


def _too_long() -> str:
    return f"A product may have at most {LONGEST_ITEM // 2**20} MB of JSON."


class _Text:
    """The file as text, of which only the present value and the piece it came with are held."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._decode = file, codecs.getincrementaldecoder("utf-8-sig")().decode
        self._held, self._at, self._ended = "", 0, False
        self.line = 1

    def next_sign(self) -> str:
        """The next character that is no blank, which stays; empty at the end."""
        while True:
            while self._at < len(self._held):
                sign = self._held[self._at]
                if sign not in BLANK:
                    return sign
                self._at += 1
                self.line += sign == "\n"
            if not self._more():
                return ""

    def skip(self) -> None:
        """Past the character found."""
        self._at += 1

    def value(self) -> Any:
        """The JSON value that comes next."""
        self.next_sign()
        while True:
            try:
                found, end = _decoder.raw_decode(self._held, self._at)
            except RecursionError:
                raise UnreadableFeed(f"Line {self.line}: a product is nested too deep.") from None
            except ValueError as error:
                self._need_more(error)
                continue
            if end == len(self._held) and not self._ended and self._more():
                continue  # a number may go on
            self.line += self._held.count("\n", self._at, end)
            self._at = end
            return found

    def _need_more(self, error: ValueError) -> None:
        """A value that cannot be read may only be cut: until it is longer than a product may be, or the file ends."""
        if len(self._held) - self._at > LONGEST_ITEM:
            raise UnreadableFeed(f"Line {self.line}: {error}, or longer than a product may be. {_too_long()}")
        if not self._more():
            raise UnreadableFeed(f"Line {self.line}: this is not JSON: {error}.")

    def _more(self) -> bool:
        """Reads on: as much again as is held, so that a long value is not tried over and over."""
        if self._ended:
            return False
        piece = self._file.read(max(PIECE, len(self._held) - self._at))
        self._ended = not piece
        try:
            text = self._decode(piece, self._ended)
        except UnicodeDecodeError:
            raise UnreadableFeed(f"After line {self.line} the file is not UTF-8: save it as UTF-8.") from None
        self._held, self._at = self._held[self._at :] + text, 0
        return bool(text)
