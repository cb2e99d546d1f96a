"""Carts and amounts on one line, and the first account."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from cdp.admin_person.words import contents, money
from cdp.embedded.first_admin import make_first_admin


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
