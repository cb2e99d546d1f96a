"""Countries, currencies, locales, zones and phones: what is read, and what is not guessed."""

import pytest

from cdp.lib.clock import known_zones
from events.cleaning import countries, currencies
from events.cleaning.countries import country
from events.cleaning.currencies import currency
from events.cleaning.locales import locale, region, time_zone
from events.cleaning.phones import Where, phone


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("DE", "DE"),
        (" de ", "DE"),
        ("DEU", "DE"),
        ("276", "DE"),
        (276, "DE"),
        (40, "AT"),
        ("040", "AT"),
        ("UK", "GB"),
        ("Deutschland", "DE"),
        ("GERMANY", "DE"),
        ("Allemagne", "DE"),
        ("Alemania", "DE"),
        ("ドイツ", "DE"),
        ("Österreich", "AT"),
        ("Oesterreich", "AT"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("The Netherlands", "NL"),
        ("Bosnia & Herzegovina", "BA"),
        ("Côte d’Ivoire", "CI"),
        ("EIRE", "IE"),
        ("Россия", "RU"),
        ("España", "ES"),
        ("Georgia", "GE"),
        ("Niger", "NE"),
    ],
)
def test_a_country_is_read_from_code_number_and_name(sent: object, code: str) -> None:
    assert country(sent) == code


@pytest.mark.parametrize(
    "sent", ["Korea", "Kongo", "EU", "XX", "ZZ", "SU", "Europe", "", "  ", "-", 0, 1.5, True, None, "x" * 500]
)
def test_what_names_no_country_or_two_is_none(sent: object) -> None:
    assert country(sent) is None


def test_the_codes_are_those_of_iso_3166_and_kosovo() -> None:
    assert len(countries.codes()) == 250
    assert {"DE", "US", "XK", "AX", "SS"} <= countries.codes()


@pytest.mark.parametrize(
    ("sent", "of_country", "code"),
    [
        ("EUR", "", "EUR"),
        ("eur", "", "EUR"),
        ("€", "", "EUR"),
        ("Euro", "", "EUR"),
        ("euros", "", "EUR"),
        ("US Dollar", "", "USD"),
        ("Schweizer Franken", "", "CHF"),
        ("US$", "", "USD"),
        ("zł", "", "PLN"),
        ("$", "US", "USD"),
        ("$", "CA", "CAD"),
        ("£", "GB", "GBP"),
        ("kr", "SE", "SEK"),
        ("kr.", "DK", "DKK"),
        ("¥", "JP", "JPY"),
        ("DEM", "", "DEM"),
    ],
)
def test_a_currency_is_read_from_code_name_and_symbol(sent: str, of_country: str, code: str) -> None:
    assert currency(sent, of_country) == code


@pytest.mark.parametrize(
    ("sent", "of_country"),
    [("$", ""), ("$", "DE"), ("£", ""), ("kr", "DE"), ("dollar", "US"), ("BTC", ""), ("", ""), (5, "")],
)
def test_a_symbol_of_many_currencies_is_not_guessed(sent: object, of_country: str) -> None:
    assert currency(sent, of_country) is None


def test_every_symbol_stands_for_known_currencies() -> None:
    assert {code for found in currencies.SYMBOLS.values() for code in found} <= currencies.codes()


@pytest.mark.parametrize(
    ("sent", "tag"),
    [
        ("de-DE", "de-DE"),
        ("de_DE.UTF-8", "de-DE"),
        ("de_DE@euro", "de-DE"),
        ("DE-de", "de-DE"),
        ("en", "en"),
        ("en-us,en;q=0.9", "en-US"),
        ("en_UK", "en-GB"),
        ("zh_Hans_CN", "zh-Hans-CN"),
        ("es-419", "es-419"),
        ("iw-IL", "he-IL"),
        ("deu", "de"),
        ("Deutsch", "de"),
        ("English", "en"),
        ("de-CH-1996", "de-CH-1996"),
        ("en-US-u-ca-buddhist", "en-US-u-ca-buddhist"),
        ("C", None),
        ("POSIX", None),
        ("klingon", None),
        ("de-DE-", None),
        ("xx-DE", None),
        ("", None),
        (7, None),
    ],
)
def test_a_locale_becomes_bcp_47(sent: object, tag: str | None) -> None:
    assert locale(sent) == tag
    assert tag is None or locale(tag) == tag


def test_a_locale_may_name_a_country() -> None:
    assert [region(tag) for tag in ("de_AT.UTF-8", "zh-Hant-TW", "es-419", "de", "nonsense", None)] == [
        "AT",
        "TW",
        "",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("sent", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("JST", "Asia/Tokyo"),
        ("Z", "UTC"),
        ("+01:00", "+01:00"),
        ("UTC+2", "UTC+2"),
        ("GMT-0330", "GMT-0330"),
        ("IST", None),
        ("CST", None),
        ("Mars/Phobos", None),
        ("localtime", None),
        (120, None),
    ],
)
def test_a_time_zone_is_named_as_iana_does_where_that_is_clear(sent: object, zone: str | None) -> None:
    assert time_zone(sent) == zone


def test_every_zone_this_machine_knows_stays_as_it_is() -> None:
    assert [zone for zone in sorted(known_zones()) if "/" in zone and time_zone(zone) != zone] == []


@pytest.mark.parametrize(
    ("sent", "where", "number"),
    [
        ("+49 (0) 171 1234567", Where(), "+491711234567"),
        ("0049 171 1234567", Where(), "+491711234567"),
        ("0171 1234567", Where(told="DE"), "+491711234567"),
        ("0171/1234567 ext. 5", Where(told="DE"), "+491711234567"),
        (1711234567, Where(told="DE"), "+491711234567"),
        ("491711234567", Where(told="DE"), "+491711234567"),
        ("011 49 171 1234567", Where(told="US"), "+491711234567"),
        ("0171 1234567", Where(guessed="DE"), "+491711234567"),
        ("0171 1234567", Where(guessed="US", usual="DE"), "+491711234567"),
        ("06 12 34 56 78", Where(usual="FR"), "+33612345678"),
        ("06 12 34 56 78", Where(told="FR", guessed="DE", usual="DE"), "+33612345678"),
        ("(415) 555-2671", Where(guessed="US"), "+14155552671"),
        ("1-800-FLOWERS", Where(told="US"), "+18003569377"),
    ],
)
def test_a_phone_becomes_e164_by_the_country_that_is_known_best(sent: object, where: Where, number: str) -> None:
    assert phone(sent, where) == (number, "")
    assert phone(number, where) == (number, "")


@pytest.mark.parametrize(
    ("sent", "where", "flag"),
    [
        ("0171 1234567", Where(), "phone_no_country"),
        ("0171 1234567", Where(guessed="US"), "phone_no_country"),
        ("call me", Where(told="DE"), "phone_unreadable"),
        ("123", Where(told="DE"), "phone_unreadable"),
        ("+49", Where(), "phone_unreadable"),
        (["0171"], Where(told="DE"), "phone_unreadable"),
        (-5, Where(told="DE"), "phone_unreadable"),
        ("9" * 200, Where(told="DE"), "phone_unreadable"),
        ("000000", Where(told="DE"), ""),
    ],
)
def test_what_is_no_number_anywhere_is_not_guessed(sent: object, where: Where, flag: str) -> None:
    assert phone(sent, where) == (None, flag)
