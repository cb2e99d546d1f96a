"""The twelve languages: every message in every file, English and German whole, the rest in English meanwhile."""

import re
from datetime import UTC, datetime

import pytest
from django.test import RequestFactory

from privacy.management.commands.words import missing, po_text, used
from privacy.pages import words_for
from privacy.words import LOCALES, choose_locale, known_locale, languages, path_of, read, spoken, words

NAMES = re.compile(r"{(\w*)}")


def test_there_are_twelve() -> None:
    assert len(LOCALES) == len(set(LOCALES)) == 12


@pytest.mark.parametrize("locale", LOCALES)
def test_a_file_holds_exactly_the_messages_in_use(locale: str) -> None:
    """`./run manage words` mends it."""
    assert path_of(locale).read_text(encoding="utf-8") == po_text(locale, used())


@pytest.mark.parametrize("locale", ["en", "de"])
def test_english_and_german_are_whole(locale: str) -> None:
    assert missing(locale, used()) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_names_the_values_its_message_names(locale: str) -> None:
    wrong = [
        str(message.id)
        for message in read(locale)
        if message.id and message.string
        and sorted(set(NAMES.findall(str(message.id)))) != sorted(set(NAMES.findall(str(message.string))))
    ]  # fmt: skip
    assert wrong == []


def test_what_a_language_lacks_is_said_in_english() -> None:
    msgid = "You said yes on {day}."
    assert words("de")(msgid, day="1") == "Sie haben am 1 Ja gesagt."
    assert words("fr")(msgid, day="1") == "You said yes on 1."
    assert (words("fr").tag, words("de").tag) == ("en", "de")
    assert words("xx").locale == "en"
    assert words("de-AT").locale == "de"


def test_only_languages_that_are_translated_are_offered() -> None:
    assert spoken() == ("en", "de")
    assert languages() == (("en", "English"), ("de", "Deutsch"))


@pytest.mark.parametrize(
    ("wanted", "header", "found"),
    [
        (("de",), "en", "de"),
        (("", "cs"), "de", "cs"),
        (("klingon",), "sv-SE, en;q=0.5", "sv"),
        ((), "zh, da;q=0.3, fi;q=0.7", "fi"),
        ((), "de;q=0, pl;q=x, en;q=0.1", "en"),
        ((), "", "en"),
        ((), ";;;q=,,=\x00" * 400, "en"),
    ],
)
def test_the_language_is_what_was_asked_then_chosen_then_accepted(
    wanted: tuple[str, ...], header: str, found: str
) -> None:
    assert choose_locale(*wanted, accept_language=header) == found


def test_the_address_bar_wins_over_what_was_chosen_and_over_the_browser() -> None:
    asked = RequestFactory().get("/p/x", {"lang": "de"}, headers={"Accept-Language": "fr"})
    assert words_for(asked, stored="cs").locale == "de"
    plain = RequestFactory().get("/p/x", headers={"Accept-Language": "fr"})
    assert words_for(plain, stored="cs").locale == "cs"
    assert words_for(plain).locale == "fr"


def test_days_and_numbers_are_written_as_the_language_does() -> None:
    day = datetime(2026, 12, 24, 18, tzinfo=UTC)
    assert (words("de").day(day), words("en").day(day)) == ("24. Dezember 2026", "December 24, 2026")
    assert (words("de").number(1204), words("en").number(1204)) == ("1.204", "1,204")
    assert "2026" in words("de").moment(day)
    assert known_locale("EN_us") == "en"
