"""What crosses the border of imports: how a file is read, what its columns mean, and why a row cannot be taken."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

PEOPLE, EVENTS, ORDERS, PRODUCTS = "people", "events", "orders", "products"
SUPPRESSIONS = "suppressions"
KINDS = (PEOPLE, EVENTS, ORDERS, PRODUCTS, SUPPRESSIONS)
WITHOUT_SOURCE = frozenset({PRODUCTS, SUPPRESSIONS})
"""Kinds whose rows become no events."""
CSV, NDJSON, XLSX = "csv", "ndjson", "xlsx"
ENCODINGS = ("utf-8", "cp1252", "utf-16")
DELIMITERS = (",", ";", "\t", "|")
NEWLINES = ("\n", "\r")
IGNORE = "ignore"
NOBODY = "none"
"""The anonymousId of rows that name people by address or number alone: a value that identity knows to be nobody's."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is read. `day_first` None: nobody has decided yet what 03/04/2026 means."""

    encoding: str = "utf-8"
    delimiter: str = ","
    newline: str = "\n"
    header: bool = True
    sheet: str = ""
    decimal_comma: bool = False
    day_first: bool | None = None
    zone: str = "UTC"
    country: str = ""
    currency: str = ""
    event: str = ""
    keep_rest: bool = True


class Column(msgspec.Struct, frozen=True):
    """One column: its name in the file, what it becomes (`field` names a trait, property, …), and its type."""

    name: str
    target: str = IGNORE
    field: str = ""
    type: str = "text"


class Fault(msgspec.Struct, frozen=True):
    """Why a row cannot be taken: a stable code, and a sentence that says how to mend it."""

    code: str
    reason: str


class Row(msgspec.Struct):
    """One row of a file. `number` is its place in the file, `end` the byte after it (0 where there are no offsets).

    `rest` holds the fields of an NDJSON row that no column names.
    """

    number: int
    cells: list[Any]
    end: int = 0
    fault: Fault | None = None
    raw: str = ""
    rest: dict[str, Any] | None = None


class Position(msgspec.Struct, frozen=True):
    """How far a file was read: the last row's number and the byte after it; of grouped orders the last order id."""

    row: int = 0
    offset: int = 0
    order: str = ""


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a look at a file told: its format and options, the columns' names, and about how many rows it has."""

    format: str
    options: Options
    names: tuple[str, ...]
    sample: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """One row made into what would be stored: an event's item or a product's entry. `keys`: (kind, value) of people;
    `consents`: what they allowed or refused."""

    row: int
    id: str
    item: dict[str, Any]
    keys: tuple[tuple[str, str], ...] = ()
    consents: tuple["Consented", ...] = ()


@dataclass(frozen=True, slots=True)
class Consented:
    """A yes or no that a row tells. `at` and `proof`: as the file has them."""

    purpose: str
    allowed: bool
    at: datetime | None = None
    proof: str = ""


@dataclass(slots=True)
class Tally:
    """What a check found."""

    rows: int = 0
    good: int = 0
    bad: int = 0
    known: int = 0
    new: int = 0
    already: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)


class WrongFile(Exception):
    """The file as a whole cannot be read. `code` is stable; the message says what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class BadValue(Exception):
    """A value cannot be read as its type, or a row lacks what it needs."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


class MappingIncomplete(Exception):
    """The mapping cannot be used yet. `faults`: (column name or "", sentence)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(sentence for _, sentence in faults))
        self.faults = faults


class WrongState(Exception):
    """The import is not where this step begins; the message says where it is."""
