"""What a feed file is: looked at by its first bytes, whatever its name or the server's word. Pure."""

import codecs
import json
from typing import BinaryIO

from commerce.feeds.items import UnreadableFeed

LOOK = 64 * 1024
CSV, JSON, LINES, MERCHANT = "csv", "json", "lines", "merchant"
LISTS = ("products", "items", "data", "entries")
WRONG = (
    (b"PK\x03\x04", "This is a workbook or a ZIP archive. Save it as CSV."),
    (b"\x1f\x8b", "This file is packed twice (gzip). Pack it once."),
    (b"%PDF", "This is a PDF. Export the products as CSV, JSON or Google Merchant XML."),
    (b"<!doctype html", "This is a web page, not a feed. Is the address one that asks for a sign-in?"),
    (b"<html", "This is a web page, not a feed. Is the address one that asks for a sign-in?"),
)


def format_of(head: bytes) -> str:
    """One of CSV, JSON (one document), LINES (an object a line), MERCHANT. Raises UnreadableFeed."""
    plain = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not plain:
        raise UnreadableFeed("The file is empty.")
    for magic, sentence in WRONG:
        if plain[: len(magic)].lower() == magic.lower():
            raise UnreadableFeed(sentence)
    if plain[:1] == b"<" or head[:4] in (b"\xff\xfe<\x00", b"\xfe\xff\x00<"):
        return MERCHANT
    if plain[:1] == b"[":
        return JSON
    if plain[:1] == b"{":
        return LINES if _is_object_of_its_own(plain.partition(b"\n")[0]) else JSON
    return CSV


def encoding_of(file: BinaryIO) -> str:
    """utf-8-sig, utf-16 or cp1252, told by the first letter that is not ASCII, however far down it stands."""
    piece = file.read(LOOK)
    if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    while piece.isascii() and len(piece) == LOOK:
        piece = file.read(LOOK)
    try:
        codecs.getincrementaldecoder("utf-8-sig")().decode(piece, len(piece) < LOOK)
    except UnicodeDecodeError as error:
        return "cp1252" if error.object[: error.start].isascii() else "utf-8-sig"
    return "utf-8-sig"


def _is_object_of_its_own(line: bytes) -> bool:
    """Whether a first line is a whole product rather than the beginning, or all, of a document."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not any(isinstance(found.get(name), list) for name in LISTS)
