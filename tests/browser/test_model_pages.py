"""The model's pages in a real browser: charts with their tables, a promotion with its reason, two models compared."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from cdp.admin_home.groups import apply_rights
from recommendations.models import ModelRun
from tests.admin_model import world
from tests.browser.admin import open_page
from tests.browser.looking import problems, too_wide
from tests.browser_support import LAPTOP, PHONE, Browsing
from tests.recommendations import world as shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
Screenshot = Callable[..., Path]
IDS = ("a", "b", "c", "d")
CUT_OFF = """() => [...document.querySelectorAll('.h-switch a')].filter(link => {
  const [mine, frame] = [link, link.parentElement].map(one => one.getBoundingClientRect())
  return mine.right > frame.right + 1 || mine.bottom > frame.bottom + 1
}).map(link => 'cut off: ' + link.textContent)"""


def sign_in(page: Page, url: str) -> None:
    apply_rights()
    user = User.objects.create_user("mia", password="a long enough word", is_staff=True)
    user.groups.add(Group.objects.get(name="marketer"))
    open_page(page, f"{url}/admin/login/")
    page.fill("input[name=username]", "mia")
    page.fill("input[name=password]", "a long enough word")
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{url}/admin/")


def two_models() -> tuple[ModelRun, ModelRun]:
    """One that was kept back, and the live one."""
    shop.products(*IDS)
    held = shop.go_live(shop.small_model(IDS, [4, 3, 2, 1], {("a", "b"): 2.0, ("a", "c"): 1.0}))
    live = shop.go_live(shop.small_model(IDS, [4, 3, 2, 1], {("a", "d"): 2.0, ("a", "c"): 1.0}))
    ModelRun.objects.filter(pk=held.pk).update(promoted_at=None, verdict=world.HELD, metrics=world.metrics())
    ModelRun.objects.filter(pk=live.pk).update(metrics=world.metrics())
    world.shown("a", 9_000)
    world.earned("home", "treated", live.pk, {"answers": 1_000, "impressions": 8_000, "clicked": 60, "clicks": 60})
    world.earned("home", "holdout", live.pk, {"answers": 204, "impressions": 1_600, "clicked": 10, "clicks": 10})
    return held, live


def test_a_marketer_reads_the_model_compares_and_promotes(
    live_server: LiveServer,
    browsing: Browsing,
    screenshot: Screenshot,
    settings: Settings,
    tmp_path: Path,
    clean_cache: None,
) -> None:
    settings.VAR_DIR = tmp_path
    held, live = two_models()
    browsing.allow("status of 422")  # a promotion without its reason
    page = browsing.open(LAPTOP)
    sign_in(page, live_server.url)
    found: list[str] = []
    open_page(page, f"{live_server.url}/admin/model/runs/")
    expect(page.get_by_text("The live model finds")).to_be_visible()
    page.get_by_text("Show as table").click()
    expect(page.get_by_role("cell", name="0.112 (0.102 to 0.122)").first).to_be_visible()
    found += problems(page, "model")
    screenshot(page, "admin-model-laptop")

    for path in (f"runs/{live.pk}/", "earnings/?placement=home", "coverage/", "coverage/never-shown/"):
        open_page(page, f"{live_server.url}/admin/model/{path}")
        if path == "coverage/":
            expect(page.get_by_text("25\u00a0% of the 4 products that can be sold were shown")).to_be_visible()
        found += problems(page, path)

    open_page(page, f"{live_server.url}/admin/model/runs/compare/?b={held.pk}")
    page.get_by_label("What is asked").select_option("bought_together")
    page.get_by_label("Product in front").fill("a")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("place 3 in the other")).to_have_count(2)
    found += problems(page, "compare")

    open_page(page, f"{live_server.url}/admin/model/runs/{held.pk}/live/")
    page.get_by_role("button", name=f"Make model #{held.pk} live").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why, against the verdict")
    page.get_by_label("Why, against the verdict").fill("it suits the season")
    page.get_by_role("button", name=f"Make model #{held.pk} live").click()
    expect(page.get_by_text("Made live by staff:")).to_be_visible()
    assert ModelRun.objects.get(is_live=True) == held

    page.set_viewport_size({"width": PHONE.width, "height": PHONE.height})
    for path in ("runs/", f"runs/{held.pk}/", "coverage/", "runs/compare/"):
        open_page(page, f"{live_server.url}/admin/model/{path}")
        found += [f"{path}: {line}" for line in too_wide(page)]
    page.set_viewport_size({"width": 320, "height": PHONE.height})  # the narrowest that WCAG asks for
    for path in ("runs/", f"runs/{held.pk}/"):
        open_page(page, f"{live_server.url}/admin/model/{path}")
        found += [f"{path}: {line}" for line in page.evaluate(CUT_OFF)]
    assert not found, "\n".join(found)
