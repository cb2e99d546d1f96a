"""Whether a text names somebody: whole values only, addresses in every spelling, short ids only where an id stands."""

import pytest

from cdp.lib import bulk_sql
from cdp.lib.mentions import Mentions
from cdp.lib.naming_rows import asked, may_name

JANE = [("email", "jane@example.com"), ("phone", "+4915112345678"), ("user_id", "1001"), ("anonymous_id", "a" * 20)]


@pytest.mark.parametrize(
    "text",
    [
        "to jane@example.com.",
        '{"email":"Jane@Example.COM"}',
        "/find?q=jane%40example.com",
        r'{"email":"jane\u0040example.com"}',
        "call +4915112345678",
        "?phone=%2B4915112345678",
        "call +49 151 1234-5678",
        "call +49 (0)151/12345678",
        '{"userId":" 1001 "}',
        '{"userId":"1001"}',
        '{"user_id": 1001}',
        f"device:{'a' * 20}",
    ],
)
def test_a_text_that_names_her_is_found(text: str) -> None:
    mentions = Mentions(one for one in JANE)
    assert mentions.in_text(text)
    assert mentions.in_bytes(text.encode())
    assert not mentions.in_bytes(mentions.struck_out(text.encode()))
    assert len(mentions.struck_out(text.encode())) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "mary-jane@example.com",
        "jane@example.com.au",
        '{"price": 1001}',
        "order 1001",
        '{"userId": 10011}',
        "a" * 21,
        "",
    ],
)
def test_a_text_that_names_another_is_not(text: str) -> None:
    mentions = Mentions(JANE)
    assert not mentions.in_text(text)
    assert mentions.struck_out(text.encode()) == text.encode()


def test_nobody_is_named_where_nobody_is_asked_for() -> None:
    nobody = Mentions([])
    assert not nobody.in_text("jane@example.com")
    assert nobody.likes == []
    assert not nobody.in_bytes(None)


@pytest.mark.parametrize("spelled", ["jörg/7", "j\\u00f6rg/7", "j\\u00F6rg\\/7", "j%C3%B6rg%2F7", "jo\u0308rg/7"])
def test_letters_beyond_ascii_are_found_however_they_are_escaped(spelled: str) -> None:
    mentions = Mentions([("user_id", "jörg/7")])
    text = f'{{"userId":"{spelled}"}}'
    assert mentions.in_bytes(text.encode())
    assert not mentions.in_bytes(mentions.struck_out(text.encode()))
    assert len(mentions.struck_out(text.encode())) == len(text.encode())
    assert not mentions.in_text(text.replace("7", "8"))


def test_patterns_for_the_server_take_no_wildcards_from_values() -> None:
    assert Mentions([("user_id", "50%_")]).likes == ["%50\\%25\\_%", "%50\\%\\_%"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value", "spelled"),
    [
        ("email", "jane@example.com", '"Jane\\u0040example.com"'),
        ("email", "jörg@example.com", '"JÖRG@example.com"'),
        ("user_id", "jörg", '"jörg"'),
        ("user_id", "jörg", '"j\\u00f6rg"'),
        ("user_id", "shop/7", '"shop\\/7"'),
        ("user_id", 'a"\\b', '"a\\"\\\\b"'),
        ("phone", "+4915112345678", '"+49 (0)151 / 1234-5678"'),
    ],
)
def test_the_server_finds_every_spelling_in_texts_and_in_bytes(kind: str, value: str, spelled: str) -> None:
    mentions = Mentions([(kind, value)])
    assert mentions.in_text(spelled)
    for text in ("%s::text", "encode(convert_to(%s::text, 'UTF8'), 'escape')"):
        statement = f"SELECT 1 FROM (SELECT {text} AS said) AS asked WHERE {may_name('said')}"
        assert bulk_sql.fetch(statement, [spelled, *asked(mentions)]) == [(1,)]
        assert not bulk_sql.fetch(statement, ["nobody", *asked(mentions)])
