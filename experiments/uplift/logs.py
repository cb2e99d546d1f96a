"""Uploaded experiment logs: CSV text into columns of numbers and words, without those that name single people. Pure.

Dropped before anything is kept: words with more than 100 different values (names, addresses, free text) and whole
numbers that differ in nearly every row (ids, phone numbers).
"""

import gzip
import io
import re
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.uplift.frame import Column, Frame, FrameError
from experiments.uplift.specs import FileSpec

MOST_BYTES = 256 * 1024**2
MOST_ROWS, MOST_COLUMNS = 1_000_000, 200
MOST_WORDS, MOST_VALUES = 100, 20
LIKE_AN_ID = 0.9
YES_NO = {"yes": 1.0, "no": 0.0, "y": 1.0, "n": 0.0, "true": 1.0, "false": 0.0}
TREATMENTS = ("treatment", "treated", "segment", "variant", "group", "arm", "campaign", "offer", "exposed", "w", "t")
OUTCOMES = ("visit", "conversion", "converted", "outcome", "purchase", "purchased", "response", "target", "bought", "y")
AMOUNTS = ("spend", "revenue", "sales", "amount", "profit", "orders")
CONTROL = re.compile(r"^(0|0\.0|false|control|holdout|none|no\b.*|baseline|placebo|untreated)", re.IGNORECASE)
NUMBER, WORDS = "number", "words"


class LogColumn(msgspec.Struct, frozen=True):
    """A kept column. `values`: its different values, the most frequent first, where there are at most 20."""

    name: str
    kind: str
    distinct: int
    unknown: int
    values: tuple[str, ...] = ()


class Log(msgspec.Struct, frozen=True):
    """What an upload became. `table`: the kept columns as Parquet. `dropped`: (column, why)."""

    rows: int
    columns: tuple[LogColumn, ...]
    dropped: tuple[tuple[str, str], ...]
    table: bytes


def read_log(data: bytes) -> Log:
    """A CSV file (comma, semicolon or tab; gzip or not) with one header line. Raises FrameError."""
    text = _unpacked(data)
    try:
        table = pd.read_csv(
            io.BytesIO(text), sep=_separator(text), encoding=_encoding(text), nrows=MOST_ROWS + 1, low_memory=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, ValueError) as error:
        raise FrameError(f"This is no CSV file that can be read: {str(error).splitlines()[0]}.") from None
    if len(table) > MOST_ROWS or len(table.columns) > MOST_COLUMNS:
        raise FrameError(f"A log may have {MOST_ROWS:,} rows and {MOST_COLUMNS} columns at most. Send a sample of it.")
    if not len(table) or len(table.columns) < 3:
        raise FrameError(
            "A log needs a header line, rows, and at least three columns: who was treated, what came of it, and "
            "something that was known before."
        )
    return _log(table)


def columns_of(table: bytes, names: Sequence[str]) -> dict[str, Column]:
    """These columns of a kept table: numbers with NaN, words with "" for what is not known."""
    found = pq.read_table(io.BytesIO(table), columns=list(names))
    return {name: _column(found[name]) for name in names}


def frame_of(table: bytes, spec: FileSpec) -> Frame:
    """The rows of both sides. Raises FrameError."""
    columns = columns_of(table, list(dict.fromkeys((spec.treatment, spec.outcome, *spec.features))))
    sides = _words(columns[spec.treatment])
    rows = (sides == spec.treated) | (sides == spec.control)
    outcome = columns[spec.outcome]
    if outcome.dtype.kind != "f":
        raise FrameError(f"“{spec.outcome}” has words: what came of it must be a number, or yes and no.")
    numbers = outcome[rows].astype(np.float64)
    known = ~np.isnan(numbers)
    features = {name: columns[name][rows][known] for name in spec.features}
    return Frame(features, (sides[rows] == spec.treated)[known], numbers[known])


def guessed(columns: Sequence[LogColumn]) -> FileSpec:
    """What the columns probably are, for staff to change; "" where nothing looks like it."""
    named = {column.name: column for column in columns}
    treatment = _first(TREATMENTS, [column for column in columns if 2 <= len(column.values) <= MOST_VALUES])
    outcome = _first((*OUTCOMES, *AMOUNTS), [column for column in columns if column.kind == NUMBER])
    values = named[treatment].values if treatment else ()
    control = next((value for value in values if CONTROL.match(value)), values[0] if values else "")
    treated = next((value for value in values if value != control), "")
    return FileSpec(treatment, treated, control, outcome, tuple(features_of(columns, treatment, outcome)))


