"""Whether a text names somebody: whole values only, addresses in every spelling, short ids only where an id stands."""

import pytest

from cdp.lib.mentions import Mentions

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


def test_patterns_for_the_server_take_no_wildcards_from_values() -> None:
    assert Mentions([("user_id", "50%_\\")]).likes == ["%50\\%\\_\\\\%"]
