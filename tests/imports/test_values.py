"""Cells read as values, headers as targets: tables of what people write."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports import guessing, values
from imports.building import nested
from imports.contracts import BadValue, Options, Row
from imports.values import moment

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "comma", "expected"),
    [
        ("1,234.56", False, Decimal("1234.56")),
        ("1.234,56", True, Decimal("1234.56")),
        ("1 234,56", True, Decimal("1234.56")),
        ("1'234.50", False, Decimal("1234.50")),
        ("1.234", True, 1234),
        ("1.234", False, Decimal("1.234")),
        ("-12", False, -12),
        ("−3,5", True, Decimal("-3.5")),
        (".5", False, Decimal("0.5")),
        (12.5, True, Decimal("12.5")),
        (7, True, 7),
    ],
)
def test_numbers(written: Any, comma: bool, expected: int | Decimal) -> None:
    assert values.number(written, decimal_comma=comma) == expected


@pytest.mark.parametrize(
    "written", ["", "abc", "1.2.3", "12,34,5", "1e5", "12 EUR", "1,23.4", "9" * 13, True, "-", "5-"]
)
def test_what_is_no_number(written: Any) -> None:
    with pytest.raises(BadValue):
        values.number(written, decimal_comma=False)


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ("€12.00", 12, "EUR"),
        ("12.00 €", 12, "EUR"),
        ("USD 1,200", 1200, "USD"),
        ("5 CHF", 5, "CHF"),
        ("7", 7, ""),
    ],
)
def test_money_and_the_currency_it_names(written: str, amount: Any, currency: str) -> None:
    assert values.money(written, decimal_comma=False) == amount
    assert values.currency_in(written) == currency


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-04-03", date(2026, 4, 3)),
        ("20260403", date(2026, 4, 3)),
        ("03.04.2026", date(2026, 4, 3)),
        ("3.4.26", date(2026, 4, 3)),
        ("25/04/2026", date(2026, 4, 25)),
        ("04/25/2026", date(2026, 4, 25)),
        ("05/05/2026", date(2026, 5, 5)),
        ("2026/4/3", date(2026, 4, 3)),
        ("3 April 2026", date(2026, 4, 3)),
        ("3. März 2026", date(2026, 3, 3)),
        ("Apr 3, 2026", date(2026, 4, 3)),
        ("Fri, 3 Apr 2026", date(2026, 4, 3)),
        ("2026-04-03 14:05", datetime(2026, 4, 3, 12, 5, tzinfo=UTC)),
        ("03.04.2026 14:05", datetime(2026, 4, 3, 12, 5, tzinfo=UTC)),
        ("03.04.2026, 14:05:06 Uhr", datetime(2026, 4, 3, 12, 5, 6, tzinfo=UTC)),
        ("04/25/2026 2:05 PM", datetime(2026, 4, 25, 12, 5, tzinfo=UTC)),
        ("2026-01-03 14:05", datetime(2026, 1, 3, 13, 5, tzinfo=UTC)),
        ("2026-04-03T14:05:06.1234567Z", datetime(2026, 4, 3, 14, 5, 6, 123456, tzinfo=UTC)),
        ("2026-04-03 14:05:06 +0200", datetime(2026, 4, 3, 12, 5, 6, tzinfo=UTC)),
        ("2026-04-03 14:05:06+02:00", datetime(2026, 4, 3, 12, 5, 6, tzinfo=UTC)),
        ("1775225100", datetime(2026, 4, 3, 14, 5, tzinfo=UTC)),
        ("1775225100123", datetime(2026, 4, 3, 14, 5, 0, 123000, tzinfo=UTC)),
    ],
)
def test_dates_and_times_in_a_zone(written: str, expected: date | datetime) -> None:
    assert moment(written, zone=BERLIN, day_first=None) == expected


@pytest.mark.parametrize("written", ["03/04/2026", "31.02.2026", "25:00", "yesterday", "2026-13-01", "3 Foo 2026"])
def test_what_is_no_date_or_could_be_two(written: str) -> None:
    with pytest.raises(BadValue):
        moment(written, zone=BERLIN, day_first=None)


def test_a_chosen_order_decides_what_is_ambiguous() -> None:
    assert moment("03/04/2026", zone=BERLIN, day_first=True) == date(2026, 4, 3)
    assert moment("03/04/2026", zone=BERLIN, day_first=False) == date(2026, 3, 4)
    with pytest.raises(BadValue):
        moment("25/04/2026", zone=BERLIN, day_first=False)


@pytest.mark.parametrize(
    ("kind", "header", "target", "field"),
    [
        ("people", "E-Mail", "email", ""),
        ("people", "E-Mail-Adresse", "email", ""),
        ("people", "Adresse électronique", "email", ""),
        ("people", "Kundennummer", "user_id", ""),
        ("people", "Customer ID", "user_id", ""),
        ("people", "Vorname", "trait", "firstName"),
        ("people", "Prénom", "trait", "firstName"),
        ("people", "Straße", "trait", "address.street"),
        ("people", "traits.plan", "trait", "plan"),
        ("people", "Lieblingsfarbe", "trait", "Lieblingsfarbe"),
        ("events", "Zeitstempel", "time", ""),
        ("events", "event", "event", ""),
        ("events", "userId", "user_id", ""),
        ("events", "properties.price", "property", "price"),
        ("events", "context.ip", "ignore", ""),
        ("orders", "order id", "order_id", ""),
        ("orders", "Bestellnummer", "order_id", ""),
        ("orders", "N° de commande", "order_id", ""),
        ("orders", "Bestelldatum", "time", ""),
        ("orders", "Einzelpreis", "price", ""),
        ("orders", "Menge", "quantity", ""),
        ("products", "Artikelnummer", "product_id", ""),
        ("products", "Bild-URL", "image_url", ""),
        ("products", "color", "attribute", "color"),
        ("people", "reject_reason", "ignore", ""),
    ],
)
def test_headers_are_known_in_three_languages(kind: str, header: str, target: str, field: str) -> None:
    (column,) = guessing.guess_columns(kind, [header], [], Options())
    assert (column.target, column.field) == (target, field)


def test_values_tell_what_headers_do_not() -> None:
    sample = [Row(n, [f"p{n}@example.com", f"{n},5", "ja", "01234", f"0{n}.04.2026"]) for n in range(1, 6)]
    options = guessing.guess_options(sample, Options())
    columns = guessing.guess_columns("people", ["a", "b", "c", "d", "e"], sample, options)
    assert options.decimal_comma is True
    assert [column.target for column in columns] == ["email", "trait", "trait", "trait", "trait"]
    assert [column.type for column in columns[1:]] == ["number", "boolean", "text", "date"]


def test_no_target_for_one_is_given_to_two() -> None:
    columns = guessing.guess_columns("people", ["E-Mail", "email", "mail"], [], Options())
    assert [column.target for column in columns] == ["email", "trait", "trait"]


def test_dotted_names_become_objects_and_clashes_keep_their_dots() -> None:
    assert nested({"a.b": 1, "a.c": 2, "d": 3}) == {"a": {"b": 1, "c": 2}, "d": 3}
    assert nested({"a": 1, "a.b": 2}) == {"a": 1, "a.b": 2}


@given(st.text(max_size=60))
def test_no_text_breaks_a_parser(written: str) -> None:
    for name in ("text", "number", "money", "date", "boolean", "list", "json"):
        for options in (Options(), Options(decimal_comma=True, day_first=True, zone="Europe/Berlin")):
            with suppress(BadValue):
                values.parser(name, options)(written)
