"""Uploaded lists of people: which column names them and by what, and the identifier each row means. Pure.

A guess is only a proposal: staff see it beside the first rows and change it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from imports.building import ROUNDED, WHY_ROUNDED, with_country
from imports.contracts import PEOPLE, Options, Row, Sniffed
from imports.guessing import guess_columns
from imports.targets import IDENTIFIERS
from profiles.contracts import IdentifierKey
from profiles.identifiers import EMAIL, PHONE, USER_ID, Blocked, canonicalize

USUAL_KINDS = (EMAIL, USER_ID, PHONE)
REASONS: Mapping[str, str] = {
    "empty": "The row is empty in the column that names people.",
    "not_an_email": "This is no e-mail address.",
    "not_a_phone": "This is no phone number with its country (+49 …).",
    "blocked_value": "This value names nobody.",
    "too_long": "This value is too long to name anybody.",
    "not_text": "This value is no text.",
    "bad_kind": "There is no such kind of identifier.",
    "rounded": f"This value {WHY_ROUNDED}",
    "unknown": "Nobody we know is called this.",
    "shared": "This is seen with so many people that it is nobody's in particular.",
    "not_one_identifier": 'Name a person by one identifier, like {"email": "ada@example.com"}.',
    "no_profile_id": "This is no profile id.",
    "erased": "The person was erased and is not looked for again.",
}
"""Why a row names nobody we know, by code; rows that cannot be read have their own sentence."""


class Layout(msgspec.Struct, frozen=True):
    """How an uploaded list is read: `column` (its place) names people by identifiers of `kind`.

    `options.country` completes phone numbers written without one.
    """

    format: str
    options: Options
    names: tuple[str, ...]
    column: int = 0
    kind: str = EMAIL


class BadLayout(ValueError):
    """A choice of column or kind that the file does not have; the message says what there is."""


class NoName(msgspec.Struct, frozen=True):
    """Why a row names nobody."""

    code: str
    reason: str


def read_layout(source: Mapping[str, Any]) -> Layout:
    """The layout a fill stores. Raises ValueError (msgspec's) for what is none."""
    return msgspec.convert(source, Layout)


def guess_layout(sniffed: Sniffed) -> Layout:
    """The first column that is an e-mail address, a user id or a phone number by its name or its values."""
    columns = guess_columns(PEOPLE, sniffed.names, sniffed.sample, sniffed.options)
    layout = Layout(sniffed.format, sniffed.options, sniffed.names)
    for kind in (*USUAL_KINDS, *(kind for kind in IDENTIFIERS if kind not in USUAL_KINDS)):
        for place, column in enumerate(columns):
            if column.target == kind:
                return msgspec.structs.replace(layout, column=place, kind=kind)
    return msgspec.structs.replace(layout, kind=_kind_of([row.cells[0] for row in sniffed.sample if row.cells]))


def chosen_layout(layout: Layout, *, column: str = "", kind: str = "", country: str = "") -> Layout:
    """The layout with what was chosen instead; empty stays as it is. Raises BadLayout."""
    place = layout.column
    if column:
        if column not in layout.names:
            raise BadLayout(f"The file has no column “{column[:60]}”. It has {', '.join(layout.names[:30])}.")
        place = layout.names.index(column)
    if kind and (isinstance(canonicalize(kind, "a1@example.com"), Blocked) and kind != PHONE):
        raise BadLayout(f"“{kind[:60]}” is no kind of identifier: write email, user_id, phone, or your own id's name.")
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise BadLayout("The country is two letters, like DE.")
    options = msgspec.structs.replace(layout.options, country=country.upper()) if country else layout.options
    return msgspec.structs.replace(layout, column=place, kind=kind or layout.kind, options=options)


def named(layout: Layout, row: Row) -> IdentifierKey | NoName:
    """Whom a row names, or why nobody."""
    if row.fault is not None:
        return NoName(row.fault.code, row.fault.reason)
    cell = row.cells[layout.column] if layout.column < len(row.cells) else None
    return key_of(layout.kind, cell, country=layout.options.country)


def key_of(kind: str, value: Any, *, country: str = "") -> IdentifierKey | NoName:
    """The identifier a value means, or why it means none. Whole numbers of a workbook are their digits."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, dict | list):
        return no_name("not_text")
    text = str(value).strip() if value is not None and not isinstance(value, bool) else ""
    if not text:
        return no_name("empty")
    if ROUNDED.fullmatch(text):
        return no_name("rounded")
    if kind == PHONE and country and not text.startswith("+"):
        text = with_country(text, country)
    key = canonicalize(kind, text)
    return no_name(key.reason) if isinstance(key, Blocked) else key


def no_name(code: str) -> NoName:
    """The reason of a code."""
    return NoName(code, REASONS.get(code, "This names nobody."))


def _kind_of(cells: Sequence[Any]) -> str:
    texts = [str(cell).strip() for cell in cells if cell is not None and str(cell).strip()]
    if texts and sum("@" in text for text in texts) * 2 > len(texts):
        return EMAIL
    if texts and sum(text.startswith(("+", "00")) for text in texts) * 2 > len(texts):
        return PHONE
    return USER_ID