def features_of(columns: Sequence[LogColumn], treatment: str, outcome: str) -> list[str]:
    """Columns that may be known before: neither treated nor outcome, nor named like one."""
    likely = {*TREATMENTS, *OUTCOMES, *AMOUNTS}
    return [
        column.name
        for column in columns
        if column.name not in (treatment, outcome) and column.name.strip().lower() not in likely
    ]


def _first(likely: Sequence[str], columns: Sequence[LogColumn]) -> str:
    lowered = {column.name.strip().lower(): column.name for column in columns}
    return next((lowered[name] for name in likely if name in lowered), "")


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        found = data
    else:
        try:
            with gzip.open(io.BytesIO(data)) as packed:
                found = packed.read(MOST_BYTES + 1)
        except (OSError, EOFError) as error:
            raise FrameError("The packed file is broken: send it again, or as plain CSV.") from error
    if len(found) > MOST_BYTES:
        raise FrameError(f"A log may have {MOST_BYTES // 1024**2} MB at most. Send a sample of its rows.")
    return found


def _separator(text: bytes) -> str:
    head = text[:65536].split(b"\n", 1)[0].decode("latin-1")
    return max(",;\t|", key=head.count)


def _encoding(text: bytes) -> str:
    try:
        text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _log(table: pd.DataFrame) -> Log:
    kept: dict[str, pa.Array] = {}
    columns: list[LogColumn] = []
    dropped: list[tuple[str, str]] = []
    for name in table.columns:
        values = _tidy(table[name])
        label = str(name).strip()[:100]
        if why := _why_dropped(values, label, kept):
            dropped.append((label, why))
            continue
        kept[label] = pa.array(values.to_numpy(), from_pandas=True)
        columns.append(_described(label, values))
    buffer = io.BytesIO()
    pq.write_table(pa.table(kept), buffer, compression="zstd")
    return Log(len(table), tuple(columns), tuple(dropped), buffer.getvalue())


def _tidy(values: pd.Series) -> pd.Series:
    """Numbers as float64, words as text, yes and no as 1 and 0."""
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return values.astype("float64").replace([np.inf, -np.inf], np.nan)
    words = values.astype("object").where(values.notna(), None)
    lowered = words.map(lambda word: None if word is None else str(word).strip().lower())
    known = lowered.dropna()
    if len(known) and known.isin(list(YES_NO)).all():
        return lowered.map(YES_NO).astype("float64")
    return words.map(lambda word: None if word is None else str(word).strip())


def _why_dropped(values: pd.Series, label: str, kept: Mapping[str, object]) -> str:
    if label in kept:
        return "its name stands twice"
    known = values.dropna()
    if not len(known):
        return "it is empty"
    distinct = known.nunique()
    if values.dtype == np.float64:
        is_whole = bool((known == known.round()).all())
        is_id = is_whole and distinct > MOST_WORDS and distinct > LIKE_AN_ID * len(known)
        return "a different whole number in nearly every row: it looks like an id" if is_id else ""
    return f"{distinct:,} different words: it may name people" if distinct > MOST_WORDS else ""


def _described(label: str, values: pd.Series) -> LogColumn:
    counts = values.value_counts()
    told = tuple(_word(value) for value in counts.index) if len(counts) <= MOST_VALUES else ()
    kind = NUMBER if values.dtype == np.float64 else WORDS
    return LogColumn(label, kind, len(counts), int(values.isna().sum()), told)


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _column(values: pa.ChunkedArray) -> Column:
    if pa.types.is_floating(values.type):
        return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    return np.array([word or "" for word in values.to_pylist()], dtype=np.str_)


def _words(values: Column) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """A column as the words its values are chosen by."""
    if values.dtype.kind != "f":
        return values.astype(np.str_)
    different, which = np.unique(values, return_inverse=True)
    return np.array([_word(float(value)) for value in different], dtype=np.str_)[which]
