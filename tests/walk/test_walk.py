"""The walk fails by name, and its pictures are what they are called."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from cdp.demo.report import Account, DemoReport, write_report
from cdp.demo.walk import __main__ as walking
from cdp.demo.walk.__main__ import main, walk_all
from cdp.demo.walk.taking import Walk, WalkFailed

REPORT = DemoReport("http://127.0.0.1:1", "", "", "", "", [Account("support", "s@demo.example", "x")], "")


def test_without_a_demo_it_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    assert main([]) == 1
    assert "start the demo first (./run demo)" in capsys.readouterr().err


def test_without_chromium_it_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    write_report(tmp_path / "demo.json", REPORT)
    assert main(["--out", str(tmp_path)]) == 1
    assert "./run setup --browser" in capsys.readouterr().err


@pytest.mark.browser
def test_a_step_that_is_not_as_told_ends_the_walk_by_name_and_leaves_a_picture(
    chromium: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    walk = Walk("http://127.0.0.1:1", tmp_path, REPORT, chromium)
    done: list[str] = []

    def first(walk: Walk) -> None:
        walk.page("shopper").set_content("<h1>Shop</h1>")
        done.append("first")

    def second(walk: Walk) -> None:
        raise WalkFailed("no mail came")

    steps: tuple[tuple[str, Callable[[Walk], None]], ...] = (("one", first), ("two", second), ("three", first))
    monkeypatch.setattr(walking, "STEPS", steps)
    assert walk_all(walk, tmp_path) == 1
    said = capsys.readouterr().err
    assert "step 2 (two): no mail came" in said
    assert (tmp_path / "walk-failed-shopper-0.png").exists()
    assert done == ["first"]
    walk.contexts["shopper"].close()


@pytest.mark.browser
def test_an_error_that_a_page_logs_fails_the_walk(
    chromium: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    walk = Walk("http://127.0.0.1:1", tmp_path, REPORT, chromium)

    def step(walk: Walk) -> None:
        walk.page("shopper").set_content("<script>console.error('lost a button')</script>")
        walk.page("shopper").wait_for_timeout(50)

    monkeypatch.setattr(walking, "STEPS", (("one", step),))
    assert walk_all(walk, tmp_path) == 1
    assert "lost a button" in capsys.readouterr().err
    walk.contexts["shopper"].close()


@pytest.mark.browser
def test_a_picture_is_webp_of_the_pages_size(chromium: Browser, tmp_path: Path) -> None:
    walk = Walk("http://127.0.0.1:1", tmp_path, REPORT, chromium)
    page = walk.page("shopper")
    page.set_content("<body style='background: linear-gradient(red, blue)'><h1>Shop</h1>")
    walk.picture(page, "shop")
    content = (tmp_path / "shop.webp").read_bytes()
    assert (content[:4], content[8:12]) == (b"RIFF", b"WEBP")
    size = page.evaluate(
        "async (bytes) => { const p = await createImageBitmap(new Blob([new Uint8Array(bytes)]));"
        " return [p.width, p.height] }",
        list(content),
    )
    assert size == [1440, 900]
    assert walk.taken == [tmp_path / "shop.webp"]
    walk.contexts["shopper"].close()
