"""What a mail shows of others' words: names, addresses, amounts, days, and values made plain."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mailing.amounts import Money, day_words, price_words, quantity_words
from mailing.links import picture_link, shop_link, with_recommendation
from mailing.names import person_name, presentable
from mailing.values import plain, told

LOCKED = "Your account is locked: confirm at http://evil.example/login"


@pytest.mark.parametrize(
    "name",
    [
        LOCKED, "confirm at evil.example", "WWW.EVIL", "x@evil.example", "go to evil．example", "evil。example",
        "evil.exa\u00admple", "at 10.0.0.1/login", "ftp://x", "Shoes\u202e", "Shoes\x00", "Sho\u200bes", "", "  ",
    ],
)  # fmt: skip
def test_a_name_that_holds_an_address_or_hidden_characters_is_not_shown(name: str) -> None:
    assert (presentable(name), person_name(name)) == ("", "")


@pytest.mark.parametrize(
    "name", ["Red <Shoes>", "No. 5", "No.5", "Size 3.5 – A/B & co.", "e.l.f. brush", "T.V. stand", "Wait... what?"]
)
def test_an_ordinary_name_is_shown_as_it_is(name: str) -> None:
    assert presentable(f"  {name}\n") == name


def test_a_long_name_is_cut() -> None:
    assert presentable("x" * 200) == "x" * 119 + "…"


def test_a_person_is_called_by_letters_and_few_of_them() -> None:
    for name in ("Jane", "Anne-Marie O’Neill", "J. R. R. Tolkien", "Łukasz", "李雷", "मीरा"):
        assert person_name(f" {name} ") == name
    for said in ("Call 555 123", "your account is locked now", "x" * 41, "Jane!", "<b>", 7, None, ["Jane"]):
        assert person_name(said) == ""


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "https://evil.example", "https://shop.example.evil.example",
        "https://shop.example@evil.example", "https://evil.example\\@shop.example", "//shop.example",
        "https://shop.example/ x", 'https://shop.example/"onclick', "https://[::1", "",
    ],
)  # fmt: skip
def test_a_mail_links_to_the_shop_only(url: str) -> None:
    assert shop_link(url, shop_url="https://shop.example") == ""
    assert picture_link(url, shop_url="https://shop.example") == ""


def test_a_path_is_one_of_the_shops_own() -> None:
    assert shop_link("/p/1?a=1", shop_url="https://shop.example:8443/en") == "https://shop.example:8443/p/1?a=1"
    assert picture_link("/p/1.svg", shop_url="http://127.0.0.1:8000/shop") == "http://127.0.0.1:8000/p/1.svg"
    for url in ("/\\evil.example", "/p 1", "p/1"):
        assert shop_link(url, shop_url="https://shop.example") == ""


def test_the_shop_its_subdomains_and_named_picture_hosts_are_allowed() -> None:
    for url in ("https://shop.example/p", "https://www.shop.example/p?a=1&b=2", "http://SHOP.example:8080/p"):
        assert shop_link(url, shop_url="https://shop.example") == url
    picture = "https://img.cdn.example/1.jpg"
    assert picture_link(picture, shop_url="https://shop.example", hosts=["cdn.example"]) == picture
    assert shop_link(picture, shop_url="https://shop.example") == ""


def test_a_link_carries_the_id_of_a_recommendation_beside_what_it_had() -> None:
    assert with_recommendation("https://shop.example/p/1", "r1_x") == "https://shop.example/p/1?cdp_rec=r1_x"
    assert with_recommendation("https://shop.example/p?a=1#b", "r1_x") == "https://shop.example/p?a=1&cdp_rec=r1_x#b"
    assert with_recommendation("https://shop.example/p/1", "") == "https://shop.example/p/1"
    assert with_recommendation("", "r1_x") == ""
    long = "https://shop.example/" + "p" * 1_975
    assert with_recommendation(long, "r1_x") == long


def test_amounts_are_written_for_reading_in_each_language() -> None:
    assert price_words(Decimal("1204.5"), "EUR") == "€1,204.50"
    assert price_words(Decimal("1204.5"), "CHF") == "1,204.50 CHF"
    assert price_words(Decimal("1200.000000"), "JPY") == "¥1,200"
    assert price_words(Decimal(3), "") == "3.00"
    assert price_words(None, "EUR") == ""
    assert price_words(Decimal("1204.5"), "EUR", "de-AT") == "1.204,50\u00a0€"
    assert price_words(Decimal("1204.5"), "CHF", "de-CH") == "1’204.50 CHF"
    assert price_words(Decimal("1204.5"), "EUR", "fr") == "1\u202f204,50\u00a0€"
    assert [quantity_words(Decimal(q)) for q in ("2.000000", "0.500000", "10")] == ["2", "0.5", "10"]


def test_days_are_written_in_each_language() -> None:
    day = date(2026, 3, 1)
    said = {locale: day_words(day, locale) for locale in ("en-GB", "de", "es", "fr", "ja")}
    assert said == {"en-GB": "1 March 2026", "de": "1. März 2026", "es": "1 de marzo de 2026", "fr": "1 mars 2026",
                    "ja": "2026-03-01"}  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """Anything a sender may give."""

    name: str
    price: Money
    secret: object = None


def test_values_are_made_plain_and_nothing_else_gets_in() -> None:
    thing = Thing("Hat", Money(Decimal("9.5"), "EUR"), secret=object())
    given = {"a": thing, "b": ("x", ""), "c": datetime(2026, 3, 1, tzinfo=UTC), "d": lambda: 1, "e": type, 5: True}
    assert plain(given, "de") == {
        "a": {"name": "Hat", "price": "9,50\u00a0€", "secret": None},
        "b": ["x", None],
        "c": "1. März 2026",
        "d": None,
        "e": None,
        "5": True,
    }
    assert len(plain("x" * 9_999, "en")) == 2_000
    assert len(plain(["x"] * 9_999, "en")) == 200
    deep: list[object] = []
    for _ in range(50):
        deep = [deep]
    assert str(plain(deep, "en")).count("[") == 7


def test_what_others_said_shows_no_address() -> None:
    said = told({"a": LOCKED, "b": {"c": ["fine", "http://x"]}, "d": 3, "e": None, "f": object()})
    assert said == {"a": "", "b": {"c": ["fine", ""]}, "d": 3, "e": None, "f": None}
