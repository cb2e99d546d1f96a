"""Unsubscribe tokens: genuine ones are read back, everything else is refused."""

from hypothesis import given
from hypothesis import strategies as st

from consent import tokens

KEY = b"k" * 32
TOKEN = tokens.MailToken("email_marketing", b"h" * 16, 42, tokens.mask("jane@example.co.uk"))


def test_a_token_says_what_was_signed() -> None:
    assert tokens.read(tokens.sign(TOKEN, key=KEY), key=KEY) == TOKEN


def test_a_mask_shows_neither_name_nor_domain() -> None:
    assert tokens.mask("jane@example.co.uk") == "j•••@e•••.uk"
    assert tokens.mask("jane@localhost") == "j•••@l•••"
    assert "example" not in tokens.sign(TOKEN, key=KEY)


def test_another_key_does_not_open_it() -> None:
    assert tokens.read(tokens.sign(TOKEN, key=KEY), key=b"x" * 32) is None


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_no_changed_byte_goes_unnoticed(place: int, flip: int) -> None:
    import base64

    text = tokens.sign(TOKEN, key=KEY)
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    raw[place % len(raw)] ^= flip
    forged = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
    assert tokens.read(forged, key=KEY) is None


@given(st.text(max_size=80))
def test_garbage_is_refused_without_an_error(text: str) -> None:
    assert tokens.read(text, key=KEY) is None


def test_overlong_input_is_refused() -> None:
    assert tokens.read("A" * 10_000, key=KEY) is None


def test_a_preference_token_says_what_was_signed_and_each_kind_opens_its_own_door_only() -> None:
    wanted = tokens.PreferenceToken(b"h" * 16, 7, tokens.mask("jane@example.co.uk"))
    text = tokens.sign_preferences(wanted, key=KEY)
    assert tokens.read_preferences(text, key=KEY) == wanted
    assert tokens.read(text, key=KEY) is None
    assert tokens.read_preferences(tokens.sign(TOKEN, key=KEY), key=KEY) is None
    assert tokens.read_preferences(text, key=b"x" * 32) is None
    assert tokens.read_preferences(text[:-2], key=KEY) is None
