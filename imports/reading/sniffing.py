"""A look at a file: what it is, how it is written, how its columns are called, and its first rows.

A file of a wrong kind is refused at once with what to do about it.
"""

import codecs
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from cdp.lib.delimiters import likeliest_delimiter
from imports.contracts import CSV, DELIMITERS, NDJSON, XLSX, Options, Position, Row, Sniffed, WrongFile
from imports.guessing import guess_options, looks_like_header
from imports.reading.csv_rows import MOST_COLUMNS, csv_rows, header_of
from imports.reading.json_rows import objects
from imports.reading.workbook_rows import first_rows

LOOK = 256 * 1024
SAMPLE = 200
NAMED_BY = 1_000  # lines whose fields become columns
MOST_NAME = 255
WRONG = (
    (b"\xd0\xcf\x11\xe0", "This is a workbook of the old kind (XLS). Save it as XLSX or CSV."),
    (b"\x1f\x8b", "This file is packed (gzip). Unpack it first."),
    (b"%PDF", "This is a PDF. Export the data as CSV."),
    (b"PAR1", "This is a Parquet file. Export it as CSV or NDJSON."),
    (b"SQLite", "This is a database. Export its table as CSV."),
    (b"\x89PNG", "This is a picture."),
    (b"\xff\xd8\xff", "This is a picture."),
    (b"<?xml", "This is XML. Export the data as CSV."),
    (b"<!DOC", "This is a web page. Download the file itself."),
    (b"<html", "This is a web page. Download the file itself."),
    (b"{\\rtf", "This is a text document. Export the data as CSV."),
)


def sniff(path: Path, options: Options | None = None) -> Sniffed:
    """What a file is. With `options` it is read as they say; without, they are guessed. Raises WrongFile."""
    with path.open("rb") as file:
        head = file.read(LOOK)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise WrongFile("file_empty", "The file is empty.")
    for magic, sentence in WRONG:
        if head[: len(magic)].lower() == magic.lower():
            raise WrongFile("file_kind", sentence)
    if head[:4] == b"PK\x03\x04":
        return _workbook(path, options)
    plain = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if plain[:1] == b"{":
        return _ndjson(path, options)
    if plain[:1] == b"[":
        raise WrongFile("file_kind", "This is one JSON list. Write one object a line (NDJSON).")
    return _csv(path, head, options)


def _csv(path: Path, head: bytes, given: Options | None) -> Sniffed:
    options = given or _csv_options(path, head)
    first = header_of(path, options)
    if given is None:
        options = msgspec.structs.replace(options, header=looks_like_header(first))
    names = _names(first, options)
    sample = tuple(islice(csv_rows(path, options, len(names), Position()), SAMPLE))
    if sum(row.fault is not None for row in sample) == len(sample) > 20 and given is None:
        raise WrongFile("file_kind", f"None of the first {len(sample)} rows can be read: {_first_reason(sample)}")
    return Sniffed(CSV, guess_options(sample, options) if given is None else options, names, sample)


def _csv_options(path: Path, head: bytes) -> Options:
    encoding = _encoding(path, head)
    if encoding != "utf-16" and b"\x00" in head:
        raise WrongFile("file_kind", "This is no text: it has NUL bytes. Export the data as CSV in UTF-8.")
    shown = head.decode(encoding, "ignore")
    if sum(sign < " " and sign not in "\t\r\n\f" for sign in shown[:4096]) > 40:
        raise WrongFile("file_kind", "This is no text. Export the data as CSV in UTF-8.")
    newline = "\r" if "\r" in shown and "\n" not in shown else "\n"
    return Options(encoding=encoding, delimiter=_delimiter(shown), newline=newline)


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.isascii():
        return "utf-8" if _is_utf8_throughout(path) else "cp1252"
    return "utf-8" if _is_mostly_utf8(head) else "cp1252"


def _is_mostly_utf8(piece: bytes) -> bool:
    """Text of Windows-1252 has next to no whole sequences of UTF-8; a damaged byte among many spoils only its row."""
    shown = codecs.getincrementaldecoder("utf-8")("replace").decode(piece)
    bad = shown.count("\ufffd")
    return sum(sign > "\x7f" for sign in shown) - bad >= max(bad, 1)


def _is_utf8_throughout(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while piece := file.read(1024 * 1024):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                return False
    return True


def _delimiter(shown: str) -> str:
    """The one that cuts the first lines into the most columns of equal number."""
    lines = shown.splitlines(keepends=True)[:60]
    if len(lines) > 1 and len(shown) >= LOOK // 4:
        lines = lines[:-1]  # perhaps cut
    return likeliest_delimiter(lines, DELIMITERS)


def _ndjson(path: Path, given: Options | None) -> Sniffed:
    options = given or Options()
    names: dict[str, None] = {}
    found: list[tuple[Row, dict[str, Any] | None]] = []
    for row, fields in islice(objects(path, Position()), NAMED_BY):
        names.update(dict.fromkeys(fields or ()))
        if len(found) < SAMPLE:
            found.append((row, fields))
        if len(names) > MOST_COLUMNS:
            raise WrongFile("file_columns", f"Objects have more than {MOST_COLUMNS} fields.")
    if not names:
        reason = _first_reason(tuple(row for row, _ in found))
        raise WrongFile("file_kind", f"None of the first lines is a JSON object: {reason}")
    for row, fields in found:
        if fields is not None:
            row.cells = [fields.get(name) for name in names]
    sample = tuple(row for row, _ in found)
    return Sniffed(NDJSON, guess_options(sample, options) if given is None else options, tuple(names), sample)


def _workbook(path: Path, given: Options | None) -> Sniffed:
    options = given or Options()
    head = first_rows(path, options.sheet, SAMPLE + 1)
    if not head:
        raise WrongFile("file_empty", "The sheet is empty.")
    first = head[0][1]
    if len(first) > MOST_COLUMNS:
        raise WrongFile("file_columns", f"The sheet has more than {MOST_COLUMNS} columns.")
    if given is None:
        options = msgspec.structs.replace(options, header=looks_like_header(first) and head[0][0] == 1)
    names = _names([str(cell) if cell is not None else "" for cell in first], options)
    width = len(names)
    sample = tuple(
        Row(number, (cells + [None] * width)[:width]) for number, cells in head if not (options.header and number == 1)
    )
    return Sniffed(XLSX, guess_options(sample, options) if given is None else options, names, sample)


def _names(first: list[str], options: Options) -> tuple[str, ...]:
    """The columns' names, each once."""
    told = [cell.strip()[:MOST_NAME] if options.header else "" for cell in first]
    while options.header and told and not told[-1]:
        told.pop()
    names: dict[str, None] = {}
    for place, name in enumerate(told, start=1):
        name, number = name or f"column {place}", 2
        base = name
        while name in names:
            name, number = f"{base} ({number})", number + 1
        names[name] = None
    return tuple(names)


def _first_reason(sample: tuple[Row, ...]) -> str:
    return next((row.fault.reason for row in sample if row.fault is not None), "there are none.")
