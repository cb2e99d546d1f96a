"""Support undoes a merge in a real browser: search, person, graph, preview, two people, undo, one person; with axe."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from cdp.outbox.services import drain_all
from tests.browser.admin import open_page
from tests.browser.looking import problems, too_wide
from tests.browser_support import LAPTOP, PHONE, Browsing
from tests.commerce.world import send
from tests.identity_desk import world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
Screenshot = Callable[..., Path]


def one_person_of_two() -> None:
    """Ada and the guest, joined by one event."""
    source = world.shop()
    start = world.two(source)
    drain_all()
    send(source, world.link(start))
    drain_all()


def sign_in(page: Page, url: str) -> None:
    user = world.staff("support")
    user.set_password("a long enough word")
    user.save()
    open_page(page, f"{url}/admin/login/")
    page.fill("input[name=username]", user.username)
    page.fill("input[name=password]", "a long enough word")
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{url}/admin/")


def test_support_undoes_a_merge_and_takes_it_back(
    live_server: LiveServer, browsing: Browsing, screenshot: Screenshot
) -> None:
    one_person_of_two()
    page = browsing.open(LAPTOP)
    sign_in(page, live_server.url)
    found: list[str] = []
    open_page(page, f"{live_server.url}/admin/profiles/profile/?q=tablet-1")
    page.click("#result_list tbody a[href*='/change/']")
    page.get_by_role("link", name="Identity", exact=True).click()
    expect(page.get_by_role("region", name="Identity graph").get_by_role("link")).to_have_count(3)
    found += problems(page, "identity tab")
    screenshot(page, "identity-tab-laptop")

    page.get_by_role("link", name="Undo this merge").click()
    expect(page.get_by_text("1 person would become 2.")).to_be_visible()
    found += problems(page, "preview")
    screenshot(page, "identity-preview-laptop")
    page.get_by_label("Why?").fill("two people on one tablet")
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.get_by_text("Kept apart: they are two people.")).to_be_visible()
    expect(page.get_by_role("link", name="Ada Larkin")).to_be_visible()
    expect(page.get_by_role("link", name="Ben Hale")).to_be_visible()
    found += problems(page, "kept apart")
    assert world.owner("user_id:ada") != world.owner("anonymous_id:tablet-1")

    page.get_by_role("link", name="Undo", exact=True).click()
    expect(page.get_by_text("2 people would become 1.")).to_be_visible()
    page.get_by_label("Why?").fill("she called: the tablet is hers")
    page.get_by_role("button", name="Let them join again").click()
    expect(page.get_by_text("They are one person again.")).to_be_visible()
    found += problems(page, "joined again")
    assert world.owner("user_id:ada") == world.owner("anonymous_id:tablet-1")
    assert not found, "\n".join(found)


@pytest.mark.nightly
def test_the_desk_fits_a_phone_in_the_dark(live_server: LiveServer, browsing: Browsing, screenshot: Screenshot) -> None:
    one_person_of_two()
    page = browsing.open(PHONE, dark=True)
    sign_in(page, live_server.url)
    person = f"/admin/profiles/profile/{world.owner('user_id:ada')}/change/?tab=identity"
    picked = f"/admin/identity/split/{world.owner('user_id:ada')}/?pick={world.ids('user_id:ada')[0]}"
    never = f"/admin/identity/never/{world.owner('user_id:ada')}/"
    found: list[str] = []
    for path in (person, picked, never, "/admin/identity/journal/", "/admin/identity/apart/"):
        open_page(page, live_server.url + path)
        found += [*problems(page, path), *too_wide(page)]
        screenshot(page, f"identity-{path.split('/')[3]}-phone-dark")
    assert not found, "\n".join(found)
