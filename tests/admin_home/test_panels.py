"""The tables on a person's page, and the first account."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from cdp.admin_profile import PANELS, about, contents, money
from cdp.embedded.first_admin import make_first_admin


@pytest.mark.django_db
def test_a_person_of_whom_nothing_is_known_has_empty_tables() -> None:
    tables = [panel(uuid.uuid4(), []) for panel in PANELS]
    assert [table.title for table in tables] == ["Segments", "Carts", "Orders", "Messages", "Consent", "Timeline"]
    assert all(table.rows == () for table in tables)


def test_a_cart_is_told_by_its_first_three_lines() -> None:
    lines: list[dict[str, Any]] = [
        {"name": "Mug", "quantity": "2"},
        {"name": "Pot", "quantity": 1},
        {"product_id": "p9"},
        {"name": "Tray"},
    ]
    assert contents(lines) == "2 × Mug, Pot, p9 and 1 more"


def test_money_is_written_with_its_currency() -> None:
    assert money(Decimal("1234.5"), "EUR") == "1,234.50 EUR"


def test_an_event_is_told_without_anything_about_the_person() -> None:
    said = about({"product_id": "p1", "price": 3, "email": "ada@example.com", "products": [{}, {}]})
    assert said == "product_id p1, 2 products"


@pytest.mark.django_db
def test_the_first_start_makes_one_admin_and_says_its_password_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_EMAIL", "boss@example.com")
    said = make_first_admin("http://127.0.0.1:8000")
    password = said.partition("password ")[2].partition(" ")[0]
    user = User.objects.get()
    assert (user.email, user.is_superuser, user.check_password(password)) == ("boss@example.com", True, True)
    assert make_first_admin("http://127.0.0.1:8000") == ""
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_password_given_by_the_environment_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "correct horse battery")
    assert "correct horse battery" not in make_first_admin("http://127.0.0.1:8000")
    assert User.objects.get().check_password("correct horse battery")
