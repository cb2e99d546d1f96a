"""Canonical values: one spelling an identifier, and nobody's values named as such."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.contracts import IdentifierKey
from profiles.identifiers import Blocked, canonicalize, masked, person_key, rank, strongest_first

BLOCKED_VALUES = [
    "", " ", "0", "000", "-", "0-0", "-1", "null", "none", "nil", "anonymous", "guest", "undefined", "void", "unknown",
    "true", "false", "distinct_id", "id", "email", "not_authenticated", "[object Object]", "NaN", "None",
]  # fmt: skip


@pytest.mark.parametrize("value", BLOCKED_VALUES)
@pytest.mark.parametrize("dress", ["{}", '"{}"', "'{}'", " {} ", "“{}”", " '{}' "])
def test_a_value_that_names_nobody_is_blocked_in_any_case_and_in_quotes(value: str, dress: str) -> None:
    for spelling in (value, value.upper(), value.title()):
        assert canonicalize("user_id", dress.format(spelling)) == Blocked("blocked_value")
        assert isinstance(canonicalize("email", dress.format(spelling)), Blocked)
        assert isinstance(canonicalize("phone", dress.format(spelling)), Blocked)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("user_id", " Ada-1 ", "Ada-1"),
        ("user_id", 4711, "4711"),
        ("user_id", "01-0", "01-0"),
        ("user_id", "nullable", "nullable"),
        ("user_id", "e\u0301", "é"),
        ("User_ID", "u", "u"),
        ("anonymous_id", "AbC", "AbC"),
        ("crm_id", "X y", "X y"),
        ("ios.idfa", "A-1", "A-1"),
        ("email", " Ada.Lovelace+x@Example.COM ", "ada.lovelace+x@example.com"),
        ("email", "Jörg@Bücher.de", "jörg@bücher.de"),
        ("email", "test@test.co", "test@test.co"),
        ("phone", "+49 (30) 123456", "+4930123456"),
        ("phone", "+1 650-253-0000", "+16502530000"),
        ("phone", "030 12 34-56", "030123456"),
    ],
)
def test_a_canonical_value_has_one_spelling(kind: str, raw: object, value: str) -> None:
    assert canonicalize(kind, raw) == IdentifierKey(kind.lower(), value)


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        ("email", "ada", "not_an_email"),
        ("email", "a@b", "not_an_email"),
        ("email", "a..b@example.com", "not_an_email"),
        ("email", "a b@example.com", "not_an_email"),
        ("email", "a@-example.com", "not_an_email"),
        ("email", "a" * 65 + "@example.com", "not_an_email"),
        ("email", "ä@", "not_an_email"),
        ("email", "Test@Test.com", "blocked_value"),
        ("email", "no-reply@shop.example", "blocked_value"),
        ("email", "noreply+7@shop.example", "blocked_value"),
        ("email", "do_not_reply@shop.example", "blocked_value"),
        ("phone", "+1", "not_a_phone"),
        ("phone", "+999 1234567", "not_a_phone"),
        ("phone", "call me", "not_a_phone"),
        ("phone", "123", "not_a_phone"),
        ("phone", "(00) 00-00 0", "blocked_value"),
        ("user_id", None, "blocked_value"),
        ("user_id", True, "blocked_value"),
        ("user_id", 1.5, "not_text"),
        ("user_id", ["u"], "not_text"),
        ("user_id", {"id": "u"}, "not_text"),
        ("user_id", "a\x00b", "not_text"),
        ("user_id", "a\ud800", "not_text"),
        ("user_id", "x" * 513, "too_long"),
        ("user_id", 10**45, "too_long"),
        ("", "u", "bad_kind"),
        ("user:id", "u", "bad_kind"),
        ("k" * 65, "u", "bad_kind"),
    ],
)
def test_what_cannot_identify_anybody_says_why(kind: str, raw: object, reason: str) -> None:
    assert canonicalize(kind, raw) == Blocked(reason)


def test_equal_looking_numbers_and_truth_values_are_told_apart() -> None:
    assert canonicalize("user_id", 1) == IdentifierKey("user_id", "1")
    assert canonicalize("user_id", True) == Blocked("blocked_value")
    assert canonicalize("user_id", 1.0) == Blocked("not_text")


@given(st.sampled_from(["user_id", "email", "phone", "anonymous_id", "crm"]), st.text(max_size=40))
def test_a_canonical_value_is_its_own_canonical_value(kind: str, raw: str) -> None:
    key = canonicalize(kind, raw)
    if isinstance(key, IdentifierKey):
        assert canonicalize(kind, key.value) == key
        key.value.encode()


@given(st.from_regex(r"[A-Za-z0-9.]{1,8}@[A-Za-z0-9-]{1,6}\.[A-Za-z]{2,4}", fullmatch=True))
def test_email_addresses_are_idempotent_and_lower_case(raw: str) -> None:
    key = canonicalize("email", raw)
    if isinstance(key, IdentifierKey):
        assert key == canonicalize("email", key.value)
        assert key.value == raw.lower()


def test_kinds_have_an_order_of_strength() -> None:
    kinds = ["user_id", "email", "phone", "crm_id", "device_id", "anonymous_id"]
    assert sorted(sorted(kinds), key=rank) == kinds
    assert rank("ios.idfa") == rank("device_id")


def test_strongest_first_keeps_the_given_order_within_a_kind() -> None:
    keys = [IdentifierKey("anonymous_id", "a"), IdentifierKey("user_id", "z"), IdentifierKey("user_id", "b")]
    assert strongest_first([*keys, keys[0]]) == (keys[1], keys[2], keys[0])


def test_the_person_key_is_the_user_id_else_email_else_phone() -> None:
    assert person_key((IdentifierKey("phone", "+4930123456"), IdentifierKey("anonymous_id", "a"))) == (
        "phone",
        "+4930123456",
    )
    assert person_key((IdentifierKey("crm_id", "c"),)) is None


def test_masked_values_show_too_little_to_use() -> None:
    assert masked("email", "ada@example.com") == "a•••@e•••.com"
    assert masked("user_id", "customer-77") == "cu•••"
    assert masked("user_id", "77") == "•••"
