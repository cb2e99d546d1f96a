"""A bad environment variable stops the start and says what the variable takes; secrets are not echoed."""

from pathlib import Path

import pytest

from cdp.lib import env


def test_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, meaning in {"1": True, "Yes": True, " on ": True, "0": False, "FALSE": False, "": False}.items():
        monkeypatch.setenv("X", value)
        assert env.flag("X") is meaning
    monkeypatch.setenv("X", "maybe")
    with pytest.raises(env.BadEnvironment, match="X='maybe' cannot be used: it takes 1 or 0"):
        env.flag("X")


@pytest.mark.parametrize("value", ["0", "11", "many", "1.5", "-3"])
def test_a_number_out_of_its_bounds_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(env.BadEnvironment, match="whole number from 1 to 10"):
        env.integer("X", 5, low=1, high=10)


def test_a_number_and_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "10")
    assert env.integer("X", 5, low=1, high=10) == 10
    monkeypatch.delenv("X")
    assert env.integer("X", 5, low=1, high=10) == 5


def test_a_url_with_a_password_is_not_echoed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "mysql://me:geheim@host/db")
    with pytest.raises(env.BadEnvironment) as refused:
        env.url("X", schemes=("postgres", "postgresql"))
    assert "geheim" not in str(refused.value)
    assert "postgres:// or postgresql://" in str(refused.value)


def test_one_of_some_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "LOUD")
    with pytest.raises(env.BadEnvironment, match="one of INFO, ERROR"):
        env.choice("X", "INFO", ("INFO", "ERROR"))


def test_lists_and_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X", " a, ,b ")
    assert env.listing("X") == ["a", "b"]
    monkeypatch.setenv("X", str(tmp_path / ".." / "var"))
    assert env.folder("X", Path("unused")) == (tmp_path.parent / "var").resolve()
