"""The words of privacy pages and letters in twelve languages: gettext .po files read with babel at run time, cached.

A msgid is the English sentence, with values as `{name}`. What a language lacks is said in English. `manage.py words`
writes every msgid used in templates (`{% say "…" %}`) and code (`say("…")`, `msg("…")`) into the twelve files. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

FOLDER = Path(__file__).parent / "locales"
ENGLISH = "en"
LOCALES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "da", "fi", "cs")
SPOKEN_FROM = 0.8
"""A language is offered for choice when this share of all messages is translated."""


def msg(text: str) -> str:
    """Marks a literal as a msgid, for tables of words; it is `say(…)` that translates it."""
    return text


@dataclass(frozen=True)
class Words:
    """One language. `say("Sent to {address}.", address=…)` gives the sentence; values are put in as they are."""

    locale: str
    messages: Mapping[str, str]
    do_not_call_in_templates = True  # a template means the language, not a sentence of it

    def __call__(self, msgid: str, /, **values: object) -> str:
        """The sentence in this language, in English where it lacks it."""
        text = self.pattern(msgid)
        return text.format_map(values) if values else text

    def pattern(self, msgid: str) -> str:
        """The sentence with its `{names}`."""
        return self.messages.get(msgid) or msgid

    def number(self, value: int) -> str:
        """1,204 or 1.204."""
        return str(format_decimal(value, locale=self.tag))

    def day(self, value: date) -> str:
        """December 24, 2026 or 24. Dezember 2026; of an instant, its UTC day unless it has a zone of its own."""
        return format_date(value, format="long", locale=self.tag)

    def moment(self, value: datetime, zone: tzinfo | None = None) -> str:
        """A day and a time of day with its zone."""
        local = value.astimezone(zone) if zone else value
        return f"{format_datetime(local, format='medium', locale=self.tag, tzinfo=zone)} {local.tzname()}"

    @property
    def tag(self) -> str:
        """The language its sentences are really in: itself, or English while it is not translated."""
        return self.locale if self.locale in spoken() else ENGLISH

    @property
    def language(self) -> str:
        """What the language calls itself, e.g. Deutsch."""
        return _endonym(self.locale)


@cache
def words(locale: str) -> Words:
    """The words of a locale, of the language of one like `de-AT`, or English."""
    found = known_locale(locale) or ENGLISH
    catalog = read(found)
    # An English sentence may be reworded in en.po without touching the code: it is what other languages fall back to.
    english = {} if found == ENGLISH else words(ENGLISH).messages
    own = {str(message.id): str(message.string) for message in catalog if message.id and message.string}
    return Words(found, {**english, **own})


def known_locale(tag: str) -> str | None:
    """The one of LOCALES a language tag means (`de`, `de-AT`, `DE_de`), or None."""
    language = tag.strip().replace("_", "-").partition("-")[0].lower()
    return language if language in LOCALES else None


def choose_locale(*wanted: str, accept_language: str = "") -> str:
    """The first known of `wanted`, else the best that Accept-Language names and we speak, else English."""
    known = (known_locale(tag) for tag in (*wanted, *_accepted(accept_language)))
    return next((locale for locale in known if locale), ENGLISH)


@cache
def spoken() -> tuple[str, ...]:
    """The locales whose files are translated: what a person may choose from."""
    total = len([message for message in read(ENGLISH) if message.id]) or 1
    return tuple(locale for locale in LOCALES if _translated(locale) >= SPOKEN_FROM * total)


def languages() -> tuple[tuple[str, str], ...]:
    """(locale, what it calls itself) of every spoken one."""
    return tuple((locale, _endonym(locale)) for locale in spoken())


def path_of(locale: str) -> Path:
    """Where a locale's words are."""
    return FOLDER / f"{locale}.po"


def read(locale: str) -> Catalog:
    """A locale's catalog as it is on the disk; an empty one where there is no file."""
    if not path_of(locale).exists():
        return Catalog(locale=locale)
    with path_of(locale).open("rb") as file:
        return read_po(file, locale=locale)


def _translated(locale: str) -> int:
    return len([message for message in read(locale) if message.id and message.string and not message.fuzzy])


@cache
def _endonym(locale: str) -> str:
    name = Locale.parse(locale).display_name or locale
    return name[:1].upper() + name[1:]


def _accepted(header: str) -> Sequence[str]:
    """Language tags of an Accept-Language header, best first; what is malformed is left out."""
    found: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:500].split(",")):
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.partition("=")[2] or 1)
        except ValueError:
            continue
        if tag.strip() and weight > 0:
            found.append((-weight, place, tag))
    return [tag for _, _, tag in sorted(found)]
