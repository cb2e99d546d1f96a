"""Reading whatever comes: encodings, quotes, endless lines, bombs, formulas. A row's fault is its own."""

import io
import json
import tracemalloc
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from imports.contracts import Options, Position, Row, WrongFile
from imports.reading import rows, sniff
from imports.reading.workbook_rows import guard


def written(folder: Path, content: bytes | str) -> Path:
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, options: Options | None = None) -> list[Row]:
    found = sniff(path, options)
    return list(rows(path, found.format, found.options, found.names))


def told(found: list[Row]) -> list[object]:
    """Cells of good rows, codes of faults."""
    return [row.fault.code if row.fault else row.cells for row in found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_usual_encoding_is_found_and_read(tmp_path: Path, encoding: str) -> None:
    text = "E-Mail;Vorname\nä@example.com;Jürgen €\nb@example.com;Zoë\n"
    found = sniff(written(tmp_path, text.encode(encoding)))
    assert found.names == ("E-Mail", "Vorname")
    assert found.options.encoding == encoding.removesuffix("-sig")
    assert told(read(tmp_path / "file")) == [["ä@example.com", "Jürgen €"], ["b@example.com", "Zoë"]]


def test_an_umlaut_far_behind_the_first_look_decides_the_encoding(tmp_path: Path) -> None:
    text = "a,b\n" + "1,x\n" * 100_000 + "2,Jürgen\n"
    assert sniff(written(tmp_path, text.encode("cp1252"))).options.encoding == "cp1252"
    assert sniff(written(tmp_path, text.encode())).options.encoding == "utf-8"


def test_a_byte_that_is_no_utf8_costs_its_row_alone(tmp_path: Path) -> None:
    path = written(tmp_path, "name,b\nJürgen,1\n".encode() + b"J\xfcrgen,2\n" + b"Max,3\n")
    assert told(read(path)) == [["Jürgen", "1"], "encoding", ["Max", "3"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_cuts_evenly(tmp_path: Path, delimiter: str) -> None:
    content = f'a{delimiter}b{delimiter}c\n1{delimiter}"x, y; z"{delimiter}2\n'
    assert sniff(written(tmp_path, content)).options.delimiter == delimiter


def test_quoted_line_ends_and_quotes_stay_in_their_cells(tmp_path: Path) -> None:
    path = written(tmp_path, 'a,b\r\n1,"two\r\nlines, ""so"""\r\n\r\n,\r\n2,y\r\n')
    found = read(path)
    assert told(found) == [["1", 'two\r\nlines, "so"'], ["2", "y"]]
    assert [row.number for row in found] == [2, 5]


def test_a_quote_never_closed_costs_its_own_line(tmp_path: Path) -> None:
    content = 'a,b\n1,x\n2,"open\n' + "".join(f"{n},y\n" for n in range(3, 3000))
    found = told(read(written(tmp_path, content)))
    assert found[:3] == [["1", "x"], "quote", ["3", "y"]]
    assert len(found) == 2999


def test_rows_of_another_width_are_named_and_surplus_empty_cells_forgiven(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,2\n1,2,3\n1\n1,2,,\n")
    assert told(read(path)) == [["1", "2"], "cell_count", "cell_count", ["1", "2"]]


def test_reading_begins_again_at_any_row_by_its_end(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        content = 'ä;b\n1;"x\ny"\n2;"open\n3;z\n\n4;w\n'.encode(encoding)
        path = written(tmp_path, content)
        look = sniff(path)
        whole = list(rows(path, look.format, look.options, look.names))
        assert len(whole) == 4
        for n, row in enumerate(whole):
            rest = rows(path, look.format, look.options, look.names, start=Position(row.number, row.end))
            assert [(r.number, r.cells, r.end) for r in rest] == [(r.number, r.cells, r.end) for r in whole[n + 1 :]]


def test_files_with_bare_carriage_returns_are_read(tmp_path: Path) -> None:
    assert told(read(written(tmp_path, "a,b\r1,2\r3,4\r"))) == [["1", "2"], ["3", "4"]]


def test_nul_bytes_cost_their_row(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n" + "1,2\n" * 70_000 + "x\x00y,2\n3,4\n")
    found = told(read(path))
    assert found[-2:] == ["nul", ["3", "4"]]


def test_one_endless_line_is_one_fault_and_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(b"a,b\n1,2\n")
        for _ in range(64):
            file.write(b"x" * 2**20)
        file.write(b"\n3,4\n")
    tracemalloc.start()
    found = told(read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [["1", "2"], "line_too_long", ["3", "4"]]
    assert peak < 16 * 2**20


def test_a_billion_columns_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(WrongFile) as refused:
        sniff(written(tmp_path, "a," * 500_000 + "\n1\n"))
    assert refused.value.code == "file_columns"
    with pytest.raises(WrongFile) as refused:
        sniff(written(tmp_path, b"," * 3 * 2**20))
    assert refused.value.code == "file_header"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "XLSX"),
        (b"\x1f\x8b" + b"x" * 100, "Unpack"),
        (b"%PDF-1.7", "PDF"),
        (b"[{}]", "one JSON list"),
        (b"PK\x03\x04nothing", "damaged"),
        (b"\x00\x01\x02\x03" * 100, "no text"),
        (b'{"a": \n{"b": \n', "JSON object"),
    ],
)
def test_a_file_of_a_wrong_kind_says_what_to_do(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(WrongFile, match=says):
        sniff(written(tmp_path, content))


def test_ndjson_is_opened_by_dots_and_a_line_of_ten_megabytes_is_a_fault(tmp_path: Path) -> None:
    lines = [
        json.dumps({"a": {"b": 1.5, "c": ["x"]}, "d": True}),
        '{"a": ' + '"' + "x" * 10 * 2**20 + '"}',
        "[1]",
        '{"a": nope}',
        "[" * 100 + "]" * 100,
        json.dumps({"d": None, "e": "late"}),
    ]
    found = read(written(tmp_path, "\n".join(lines)))
    codes = [row.fault.code if row.fault else "" for row in found]
    assert codes == ["", "line_too_long", "not_an_object", "malformed", "too_deep", ""]
    assert [str(cell) for cell in found[0].cells] == ["1.5", "['x']", "True", "None"]
    assert found[5].cells == [None, None, None, "late"]


def workbook(folder: Path, *lines: list[object]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    path = folder / "file"
    book.save(path)
    return path


def test_workbooks_keep_numbers_dates_and_texts_and_formulas_are_text(tmp_path: Path) -> None:
    at = datetime(2026, 4, 3, 14, 5)  # noqa: DTZ001 - workbooks know no zones
    path = workbook(tmp_path, ["id", "when", "sum"], [1001, at, "=1+1"], [None, None, None], ["x", None, 2.5])
    found = read(path)
    assert told(found) == [[1001, at, "=1+1"], ["x", None, 2.5]]
    assert [row.number for row in found] == [2, 4]
    assert [row.number for row in rows(path, "xlsx", Options(), ("id", "when", "sum"), start=Position(2))] == [4]


def repacked(path: Path, part: str, content: bytes) -> Path:
    """The workbook with one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    path.write_bytes(out.getvalue())
    return path


SHEET = "xl/worksheets/sheet1.xml"
TAIL = b"</row></sheetData></worksheet>"
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        ("xl/styles.xml", b" " * (65 * 2**20), "file_bomb"),
        (
            SHEET,
            HEAD + b'<row r="1">' + b"<c><v>1</v></c>" * 600_000 + TAIL,
            "file_workbook",
        ),
        (SHEET, b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>" + HEAD + b"</sheetData></worksheet>", "file_workbook"),
        (
            SHEET,
            HEAD + b'<row r="999999999"><c r="A9"><v>1</v></c>' + TAIL,
            "file_workbook",
        ),
        (SHEET, HEAD + b'<row r="1"><c r="A1"><v>1</v></c></row></sheet', "file_workbook"),
    ],
)
def test_hostile_workbooks_are_refused(tmp_path: Path, part: str, content: bytes, code: str) -> None:
    path = repacked(workbook(tmp_path, ["a"], [1]), part, content)
    with pytest.raises(WrongFile) as refused:
        read(path)
    assert refused.value.code == code


def test_the_guard_counts_rows_and_refuses_other_archives(tmp_path: Path) -> None:
    assert guard(workbook(tmp_path, *([n, "x"] for n in range(300)))) == 300
    with zipfile.ZipFile(tmp_path / "other", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(WrongFile, match="no XLSX"):
        guard(tmp_path / "other")
