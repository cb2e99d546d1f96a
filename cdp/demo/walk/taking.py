"""What a walk carries along: the browser, who walks, and the pictures. Pictures are WebP, encoded by the browser."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from cdp.demo.report import DemoReport

LAPTOP, PHONE = (1440, 900), (390, 844)
PATIENCE_MS = 20_000
QUALITY = 0.82
ENCODE = """async ([png, quality]) => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${png}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth;
  canvas.height = picture.naturalHeight;
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.toDataURL("image/webp", quality);
}"""


class WalkFailed(Exception):
    """Something is not as the README says. The message says what was expected."""


@dataclass
class Walk:
    """`base`: the demo's address without a slash at its end; `out`: the folder of the pictures."""

    base: str
    out: Path
    report: DemoReport
    browser: Browser
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    taken: list[Path] = field(default_factory=list)

    def page(self, who: str, size: tuple[int, int] = LAPTOP) -> Page:
        """The one open page of `who`: the shopper, or a staff group. Cookies are kept apart by who."""
        if who not in self.contexts:
            self.contexts[who] = self._context(size)
            self.contexts[who].new_page()
        page = self.contexts[who].pages[-1]
        page.set_viewport_size({"width": size[0], "height": size[1]})
        return page

    def open(self, who: str, path: str) -> Page:
        """`who` opens a path of the demo; an answer that is not 2xx fails the walk."""
        page = self.page(who)
        answer = page.goto(f"{self.base}{path}")
        if answer is None or not answer.ok:
            raise WalkFailed(f"{path} answered {answer.status if answer else 'nothing'}")
        return page

    def account(self, group: str) -> tuple[str, str]:
        """(address, password) of a member of staff."""
        found = next((account for account in self.report.accounts if account.group == group), None)
        if found is None:
            raise WalkFailed(f"demo.json names no account of the group {group}")
        return found.email, found.password

    def picture(self, page: Page, name: str) -> None:
        """Keeps what the page shows now as `name`.webp."""
        page.wait_for_load_state("load")
        page.evaluate("document.fonts.ready.then(() => true)")
        png = base64.b64encode(page.screenshot(animations="disabled", caret="hide")).decode()
        path = self.out / f"{name}.webp"
        path.write_bytes(self._encoded(png))
        self.taken.append(path)

    @contextmanager
    def narrow(self, page: Page) -> Iterator[Page]:
        """The page at phone width, for one picture."""
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        yield page
        page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})

    def _encoded(self, png: str) -> bytes:
        context = self.browser.new_context()
        try:
            url = context.new_page().evaluate(ENCODE, [png, QUALITY])
        finally:
            context.close()
        head, _, body = str(url).partition(",")
        if head != "data:image/webp;base64":
            raise WalkFailed("this Chromium cannot write WebP")
        return base64.b64decode(body)

    def _context(self, size: tuple[int, int]) -> BrowserContext:
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="light",
            locale="en-US",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.errors.append(f"uncaught: {error.error}"))
        return context

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} [{message.location.get('url', '')}]")
