"""Which column of an uploaded list names people, and whom each row means."""

from pathlib import Path

import pytest

from imports.contracts import Fault, Options, Row
from imports.reading import sniff
from profiles.contracts import IdentifierKey
from segments.uploads import REASONS, BadLayout, Layout, NoName, chosen_layout, guess_layout, key_of, named


def layout_of(tmp_path: Path, text: str | bytes) -> Layout:
    path = tmp_path / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return guess_layout(sniff(path))


@pytest.mark.parametrize(
    ("text", "column", "kind"),
    [
        ("email\nada@example.com\n", "email", "email"),
        ("Vorname;E-Mail-Adresse\nAda;ada@example.com\nBen;ben@example.com\n", "E-Mail-Adresse", "email"),
        ("\ufeffKundennummer,Ort\nK1,Berlin\nK2,Wien\n", "Kundennummer", "user_id"),
        ("ada@example.com\nben@example.com\n", "column 1", "email"),
        ("+49 171 1234567\n+49 171 1234568\n", "column 1", "phone"),
        ("Telefon\tName\n+491711234567\tAda\n", "Telefon", "phone"),
        ("whatever\nx17\nx18\n", "whatever", "user_id"),
        ("Name,Contact\nAda,ada@example.com\nBen,ben@example.com\n", "Contact", "email"),
    ],
)
def test_the_column_that_names_people_is_guessed(tmp_path: Path, text: str, column: str, kind: str) -> None:
    found = layout_of(tmp_path, text)
    assert (found.names[found.column], found.kind) == (column, kind)


def test_staff_choose_another_column_or_kind(tmp_path: Path) -> None:
    found = layout_of(tmp_path, "email,crm\nada@example.com,7\n")
    chosen = chosen_layout(found, column="crm", kind="crm_id", country="de")
    assert (chosen.column, chosen.kind, chosen.options.country) == (1, "crm_id", "DE")
    assert chosen_layout(found) == found


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"column": "mail"}, "The file has no column “mail”. It has email, crm."),
        ({"kind": "No Kind"}, "is no kind of identifier"),
        ({"country": "Germany"}, "two letters, like DE"),
    ],
)
def test_a_choice_the_file_does_not_have_says_what_there_is(tmp_path: Path, choice: dict[str, str], said: str) -> None:
    with pytest.raises(BadLayout, match=said):
        chosen_layout(layout_of(tmp_path, "email,crm\nada@example.com,7\n"), **choice)


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("email", "  Ada@Example.COM ", IdentifierKey("email", "ada@example.com")),
        ("user_id", 17.0, IdentifierKey("user_id", "17")),
        ("user_id", 17, IdentifierKey("user_id", "17")),
        ("phone", "0171 1234567", IdentifierKey("phone", "+491711234567")),
        ("email", "ada(at)example.com", NoName("not_an_email", REASONS["not_an_email"])),
        ("user_id", "1.23E+15", NoName("rounded", REASONS["rounded"])),
        ("user_id", "null", NoName("blocked_value", REASONS["blocked_value"])),
        ("user_id", None, NoName("empty", REASONS["empty"])),
        ("user_id", "x" * 600, NoName("too_long", REASONS["too_long"])),
    ],
)
def test_a_value_means_an_identifier_or_says_why_not(kind: str, value: object, found: object) -> None:
    assert key_of(kind, value, country="DE") == found


def test_a_row_that_cannot_be_read_keeps_its_own_reason() -> None:
    layout = Layout("csv", Options(), ("email",))
    row = Row(3, [], 0, Fault("quote", "A quote is not closed."))
    assert named(layout, row) == NoName("quote", "A quote is not closed.")
    assert named(layout, Row(4, [])) == NoName("empty", REASONS["empty"])
