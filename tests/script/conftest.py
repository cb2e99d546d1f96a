"""Fixtures of the script's tests: a sink, and pages of a shop that sends to it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.browser_support import Browsing
from tests.script.sink import Sink

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def sinks() -> Iterator[list[Sink]]:
    """They listen until every page of the module is closed: a page that cannot reach its sink logs an error."""
    made: list[Sink] = []
    yield made
    for sink in made:
        sink.close()


@pytest.fixture
def sink(sinks: list[Sink]) -> Sink:
    sinks.append(Sink())
    return sinks[-1]


@pytest.fixture
def open_shop(browsing: Browsing, sink: Sink) -> Open:
    """`open_shop('data-consent="required"', body)` opens a page of the shop once the script has started on it."""

    def opened(attributes: str = "", body: str = "", head: str = "", page: Page | None = None) -> Page:
        address = sink.put("/", attributes, body, head)
        shown = page or browsing.open()
        shown.goto(address)
        wait_for_script(shown)
        return shown

    return opened


def stop_the_clock(page: Page) -> None:
    """From now on the page's timers run by `page.clock.run_for` only."""
    page.clock.install(time=0)
    page.clock.pause_at(1)


def wait_for_script(page: Page) -> None:
    """Until the script has started."""
    page.wait_for_function("window.cdp && cdp.version")
