"""Moving through the admin as a member of staff: signing in, opening pages, following menu and lists."""

import re
from collections.abc import Iterator

from playwright.sync_api import Page, expect

MENU = """() => [...document.querySelectorAll('nav a[href^="/admin/"], #nav-sidebar a[href^="/admin/"]')]
  .map((link) => link.getAttribute("href"))"""
FIRST_ROW = """() => document.querySelector('#result_list tbody :is(a[href*="/change/"], a[href*="/overview/"])')
  ?.getAttribute("href")"""
NOT_PAGES = re.compile(r"logout|password|#|\?")


def sign_in(page: Page, url: str, group: str, password: str) -> None:
    """By the sign-in page's own form."""
    open_page(page, f"{url}/admin/login/")
    page.fill("input[name=username]", f"{group.replace(' ', '-')}@demo.example")
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{url}/admin/")


def open_page(page: Page, address: str) -> None:
    """Opens it, and returns once its scripts have shown it."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, f"{address}: {answer.status}"
    expect(page.locator("html")).not_to_have_attribute("x-cloak", re.compile(""))


def menu(page: Page) -> list[str]:
    """The paths the menu of the open page leads to, each once."""
    found: list[str] = page.evaluate(MENU)
    return [path for path in dict.fromkeys(found) if not NOT_PAGES.search(path)]


def pages(page: Page, url: str, *, only: frozenset[str] | None = None) -> Iterator[str]:
    """Opens the home page, each page of the menu and the first row of each list, one after the other: their paths.

    With `only` just those whose name is among them.
    """
    open_page(page, f"{url}/admin/")
    paths = menu(page)
    yield "/admin/"
    for path in paths:
        if path == "/admin/" or (only is not None and name_of(path) not in only):
            continue
        open_page(page, url + path)
        row: str | None = page.evaluate(FIRST_ROW)
        yield path
        if row and (only is None or name_of(row) in only):
            open_page(page, url + row)
            yield row


def name_of(path: str) -> str:
    """/admin/commerce/order/12/change/ → admin-order-page: what its picture is called."""
    words = [word for word in path.strip("/").split("/") if not any(sign.isdigit() for sign in word)]
    if words[-1] == "change":
        return f"admin-{path.strip('/').split('/')[2]}-page"
    return "-".join(["admin", *words[2:]]) if len(words) > 1 else "admin-home"
