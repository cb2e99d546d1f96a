"""Reading files as rows in constant memory, whatever is in them: CSV, NDJSON and workbooks. Pure of the framework.

A row that cannot be read is a row with its fault; only a file of a wrong kind ends a reading (`WrongFile`).
"""

from collections.abc import Iterator
from pathlib import Path

from imports.contracts import CSV, NDJSON, Options, Position, Row
from imports.reading.csv_rows import csv_rows
from imports.reading.json_rows import json_rows
from imports.reading.sniffing import sniff
from imports.reading.workbook_rows import workbook_rows

__all__ = ["rows", "sniff"]


def rows(
    path: Path, format_name: str, options: Options, names: tuple[str, ...], *, start: Position | None = None
) -> Iterator[Row]:
    """The rows of a file in order, after `start`. `names` are its columns. Raises WrongFile, OSError."""
    after = start or Position()
    if format_name == CSV:
        return csv_rows(path, options, len(names), after)
    if format_name == NDJSON:
        return json_rows(path, names, after)
    return workbook_rows(path, options, len(names), after)
