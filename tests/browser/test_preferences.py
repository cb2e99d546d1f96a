"""The preference center as a shopper meets it: by keyboard alone on a phone, without JavaScript, light and dark."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent import services
from consent.contracts import DENIED, EMAIL_REMINDERS, GRANTED, PROCESSING, Subject
from consent.models import MailPreference
from privacy.services import mint
from tests.browser.looking import problems
from tests.browser_support import LAPTOP, PHONE, Browsing, Size
from tests.mailing.rows import message
from tests.privacy.world import JANE, happened, identify, say, seen

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Screenshot = Callable[..., Path]
LOOKS = [(LAPTOP, False, "laptop"), (PHONE, True, "phone-dark")]
HASH = address_hash(JANE)
SMALL_TARGETS = """() => [...document.querySelectorAll("button, input:not([type=hidden]), select, summary, nav a")]
  .filter((one) => { const box = one.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
  .map((one) => one.outerHTML.slice(0, 120))"""
HIDDEN_BEHIND = """() => { const box = document.activeElement.getBoundingClientRect();
  const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return !(seen && (seen === document.activeElement || document.activeElement.contains(seen))); }"""


@pytest.fixture(autouse=True)
def _in_europe(settings: Settings) -> None:
    settings.CONSENT_DEFAULT_REGIME = "gdpr"


@pytest.fixture
def path() -> str:
    """The path of Jane's link; she once agreed to e-mails and refused one topic."""
    ids = seen(("email", JANE), ("user_id", "u1"))
    yesterday = utc_now() - timedelta(days=1)
    say("email_marketing", GRANTED, email=JANE, at=yesterday)
    say("email_offers", DENIED, email=JANE, at=yesterday)
    return "/p/" + consent.preferences_token(JANE, ids["email"])


def allowed(purpose: str) -> bool:
    return consent.allows(Subject(HASH), purpose, utc_now()).allowed


def look(page: Page, name: str) -> list[str]:
    """Everything wrong with a page, targets smaller than 24 pixels among it."""
    return problems(page, name) + [f"{name}: small target {found}" for found in page.evaluate(SMALL_TARGETS)]


@pytest.mark.parametrize(("size", "dark", "name"), LOOKS)
def test_the_page_holds_on_every_screen_and_in_every_state(
    size: Size, dark: bool, name: str, path: str, live_server: LiveServer, browsing: Browsing, screenshot: Screenshot
) -> None:
    page = browsing.open(size, dark=dark)
    page.goto(live_server.url + path)
    screenshot(page, f"preferences-{name}", full=True)
    found = look(page, "untouched")
    page.get_by_label("Take a break for 30 days").check()
    page.get_by_label("At most one a week").check()
    page.get_by_role("button", name="Save my choices").click()
    expect(page.get_by_role("status")).to_contain_text("Your choices are saved")
    screenshot(page, f"preferences-saved-{name}")
    found += look(page, "saved")
    page.get_by_role("button", name="Send me the link See what is held").click()
    expect(page.get_by_role("status")).to_contain_text("We have sent a link to j•••@e•••.com")
    found += look(page, "asked")
    page.goto(f"{live_server.url}{path}?lang=de")
    expect(page.get_by_role("button", name="Meine Auswahl speichern")).to_be_visible()
    screenshot(page, f"preferences-german-{name}", full=True)
    found += look(page, "german")
    services.suppress(HASH, "marketing", "complaint", utc_now())
    page.goto(live_server.url + path)
    expect(page.get_by_label("E-mail marketing")).to_be_disabled()
    found += look(page, "locked")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("size", "dark", "name"), LOOKS)
def test_what_cannot_be_chosen_is_told_accessibly(
    size: Size, dark: bool, name: str, path: str, live_server: LiveServer, browsing: Browsing, screenshot: Screenshot
) -> None:
    page = browsing.open(size, dark=dark)
    browsing.allow("404 (Not Found)")
    say(PROCESSING, DENIED, identifier_id=seen(("email", JANE))["email"], at=utc_now())
    page.goto(live_server.url + path)
    expect(page.get_by_text("The use of your data is restricted")).to_be_visible()
    found = look(page, "restricted")
    services.suppress(HASH, "all", "erasure", utc_now())
    page.goto(live_server.url + path)
    expect(page.get_by_text("There is nothing to choose here")).to_be_visible()
    screenshot(page, f"preferences-erased-{name}")
    found += look(page, "erased")
    page.goto(live_server.url + "/p/forged")
    found += look(page, "forged")
    made = message(JANE, purpose=EMAIL_REMINDERS)
    page.goto(live_server.url + "/u/" + consent.unsubscribe_url(JANE, message_id=made.pk).rpartition("/")[2])
    found += look(page, "unsubscribe")
    screenshot(page, f"unsubscribe-{name}")
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    found += look(page, "unsubscribed")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("size", "dark", "name"), LOOKS)
def test_what_is_held_and_why_are_readable_and_accessible(
    size: Size, dark: bool, name: str, live_server: LiveServer, browsing: Browsing, screenshot: Screenshot
) -> None:
    ids = seen(("email", JANE), ("user_id", "u1"))
    identify("u1", name="Jane Roe", email=JANE, city="Vienna", birthday="1990-02-03")
    mug = {"product_id": "p1", "name": "Blue mug", "price": 12, "currency": "EUR"}
    happened(*({"type": "track", "userId": "u1", "event": "Product Viewed", "properties": mug} for _ in range(15)))
    page = browsing.open(size, dark=dark)
    found: list[str] = []
    for use in ("held", "why"):
        facts = {"identifier_id": ids["email"], "masked": "j•••@e•••.com"}
        token = mint(use, address_hash=HASH, now=utc_now(), facts=facts)
        page.goto(f"{live_server.url}/privacy/{use}/{token}")
        found += look(page, f"{use}, asking")
        page.get_by_role("button", name="Show it").click()
        expect(page.locator("section.card").first).to_be_visible()
        screenshot(page, f"{use}-{name}", full=True)
        found += look(page, use)
    assert not found, "\n".join(found)


