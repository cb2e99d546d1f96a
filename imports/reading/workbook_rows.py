"""Rows of XLSX workbooks, by openpyxl's streaming parser, behind a guard that looks at the archive first.

The guard refuses what would not fit in memory: bombs, shared texts past a bound, a row that never ends, entity
definitions. A formula is never computed: its cell holds the value its program saved, else the formula as text.
"""

import math
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import FORMULA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.functions import iterparse

from imports.contracts import Fault, Options, Position, Row, WrongFile

MOST_PARTS = 5_000
MOST_SHEET_BYTES = 2 * 1024**3
MOST_OTHER_BYTES = 64 * 1024**2
LONGEST_ROW_BYTES = 4 * 1024**2
MOST_ROWS = 1_048_576
MOST_COLUMNS = 1_000
PIECE = 1024 * 1024
_ROW_START = re.compile(rb"<(?:\w+:)?row[ >/]")


class _Parser(WorkSheetParser):  # type: ignore[misc]  # openpyxl has no types
    """Values as saved; a formula without one as its text. Rows are freed as they pass."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """One cell."""
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and (formula := element.find(FORMULA_TAG)) is not None and formula.text:
            cell["value"] = "=" + formula.text
        return cell

    def rows(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """(row number, cells) of each row."""
        data = None
        for event, element in iterparse(self.source, events=("start", "end")):
            if event == "start":
                if element.tag.endswith("}sheetData"):
                    data = element
            elif element.tag == ROW_TAG:
                yield self.parse_row(element)
                if data is not None:
                    data.clear()
            elif element.tag.endswith("}sheetData"):
                return


def workbook_rows(path: Path, options: Options, width: int, after: Position) -> Iterator[Row]:
    """Rows of one sheet by their own numbers. Begins again by counting."""
    with opened(path) as book:
        sheet = _sheet(book, options.sheet)
        for number, cells in _values(sheet):
            if number <= after.row or (number == 1 and options.header):
                continue
            if len(cells) > width:
                surplus, cells = cells[width:], cells[:width]
                if any(cell is not None for cell in surplus):
                    yield Row(number, cells, 0, Fault("cell_count", f"More cells than the header's {width}."))
                    continue
            if any(cell is not None for cell in cells):
                yield Row(number, cells + [None] * (width - len(cells)))


def first_rows(path: Path, sheet_name: str, most: int) -> list[tuple[int, list[Any]]]:
    """The first rows of a sheet with their numbers."""
    found = []
    with opened(path) as book:
        for row in _values(_sheet(book, sheet_name)):
            found.append(row)
            if len(found) >= most:
                break
    return found


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The workbook, looked at by the guard and opened for streaming. Raises WrongFile."""
    guard(path)
    with path.open("rb") as file:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # openpyxl raises whatever a broken part makes it raise
            raise WrongFile("file_workbook", "The workbook cannot be read: save it anew as XLSX or CSV.") from error
        try:
            yield book
        finally:
            book.close()


def guard(path: Path) -> int:
    """About how many rows its sheets have. Raises WrongFile for an archive that is no workbook or too large opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if "[Content_Types].xml" not in {part.filename for part in parts} or len(parts) > MOST_PARTS:
                raise WrongFile("file_workbook", "The archive is no XLSX workbook.")
            sheets = [part for part in parts if "/worksheets/" in part.filename]
            for part in parts:
                most = MOST_SHEET_BYTES if part in sheets else MOST_OTHER_BYTES
                if part.filename.endswith((".xml", ".rels")) and part.file_size > most:
                    raise _too_large(part.filename)
            if sum(part.file_size for part in sheets) > MOST_SHEET_BYTES:
                raise _too_large("all sheets together")
            for part in parts:
                if part.filename.endswith(".xml") and part not in sheets:
                    _require_no_entities(archive.open(part).read(PIECE))
            return max((_count_rows(archive, part) for part in sheets), default=0)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise WrongFile("file_workbook", "The workbook is damaged or protected: save it anew as XLSX.") from error


def _count_rows(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    count = since = 0
    with archive.open(part) as file:
        is_first, tail = True, b""
        while piece := file.read(PIECE):
            if is_first:
                _require_no_entities(piece)
                is_first = False
            joined = tail + piece
            starts = [found.start() for found in _ROW_START.finditer(joined)]
            count += len(starts)
            since = len(joined) - starts[-1] if starts else since + len(piece)
            if since > LONGEST_ROW_BYTES:
                raise WrongFile("file_workbook", "A row of the workbook is larger than 4 MB, or it ends in megabytes "
                                                 "that are no rows: save its data as CSV.")  # fmt: skip
            tail = joined[-16:] if not starts or len(joined) - starts[-1] >= 16 else b""
    return count


def _require_no_entities(piece: bytes) -> None:
    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
        raise WrongFile("file_workbook", "The workbook defines entities, which no spreadsheet program does.")


def _too_large(name: str) -> WrongFile:
    return WrongFile("file_bomb", f"The workbook is too large when opened ({name}): send its data as CSV.")


def _sheet(book: Any, name: str) -> ReadOnlyWorksheet:
    sheets = {sheet.title: sheet for sheet in book.worksheets if isinstance(sheet, ReadOnlyWorksheet)}
    if not sheets:
        raise WrongFile("file_workbook", "The workbook has no sheet with cells.")
    if name and name not in sheets:
        raise WrongFile("file_sheet", f"The workbook has no sheet “{name}”; there are {', '.join(sheets)[:300]}.")
    return sheets[name] if name else next(iter(sheets.values()))


def _values(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    book = sheet.parent
    with sheet._get_source() as source, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser = _Parser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        last = 0
        try:
            for number, cells in parser.rows():
                if number > MOST_ROWS or number <= last:
                    raise WrongFile("file_workbook", "The workbook's rows are numbered in a way no program does.")
                last = number
                yield number, _placed(cells)
        except WrongFile:
            raise
        except Exception as error:  # whatever a broken sheet makes openpyxl raise
            raise WrongFile("file_workbook", f"The sheet cannot be read after row {last}: save it as CSV.") from error


def _placed(cells: list[dict[str, Any]]) -> list[Any]:
    placed: list[Any] = []
    for cell in cells:
        place = cell["column"] - 1
        if place >= MOST_COLUMNS:
            placed.extend([None] * (MOST_COLUMNS + 1 - len(placed)))
            placed[MOST_COLUMNS] = "…"
            break
        if place >= len(placed):
            placed.extend([None] * (place + 1 - len(placed)))
        placed[place] = _finite(cell["value"]) if cell["data_type"] != "e" else None
    return placed


def _finite(value: Any) -> Any:
    """Numbers past what a computer holds as text, so that they are no number."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
