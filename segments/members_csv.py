"""Members as CSV: columns as they are asked for, cells that are never formulas, texts as people read them. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from imports.rejects_csv import safe
from imports.values import as_text

PROFILE_ID, SINCE = "profile_id", "since"
IDENTIFIER, TRAIT, COMPUTED = "identifier:", "trait:", "computed:"
PREFIXES = (IDENTIFIER, TRAIT, COMPUTED)
USUAL = (PROFILE_ID, SINCE, "identifier:email", "identifier:user_id", "identifier:phone")
MOST_COLUMNS = 50
LONGEST_COLUMN = 200
BOM = "\ufeff".encode()


class BadColumns(ValueError):
    """Columns that no file of members can have; the message says what there is."""


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member. `identifiers`: {kind: the value to use}; `traits` and `computed`: {name: present value}."""

    profile_id: str
    since: datetime
    identifiers: Mapping[str, str]
    traits: Mapping[str, Any]
    computed: Mapping[str, Any]


def columns_of(asked: Sequence[str]) -> list[str]:
    """The columns of a file, profile_id first, each once. Raises BadColumns."""
    found = list(dict.fromkeys([PROFILE_ID, *(one.strip() for one in asked)]))
    for one in found:
        named = next((one.removeprefix(prefix) for prefix in PREFIXES if one.startswith(prefix)), "")
        if one not in (PROFILE_ID, SINCE) and not named.strip():
            raise BadColumns(
                f"“{one[:60]}” is no column: write profile_id, since, identifier:email, trait:first_name or "
                "computed:rfm.group."
            )
        if len(one) > LONGEST_COLUMN or "\x00" in one:
            raise BadColumns(f"A column's name has at most {LONGEST_COLUMN} characters.")
    if len(found) > MOST_COLUMNS:
        raise BadColumns(f"A file has at most {MOST_COLUMNS} columns.")
    return found


def is_personal(column: str) -> bool:
    """Whether a column says who somebody is: identifiers and traits."""
    return column.startswith((IDENTIFIER, TRAIT))


def header(columns: Sequence[str]) -> bytes:
    """The first line, in UTF-8 with a byte order mark for spreadsheet programs. Two of one name keep their prefix."""
    short = [_short(one) for one in columns]
    return BOM + _line(name if short.count(name) == 1 else one for name, one in zip(short, columns, strict=True))


def lines(columns: Sequence[str], rows: Iterable[MemberRow]) -> bytes:
    """The lines of some members."""
    return b"".join(_line(_cell(one, row) for one in columns) for row in rows)


def _cell(column: str, row: MemberRow) -> str:
    if column == PROFILE_ID:
        return row.profile_id
    if column == SINCE:
        return row.since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if column.startswith(IDENTIFIER):
        return row.identifiers.get(column.removeprefix(IDENTIFIER), "")
    if column.startswith(TRAIT):
        return _text(row.traits.get(column.removeprefix(TRAIT)))
    return _text(row.computed.get(column.removeprefix(COMPUTED)))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else as_text(value)


def _short(column: str) -> str:
    return next((column.removeprefix(prefix) for prefix in PREFIXES if column.startswith(prefix)), column)


def _line(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe(cell.replace("\x00", "\ufffd")) for cell in cells])
    return out.getvalue().encode("utf-8", "replace")
