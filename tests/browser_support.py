"""A real Chromium for tests marked `browser`, through Playwright; a pytest plugin that tests/conftest.py loads.

Where there is no Chromium such tests are skipped and the summary says how to get one; with CI=true they fail.
Pages reach this machine only. A page that logs an error, throws, breaks the Content-Security-Policy or is answered
with a 5xx fails its test, unless the test allowed that by a fragment of its text.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from tests.paths import REPO

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

SCREENSHOTS = REPO / "var" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_IT = "`./run setup --browser` installs it"
NO_CHROMIUM = f"no Chromium was found on this machine: {HOW_TO_GET_IT}, or name yours in CHROMIUM"
NONCE = re.compile(r"'nonce-[^']*'")  # of the moment: the same trouble is told once
PATIENCE_MS = 20_000
# Every other name is unknown to the browser: a page that asks the internet for anything logs an error and fails.
ONLY_THIS_MACHINE = "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"


@dataclass(frozen=True)
class Size:
    """A viewport in CSS pixels."""

    width: int
    height: int


LAPTOP = Size(1440, 900)
PHONE = Size(390, 844)


def find_chromium() -> Path | None:
    """The browser's program: what CHROMIUM names, else the first of the usual names on PATH."""
    named = os.environ.get("CHROMIUM", "")
    for name in (named,) if named else NAMES:
        if found := shutil.which(name):
            return Path(found)
    return None


def is_ci() -> bool:
    """CI=true: what a machine lacks is a failure there, not a reason to skip."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def require(present: object, missing: str) -> None:
    """Skips the test with `missing` where something is not `present`; fails it under CI=true."""
    if present:
        return
    if is_ci():
        pytest.fail(f"{missing} (CI=true: its absence fails)", pytrace=False)
    pytest.skip(missing)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests marked `browser` need Chromium before anything else of theirs is set up."""
    if item.get_closest_marker("browser"):
        require(find_chromium(), NO_CHROMIUM)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for what was skipped, also without -rs."""
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    skipped = [reason for reason in reasons if "./run setup --browser" in reason]
    if skipped:
        missing = sorted({re.sub(r"^.*Skipped: |['\")]+$", "", reason) for reason in skipped})
        terminalreporter.write_line(f"{len(skipped)} tests skipped: {'; '.join(missing)}", yellow=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """A running Chromium without pages.

    It lives for a module, not for the session: while Playwright's sync API runs, this thread has a running event loop,
    so other tests' `asyncio.run` would be refused. Django takes the thread for asynchronous code (hence the variable)
    and keeps its connections in the loop's context: they are closed with it, or the test database could not be dropped.
    """
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    program = find_chromium()
    require(program, NO_CHROMIUM)
    arguments = [f"--host-resolver-rules={ONLY_THIS_MACHINE}", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses to start as root with it
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=str(program), args=arguments)
        try:
            yield browser
        finally:
            browser.close()
            connections.close_all()


@dataclass
class Browsing:
    """The pages one test opened and what went wrong in them."""

    browser: "Browser"
    allowed: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    contexts: list["BrowserContext"] = field(default_factory=list)

    def open(self, size: Size = LAPTOP, *, dark: bool = False) -> "Page":
        """A page in a context (cookies, storage) of its own. Times are shown in Berlin's zone."""
        context = self.browser.new_context(
            viewport={"width": size.width, "height": size.height},
            color_scheme="dark" if dark else "light",
            locale="en-US",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.troubles.append(f"uncaught: {error.error}"))
        context.on("response", self._answered)
        return context.new_page()

    def allow(self, *fragments: str) -> None:
        """Troubles whose text contains one of `fragments` are expected in this test."""
        self.allowed.extend(fragments)

    def unexpected(self) -> list[str]:
        """What went wrong so far and was not allowed, each once."""
        told = dict.fromkeys(self.troubles)
        return [trouble for trouble in told if not any(part in trouble for part in self.allowed)]

    def close(self) -> None:
        """Closes every page before the database is emptied under it."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()

    def _heard(self, message: "ConsoleMessage") -> None:
        if message.type == "error":
            place = message.page.url if message.page else ""
            text = NONCE.sub("", message.text)
            self.troubles.append(f"console: {text} [{message.location.get('url', '')}, on {place}]")

    def _answered(self, response: "Response") -> None:
        if response.status >= 500:
            self.troubles.append(f"answer {response.status}: {response.url}")


@pytest.fixture
def browsing(chromium: "Browser") -> Iterator[Browsing]:
    """`browsing.open(PHONE, dark=True)` gives a page; `browsing.allow(…)` names errors that are expected."""
    opened = Browsing(chromium)
    yield opened
    opened.close()
    found = opened.unexpected()
    if found:
        pytest.fail("the pages of this test had errors:\n" + "\n".join(found), pytrace=False)


@pytest.fixture
def page(browsing: Browsing) -> "Page":
    """One page at 1440 × 900, light."""
    return browsing.open()


@pytest.fixture
def screenshot() -> Callable[..., Path]:
    """`screenshot(page, "cart-phone")` keeps the page as var/screenshots/cart-phone.png; `full=True` all of it."""

    def take(page: "Page", name: str, *, full: bool = False) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path, full_page=full, animations="disabled")
        return path

    return take
