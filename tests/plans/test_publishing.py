"""Versions: added and never rewritten, one current; the table of properties written into a schema and back."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cdp.lib.clock import utc_now
from plans import queries, services
from plans.contracts import BadPlan, Draft, PropertyRow
from plans.models import EventType, EventTypeVersion
from plans.table import differences, one_of, rows_of, schema_diff, type_words, with_edits

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "course": {"type": "string", "maxLength": 80, "description": "Which.", "examples": ["Baking"]},
        "seats": {"type": "integer", "minimum": 1},
        "size": {"enum": ["s", "m"]},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
        "room": {"type": "object", "properties": {"floor": {"type": "number"}}, "required": ["floor"]},
    },
    "required": ["course"],
}


def test_a_new_version_is_current_and_the_old_one_stays(booked: EventType) -> None:
    services.publish_version(booked, Draft(SCHEMA, {"course": "other"}, "Rooms."), by=None)
    rows = EventTypeVersion.objects.order_by("number").values_list("number", "is_current", "changelog")
    assert list(rows) == [(1, False, "First version."), (2, True, "Rooms.")]


@pytest.mark.parametrize(
    ("draft", "field", "sentence"),
    [
        (Draft({"type": "strng"}, {}, "x"), "schema", "The properties of an event are an object"),
        (Draft(SCHEMA, {}, "  "), "changelog", "Say in a sentence what changed and why"),
        (Draft(SCHEMA, {"course": "secret"}, "x"), "schema", "a mark is one of"),
    ],
)
def test_what_cannot_be_published_is_refused_and_nothing_changes(
    booked: EventType, draft: Draft, field: str, sentence: str
) -> None:
    with pytest.raises(BadPlan, match=sentence) as error:
        services.publish_version(booked, draft, by=None)
    assert error.value.field == field
    assert EventTypeVersion.objects.count() == 1


def test_nothing_new_is_not_published(booked: EventType) -> None:
    current = booked.versions.get()
    with pytest.raises(BadPlan, match="Nothing differs from version 1"):
        services.publish_version(booked, Draft(current.schema, {}, "Again."), by=None)


def test_a_name_is_declared_once(booked: EventType) -> None:
    with pytest.raises(BadPlan, match="is declared already") as error:
        services.declare("track", " Course Booked ", Draft(SCHEMA), by=None)
    assert error.value.field == "name"
    assert EventTypeVersion.objects.count() == 1


def test_the_database_keeps_versions_as_they_were(booked: EventType) -> None:
    version = booked.versions.get()
    changes: list[dict[str, Any]] = [{"schema": {}}, {"number": 5}, {"personal": {"a": "id"}}, {"changelog": "No."}]
    for change in changes:
        with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
            EventTypeVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        EventTypeVersion.objects.filter(pk=version.pk)._raw_delete("default")
    EventTypeVersion.objects.filter(pk=version.pk).update(is_current=False)


@pytest.mark.parametrize(
    ("make", "constraint"),
    [
        (lambda t: EventType.objects.create(kind="track", name=t.name), "plans_type_once"),
        (lambda t: EventType.objects.create(kind="page", name="Home"), "plans_type_named_by_kind"),
        (lambda t: t.versions.create(number=1, schema={}), "plans_version_once"),
        (lambda t: t.versions.create(number=2, schema={}, is_current=True), "plans_one_current_version"),
    ],
)
def test_the_database_keeps_the_plans_promises(booked: EventType, make: Any, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make(booked)


def test_a_schema_as_a_table() -> None:
    assert rows_of(SCHEMA, {"course": "other"}) == (
        PropertyRow("course", "custom", True, "Baking", "other", "Which."),
        PropertyRow("lines", "list"),
        PropertyRow("lines[].sku", "text"),
        PropertyRow("room", "object"),
        PropertyRow("room.floor", "number", True),
        PropertyRow("seats", "custom"),
        PropertyRow("size", "custom"),
    )
    assert type_words({"enum": ["s", "m"]}) == "one of s, m"
    assert one_of({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}) == ("a", "b")


def test_a_table_without_edits_changes_nothing() -> None:
    rows = rows_of(SCHEMA, {})
    assert with_edits(SCHEMA, rows, rows) == SCHEMA


def test_edits_of_the_table_leave_what_it_cannot_say() -> None:
    before = rows_of(SCHEMA, {})
    after = [row for row in before if row.path not in ("seats", "room.floor")]
    after[0] = PropertyRow("course", "custom", False, "17", "", "Which one.")
    after += [PropertyRow("lines[].price", "amount", True), PropertyRow("teacher.name", "text")]
    assert with_edits(SCHEMA, before, after) == {
        "type": "object",
        "properties": {
            "course": {"type": "string", "maxLength": 80, "description": "Which one.", "examples": [17]},
            "size": {"enum": ["s", "m"]},
            "lines": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "sku": {"type": "string"},
                        "price": {"type": ["number", "string"], "pattern": r"^-?[0-9]{1,12}(\.[0-9]+)?$"},
                    },
                    "required": ["price"],
                },
            },
            "room": {"type": "object", "properties": {}},
            "teacher": {"type": "object", "properties": {"name": {"type": "string"}}},
        },
    }


def test_another_type_takes_the_place_of_the_old_ones_rules() -> None:
    before = rows_of(SCHEMA, {})
    after = [PropertyRow("size", "number") if row.path == "size" else row for row in before]
    assert with_edits(SCHEMA, before, after)["properties"]["size"] == {"type": "number"}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([PropertyRow("a", "text"), PropertyRow("a", "number")], "“a” stands in the table twice"),
        ([PropertyRow("a..b", "text")], "“a..b” is no property"),
        ([PropertyRow("a[]", "text")], "“a\\[\\]” is no property"),
        ([PropertyRow("a", "strng")], "which there is not"),
        ([PropertyRow("new", "custom")], "the schema does not know it"),
    ],
)
def test_a_table_that_cannot_be_is_refused_with_a_sentence(rows: list[PropertyRow], sentence: str) -> None:
    with pytest.raises(BadPlan, match=sentence) as error:
        with_edits({}, (), rows)
    assert error.value.field == "rows"


def test_what_a_version_changes_is_said() -> None:
    old = [PropertyRow("a", "text"), PropertyRow("b", "number", True), PropertyRow("c", "any")]
    new = [PropertyRow("a", "number", True, "5", "id", "x"), PropertyRow("b", "number"), PropertyRow("d", "list")]
    assert differences(old, new) == [
        "“d” is new: list, optional.",
        "“c” is gone.",
        "“a”: text became number; now required; marked as personal (id); described anew; another example.",
        "“b”: no longer required.",
    ]
    assert (
        schema_diff({"a": 1, "b": 2}, {"a": 1, "b": 3}) == '@@ -1,4 +1,4 @@\n {\n   "a": 1,\n-  "b": 2\n+  "b": 3\n }'
    )


def test_the_dictionary_as_markdown(booked: EventType) -> None:
    services.publish_version(booked, Draft(SCHEMA, {"course": "other"}, "Rooms | halls."), by=None)
    today = utc_now().date()
    text = queries.as_markdown(queries.dictionary(today), company="Larkfell", today=today)
    assert text.splitlines()[0] == "# Data dictionary of Larkfell"
    assert "## Course Booked" in text
    assert "owner: Academy" in text
    assert "| `course` | text | yes | Baking | other | Which. |" in text
    assert "| `size` | one of s, m |  |  |  |  |" in text