def to(page: Page, name: str, role: str = "switch") -> None:
    """Tab until the control of this name has the focus, seen and not behind anything."""
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]  # a role's name
    for _ in range(40):
        page.keyboard.press("Tab")
        assert not page.evaluate(HIDDEN_BEHIND), f"what has the focus on the way to {name!r} is hidden"
        if wanted.evaluate("(one) => one === document.activeElement"):
            outline = wanted.evaluate("(one) => getComputedStyle(one).outlineStyle")
            assert outline == "solid", f"the focus on {name!r} is not seen"
            return
    raise AssertionError(f"{name!r} is not reached by Tab")


def test_a_shopper_with_a_keyboard_alone_changes_saves_and_undoes_on_a_phone(
    path: str, live_server: LiveServer, browsing: Browsing
) -> None:
    page = browsing.open(PHONE)
    page.goto(live_server.url + path)
    to(page, "Offers and sales")
    page.keyboard.press("Space")
    to(page, "Reminders about your cart")
    page.keyboard.press("Space")
    to(page, "Save my choices", "button")
    page.keyboard.press("Enter")
    status = page.get_by_role("status")
    expect(status).to_contain_text("Your choices are saved")
    expect(status).to_be_focused()
    expect(page).to_have_title("Saved · Your choices · Our shop")
    assert (allowed("email_offers"), allowed("email_reminders"), allowed("email_news")) == (True, False, True)
    to(page, "Undo", "button")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text("your choices are as before")
    assert (allowed("email_offers"), allowed("email_reminders"), allowed("email_news")) == (False, True, True)
    to(page, "Stop all marketing", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("All marketing is stopped")
    assert not allowed("email_marketing")


@pytest.fixture
def without_scripts(chromium: "Browser") -> Iterator[Page]:
    """A page in which no script runs and no cookie is kept."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    yield context.new_page()
    assert context.cookies() == []
    context.close()


def test_all_of_it_works_without_javascript_and_cookies(
    path: str, live_server: LiveServer, without_scripts: Page
) -> None:
    page = without_scripts
    page.goto(live_server.url + path)
    page.get_by_label("E-mail marketing").uncheck()
    page.get_by_label("At most one a month").check()
    page.get_by_label("In which language shall we write to you?").select_option("de")
    page.get_by_role("button", name="Save my choices").click()
    expect(page.get_by_role("status")).to_contain_text("Ihre Auswahl ist gespeichert")
    liked = MailPreference.objects.get()
    assert (allowed("email_marketing"), liked.frequency, liked.locale) == (False, "monthly", "de")
    page.get_by_role("button", name="Rückgängig machen").click()
    liked.refresh_from_db()
    assert (allowed("email_marketing"), liked.frequency, liked.locale) == (True, "all", "en")
    page.get_by_role("button", name="Stop all marketing").click()
    assert not allowed("email_marketing")
    page.get_by_role("button", name="Delete my data").click()
    expect(page.get_by_role("status")).to_contain_text("We have sent a link")
