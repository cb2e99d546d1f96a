"""Rows of NDJSON: one object a line, its fields named by dotted paths. A line of ten megabytes is a fault, no crash."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from cdp.lib.values import canonical, read_number
from events.mending import is_too_deep
from imports.contracts import Fault, Position, Row

LONGEST_LINE = 2 * 1024 * 1024
PIECE = 256 * 1024
DEEPEST = 6
MOST_FIELDS = 1000
_decode = msgspec.json.Decoder(Any, float_hook=read_number).decode
BOM = b"\xef\xbb\xbf"


def json_rows(path: Path, names: tuple[str, ...], after: Position) -> Iterator[Row]:
    """Rows by line number, empty lines left out."""
    places = {name: place for place, name in enumerate(names)}
    for row, fields in objects(path, after):
        if fields is not None:
            row.cells = [None] * len(names)
            row.rest = {}
            for name, value in fields.items():
                place = places.get(name)
                if place is None:
                    row.rest[name] = value
                else:
                    row.cells[place] = value
        yield row


def objects(path: Path, after: Position) -> Iterator[tuple[Row, dict[str, Any] | None]]:
    """Each line's row and its flattened fields; None where it has a fault."""
    with path.open("rb", buffering=PIECE) as file:
        number, offset = after.row, after.offset
        file.seek(offset)
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            offset += len(line)
            is_whole = len(line) <= LONGEST_LINE
            while not is_whole and (piece := file.readline(PIECE)):
                offset += len(piece)
                is_whole = piece.endswith(b"\n")
            line = line.removeprefix(BOM) if number == 1 else line
            if line.strip():
                yield _read(number, offset, line)


def flattened(found: dict[str, Any]) -> dict[str, Any]:
    """{dotted path: value}: objects opened six levels deep; lists are values."""
    fields: dict[str, Any] = {}
    _flatten(found, "", 1, fields)
    return fields


def _flatten(found: dict[str, Any], prefix: str, depth: int, fields: dict[str, Any]) -> None:
    for name, value in found.items():
        if type(value) is dict and value and depth < DEEPEST:
            _flatten(value, f"{prefix}{name}.", depth + 1, fields)
        else:
            fields[prefix + name] = value


def _read(number: int, offset: int, line: bytes) -> tuple[Row, dict[str, Any] | None]:
    fault: Fault | None = None
    fields: dict[str, Any] = {}
    if len(line) > LONGEST_LINE:
        fault = Fault("line_too_long", f"The line is longer than {LONGEST_LINE // 2**20} MB.")
    elif is_too_deep(line):
        fault = Fault("too_deep", "An object may be nested 64 levels deep.")
    else:
        try:
            found = canonical(_decode(line))
            if type(found) is dict:
                fields = flattened(found)
                if len(fields) > MOST_FIELDS:
                    fault = Fault("too_many_fields", f"The object has more than {MOST_FIELDS} fields.")
            else:
                fault = Fault("not_an_object", 'Each line must be a JSON object like {"email": "…"}.')
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            fault = Fault("malformed", f"The line is not JSON in UTF-8: {error}.")
    if fault is not None:
        return Row(number, [], offset, fault, line[:2000].decode("utf-8", "replace").replace("\x00", "\ufffd")), None
    return Row(number, [], offset), fields
