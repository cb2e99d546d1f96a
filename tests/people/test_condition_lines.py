"""Conditions of computed traits as typed lines: read, written back, held to the language of segments; in the form."""

from typing import Any

import pytest

from people.condition_lines import conditions_of, line_of
from people.forms import ComputedTraitForm
from segments.queries.conditions import read_conditions

LINES: list[tuple[str, dict[str, Any]]] = [
    ("price >= 20", {"property": "price", "is": "gte", "value": 20}),
    ("price < 9.5", {"property": "price", "is": "lt", "value": 9.5}),
    ("category = Shoes", {"property": "category", "is": "eq", "value": "Shoes"}),
    ("category != Shoes", {"property": "category", "is": "ne", "value": "Shoes"}),
    ("category in Shoes, Hats", {"property": "category", "is": "in", "value": ["Shoes", "Hats"]}),
    ("category not in Shoes", {"property": "category", "is": "not_in", "value": ["Shoes"]}),
    ("price between 10 and 20", {"property": "price", "is": "between", "value": [10, 20]}),
    ("name contains in between", {"property": "name", "is": "contains", "value": "in between"}),
    ("name starts with 20", {"property": "name", "is": "starts_with", "value": "20"}),
    ("discount is known", {"property": "discount", "is": "is_set"}),
    ("discount is not known", {"property": "discount", "is": "is_not_set"}),
    ("gift = true", {"property": "gift", "is": "eq", "value": True}),
    ("main category = Shoes", {"property": "main category", "is": "eq", "value": "Shoes"}),
]


@pytest.mark.parametrize(("line", "condition"), LINES)
def test_a_line_is_a_condition_and_back(line: str, condition: dict[str, Any]) -> None:
    assert conditions_of(f"\n {line} \n") == [condition]
    assert line_of(condition) == line
    assert read_conditions([condition])[0].name == condition["property"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("price", "is no condition"),
        ("price >=", "a value is missing"),
        ("price between 10", "between takes two values"),
        ("discount is known now", "nothing follows"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        conditions_of(line)
    with pytest.raises(ValueError, match="At most 10"):
        conditions_of("price = 1\n" * 11)


def form(**more: Any) -> ComputedTraitForm:
    typed = {"label": "X", "name": "x", "kind": "count", "over": "events", "event": "Product Viewed", "how_many": 5}
    return ComputedTraitForm(typed | more)


@pytest.mark.django_db
def test_the_form_keeps_conditions_and_shows_them_as_lines() -> None:
    found = form(where="price >= 20\ncategory in Shoes, Hats")
    assert found.is_valid(), found.errors
    row = found.save()
    assert row.definition().sentence() == (
        "how many of Product Viewed where price is at least 20 and category is one of Shoes, Hats"
    )
    shown = ComputedTraitForm(instance=row)["where"].value()
    assert shown == "price >= 20\ncategory in Shoes, Hats"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"where": "price between 20 and 10"}, "the lower first"),
        ({"where": "price"}, "is no condition"),
        ({"over": "orders", "where": "category = Shoes"}, "An order has no category"),
        ({"kind": "sessions", "where": "category = Shoes"}, "they take no conditions"),
    ],
)
def test_the_form_says_what_is_wrong_with_conditions(typed: dict[str, Any], said: str) -> None:
    found = form(**typed)
    assert not found.is_valid()
    assert said in str(found.errors["where"])
