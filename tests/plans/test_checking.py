"""Checking properties against a schema: what fits, and the sentences for what does not. Pure."""

from decimal import Decimal
from typing import Any

import pytest

from plans.checking import MOST_LISTED, Checker, checked_schema
from plans.contracts import BadSchema


def said(schema: dict[str, Any], properties: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one.path, one.rule, one.sentence) for one in Checker(schema).violations(properties)]


def of(snippet: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": snippet}}


@pytest.mark.parametrize(
    ("snippet", "value", "sentence"),
    [
        ({"type": "string"}, 5, "“a” must be text."),
        ({"type": ["number", "string"]}, True, "“a” must be a number or text."),
        ({"type": "integer"}, Decimal("1.5"), "“a” must be a whole number."),
        ({"enum": ["s", "m"]}, "x", '“a” must be one of ["s", "m"].'),
        ({"minimum": 1}, Decimal("0.5"), "“a” must be at least 1."),
        ({"type": "string", "maxLength": 2}, "xyz", "“a” may have at most 2 characters."),
        ({"type": "string", "format": "email"}, "nobody", "“a” must be written as email."),
        ({"const": "x"}, "y", "“a” must be x."),
        (
            {"properties": {"c": {}}, "additionalProperties": False}, {"b": 1},
            "“a” may not have “b”: leave it out, or declare it.",
        ),
        (
            {"additionalProperties": False}, {"b": 1},
            "“a” has what its schema does not allow: leave it out, or declare it.",
        ),
        ({"not": {"type": "string"}}, "x", "“a” does not fit the rule “not” of its schema."),
    ],
)  # fmt: skip
def test_each_rule_says_how_to_mend_it(snippet: dict[str, Any], value: object, sentence: str) -> None:
    assert [found[2] for found in said(of(snippet), {"a": value})] == [sentence]


def test_what_is_missing_is_named_with_its_path() -> None:
    inner = {"type": "object", "required": ["sku"]}
    schema = {"required": ["cart"], "properties": {"products": {"type": "array", "items": inner}}}
    assert said(schema, {"products": [{}]}) == [
        ("cart", "required", "“cart” is missing: send it."),
        ("products[].sku", "required", "“products[].sku” is missing: send it."),
    ]


def test_one_of_several_is_asked_for_by_name() -> None:
    schema = {"anyOf": [{"required": ["product_id"]}, {"required": ["sku"]}]}
    assert said(schema, {}) == [("", "anyOf", "The event needs “product_id” or “sku”: send one of them.")]


def test_null_counts_as_absent() -> None:
    schema = {"properties": {"a": {"type": "string"}}, "required": ["b"]}
    assert said(schema, {"a": None, "b": 1}) == []
    assert said({"required": ["b"], "properties": {"b": {"type": "string"}}}, {"b": None}) == [
        ("b", "required", "“b” is missing: send it.")
    ]


def test_decimals_are_numbers_and_whole_ones_integers() -> None:
    assert said(of({"type": "number", "maximum": 2}), {"a": Decimal("1.5")}) == []
    assert said(of({"type": "number", "maximum": 1}), {"a": Decimal("1.5")}) == [
        ("a", "maximum", "“a” must be at most 1.")
    ]


def test_sentences_never_repeat_what_was_sent() -> None:
    secret = "ada@example.com"
    for snippet in ({"type": "number"}, {"enum": ["x"]}, {"pattern": "^[0-9]+$", "type": "string"}, {"const": 1}):
        assert secret not in str(said(of(snippet), {"a": secret}))


def test_at_most_five_are_listed() -> None:
    assert len(said({"required": [f"p{n}" for n in range(9)]}, {})) == MOST_LISTED


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ([], 'A schema is a JSON object, for example {"type": "object", "properties": {}}.'),
        (
            {"type": "string"},
            'The properties of an event are an object: write "type": "object" at the top, or leave it out.',
        ),
        (
            of({"type": "strng"}),
            "At properties.a.type: a type is one of string, number, integer, boolean, array, object, null, "
            "or a list of these.",
        ),
        (
            of({"pattern": "(?=a)b"}),
            "At properties.a.pattern: the pattern cannot be used: it may not look ahead, look behind or repeat what it "
            "found, nor be huge.",
        ),
        (
            of({"pattern": "(a{1,1000}){1,1000}"}),
            "At properties.a.pattern: the pattern cannot be used: it may not look ahead, look behind or repeat what it "
            "found, nor be huge.",
        ),
        (
            of({"$ref": "http://127.0.0.1:9/secret.json"}),
            "a schema may not refer to another document: copy what is needed into $defs.",
        ),
        (of({"description": "x" * 70_000}), "A schema may have at most 64 KB; this has 68 KB."),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_a_sentence(schema: object, sentence: str) -> None:
    with pytest.raises(BadSchema) as error:
        checked_schema(schema)
    assert str(error.value) == sentence


def test_a_schema_that_refers_to_itself_ends() -> None:
    assert said({"$ref": "#"}, {"a": 1}) == []
    assert said({"properties": {"a": {"$ref": "#"}}, "required": ["b"]}, {"b": 1, "a": {"b": 2, "a": {}}}) == [
        ("a.a.b", "required", "“a.a.b” is missing: send it.")
    ]


HERE = {"$ref": "#"}


@pytest.mark.parametrize(
    "schema",
    [
        {"$defs": {**{f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(32)}, "a32": {}},
         "$ref": "#/$defs/a0"},
        of({"anyOf": [HERE, HERE]}),
        {"properties": {"a": HERE}, "patternProperties": {"^a$": HERE}},
        {"$dynamicAnchor": "n", **of({"allOf": [{"$dynamicRef": "#n"}, {"if": HERE}]})},
    ],
)  # fmt: skip
def test_a_schema_that_would_keep_a_worker_for_days_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(BadSchema, match="could look at one event more than 10,000 times"):
        checked_schema(schema)


def test_a_tree_and_a_long_list_of_properties_are_no_effort() -> None:
    assert checked_schema({"properties": {"left": HERE, "right": HERE, "all": {"type": "array", "items": HERE}}})
    assert checked_schema(
        {"properties": {f"p{n}": {"anyOf": [{"type": "string"}, {"type": "null"}]} for n in range(900)}}
    )


def test_a_key_that_names_somebody_is_in_no_sentence() -> None:
    schema = {"properties": {"a": {"additionalProperties": {"type": "string"}}}, "additionalProperties": False}
    found = Checker(schema).violations({"a": {"max@shop.example": 1}, "+49 171 2345678": 2})
    assert [one.path for one in found] == ["a.•••", ""]
    assert not any("max" in one.sentence or "171" in one.sentence for one in found)
