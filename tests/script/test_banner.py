"""The consent banner: nothing is kept, made or sent before an answer; yes and no weigh the same; it asks when due."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import problems
from tests.browser_support import PHONE, Browsing
from tests.script.conftest import Open
from tests.script.sink import Sink
from tests.script.test_consent import CHOSEN, GPC, PLACEHOLDER, comes_to_keep, kept

pytestmark = pytest.mark.browser

AUTO = 'data-banner="auto" data-page="auto"'
MANUAL = 'data-banner="auto"'
CODES = ("analytics", "personalization", "third_party_sharing")
WORDS = {
    "title": "May we use your data?",
    "text": "With your yes we keep an identifier in this browser.",
    "refuse": "Refuse all",
    "accept": "Accept all",
    "choose": "Choose",
    "save": "Save choices",
    "close": "Close",
    "settings": "Cookie settings",
    "notice": "Privacy notice",
    "gpc": "Your browser asks us not to share.",
    "gpc_line": "Off, as your browser asks.",
}
STRICT = (
    "default-src 'none'; style-src 'none'; script-src {host} 'unsafe-eval'; connect-src {host}; img-src data:;"
    " require-trusted-types-for 'script'"
)
FOOTER = '<main><h1>Teapots</h1><p>Two of them.</p><button id="open" data-cdp-consent hidden></button></main>'


def told(*, ask: bool = True, notice: int | None = None, days: int | None = 395, on: bool = False) -> dict[str, Any]:
    """What the platform answers; `on`: what holds where nobody said anything."""
    purposes = [
        {"code": code, "title": code.replace("_", " ").title(), "text": f"About {code}.", "wording": place}
        | {"allowed_by_default": on}
        for place, code in enumerate(CODES, start=1)
    ]
    version = notice and {"version": notice, "url": "/notice", "summary": "We added maps.", "ask_again_since": notice}
    gpc = {"honored": True, "purposes": ["third_party_sharing"]}
    return {
        "regime": "gdpr" if ask else "ccpa",
        "ask": ask,
        "locale": "en",
        "purposes": purposes,
        "notice": version,
    } | {
        "gpc": gpc,
        "expires_after_days": days,
        "words": WORDS,
    }


@pytest.fixture(autouse=True)
def _asks(sink: Sink) -> None:
    sink.config = told()


def press(page: Page, name: str) -> None:
    """A button of the banner."""
    page.locator(f'[data-cdp="{name}"]').click()


def everything_kept(page: Page) -> list[Any]:
    """Whatever a page can keep in a browser: names."""
    found: list[Any] = page.evaluate(
        """async () => [
            ...document.cookie.split("; ").filter(Boolean),
            ...Object.keys(localStorage), ...Object.keys(sessionStorage),
            ...(await indexedDB.databases()).map((each) => each.name),
            ...(window.caches ? await caches.keys() : []),
        ]"""
    )
    return found + page.context.cookies()


def test_before_an_answer_nothing_is_kept_made_or_sent_but_the_question_itself(open_shop: Open, sink: Sink) -> None:
    page = open_shop(AUTO, PLACEHOLDER + FOOTER)
    expect(page.locator('[data-cdp="accept"]')).to_be_visible()
    page.evaluate("{ cdp.track('Seen'); cdp.identify('ada', {plan: 'gold'}); cdp.setAnonymousId('mine'); }")
    sink.wait(lambda sink: len(sink.asked()) == 1)
    page.evaluate("cdp.flush()")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert page.evaluate("[cdp.anonymousId(), cdp.user().id(), cdp.consent()]") == [None, None, None]
    assert everything_kept(page) == []
    pictures = ("/i/1.png", "/i/2.png")
    first, second = sorted((one for one in sink.requests if one.path not in pictures), key=lambda one: one.path)
    assert (first.method, first.path) == ("GET", "/v1/consent/config")
    assert first.query == {"write_key": "wk_test", "tz": "Europe/Berlin", "lang": "en"}
    assert second.query == {"writeKey": "wk_test", "n": "4", "product_id": "P-9"}
    assert not {"cookie", "referer", "authorization", "x-user-token"} & set(first.headers)
    assert "cookie" not in second.headers


def test_negative_control_without_a_banner_the_same_page_keeps_and_sends(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-page="auto"', FOOTER)
    sink.wait(lambda sink: sink.names() == ["page"])
    assert everything_kept(page) != []
    assert page.locator("#cdp-consent").count() == 0


def test_refused_only_the_answer_is_kept_nothing_was_or_is_sent_and_nobody_is_asked_again(
    open_shop: Open, sink: Sink
) -> None:
    page = open_shop(AUTO, FOOTER)
    press(page, "refuse")
    expect(page.locator("#cdp-consent")).to_have_count(0)
    assert page.evaluate("cdp.track('After')") is None
    page.evaluate("cdp.flush()")
    assert kept(page) == ["cdp_consent"]
    assert page.evaluate("cdp.consent()") == dict.fromkeys(CODES, False)
    page.reload()
    expect(page.locator("#open")).to_have_text("Cookie settings")
    assert page.locator("#cdp-consent").count() == 0
    assert sink.posts() == []
    assert kept(page) == ["cdp_consent"]


def test_accepted_events_flow_with_what_was_asked_in_which_words(open_shop: Open, sink: Sink) -> None:
    sink.config = told(notice=3)
    page = open_shop(AUTO, FOOTER)
    page.evaluate("void cdp.track('Seen')")
    press(page, "accept")
    sink.wait(lambda sink: len(sink.messages()) == 3)
    assert sink.names() == [CHOSEN, "page", "Seen"]
    yes = {"categoryPreferences": dict.fromkeys(CODES, True)}
    asked = {"notice": 3, "locale": "en", "wordings": {"analytics": 1, "personalization": 2, "third_party_sharing": 3}}
    assert [message["context"]["consent"] for message in sink.messages()] == [yes | asked, yes, yes]
    answer = page.evaluate("JSON.parse(decodeURIComponent(document.cookie.match(/cdp_consent=([^;]*)/)[1]))")
    assert answer.pop("at")[:2] == "20"
    assert answer == {"preferences": dict.fromkeys(CODES, True), **asked}


def test_choosing_begins_with_every_switch_off_and_saves_what_was_turned_on(open_shop: Open, sink: Sink) -> None:
    page = open_shop(MANUAL, FOOTER)
    assert page.get_by_role("switch").count() == 0
    press(page, "choose")
    switches = page.get_by_role("switch")
    assert [switch.is_checked() for switch in switches.all()] == [False, False, False]
    expect(switches.first).to_be_focused()
    switches.first.check()
    press(page, "choose")
    sink.wait(lambda sink: sink.names() == [CHOSEN])
    assert page.evaluate("cdp.consent()") == dict.fromkeys(CODES, False) | {"analytics": True}


def test_yes_and_no_stand_side_by_side_and_look_the_same(open_shop: Open, browsing: Browsing) -> None:
    for size in (None, PHONE):
        page = open_shop(MANUAL, FOOTER, page=browsing.open(size) if size else None)
        expect(page.locator('[data-cdp="accept"]')).to_be_visible()
        refuse, accept = page.evaluate(
            """() => ["refuse", "accept"].map((name) => {
              const button = document.querySelector("#cdp-consent").shadowRoot.querySelector(`[data-cdp=${name}]`);
              const style = getComputedStyle(button);
              const { width, height, top } = button.getBoundingClientRect();
              const looks = ["color", "backgroundColor", "borderColor", "borderWidth", "fontSize", "fontWeight",
                "fontFamily", "textDecoration", "opacity", "padding", "boxShadow", "cursor"];
              return { width, height, top, parent: button.parentNode.className, tag: button.tagName,
                looks: looks.map((each) => style[each]) };
            })"""
        )
        assert refuse == accept
        assert refuse["height"] >= 44


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("reopened", [False, True])
def test_axe_finds_no_fault_in_it(dark: bool, reopened: bool, open_shop: Open, browsing: Browsing, sink: Sink) -> None:
    sink.config = told(notice=2)
    page = open_shop(MANUAL, FOOTER, head=GPC, page=browsing.open(PHONE, dark=dark))
    expect(page.locator('[data-cdp="accept"]')).to_be_visible()
    if reopened:
        press(page, "choose")
    assert problems(page, "banner") == []


def test_by_keyboard_alone_it_comes_first_and_lets_go(open_shop: Open, sink: Sink) -> None:
    page = open_shop(MANUAL, '<a href="/" id="link">Home</a>' + FOOTER)
    expect(page.locator('[data-cdp="accept"]')).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")
    assert [_tab(page) for _ in range(4)] == ["refuse", "accept", "choose", "link"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert [_tab(page) for _ in range(3)] == ["personalization", "third_party_sharing", "refuse"]
    page.keyboard.press("Escape")
    expect(page.locator("#cdp-consent")).to_have_count(1)
    assert [_tab(page) for _ in range(2)] == ["accept", "choose"]
    page.keyboard.press("Enter")
    sink.wait(lambda sink: sink.names() == [CHOSEN])
    assert page.evaluate("cdp.consent()") == dict.fromkeys(CODES, False) | {"analytics": True}
    page.locator("#open").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name=WORDS["title"])).to_be_focused()
    assert [switch.is_checked() for switch in page.get_by_role("switch").all()] == [True, False, False]
    page.keyboard.press("Escape")
    expect(page.locator("#cdp-consent")).to_have_count(0)
    expect(page.locator("#open")).to_be_focused()
    assert sink.names() == [CHOSEN]


def _tab(page: Page) -> str:
    page.keyboard.press("Tab")
    found: str = page.evaluate(
        """() => {
          const host = document.activeElement;
          const inner = (host.shadowRoot && host.shadowRoot.activeElement) || host;
          return inner.dataset.cdp || inner.name || inner.id;
        }"""
    )
    return found


def test_a_new_notice_asks_again_and_says_what_changed(open_shop: Open, sink: Sink) -> None:
    sink.config = told(notice=1)
    page = open_shop(MANUAL, FOOTER)
    press(page, "accept")
    sink.wait(lambda sink: sink.names() == [CHOSEN])
    page.reload()
    expect(page.locator("#open")).to_be_visible()
    assert page.locator("#cdp-consent").count() == 0
    sink.config = told(notice=2)
    page.reload()
    expect(page.get_by_text("We added maps.")).to_be_visible()
    expect(page.get_by_role("link", name="Privacy notice")).to_have_attribute("href", sink.shop + "/notice")
    press(page, "refuse")
    sink.wait(lambda sink: sink.names() == [CHOSEN, CHOSEN])
    comes_to_keep(page, ["cdp_consent"])
    page.reload()
    expect(page.locator("#open")).to_be_visible()
    assert page.locator("#cdp-consent").count() == 0


def test_an_answer_that_is_too_old_is_forgotten_with_all_that_was_kept_for_it(open_shop: Open, sink: Sink) -> None:
    page = open_shop(MANUAL, FOOTER)
    press(page, "accept")
    sink.wait(lambda sink: sink.names() == [CHOSEN])
    page.evaluate(
        """() => {
          const kept = JSON.parse(decodeURIComponent(document.cookie.match(/cdp_consent=([^;]*)/)[1]));
          kept.at = new Date(Date.now() - 396 * 24 * 3600 * 1000).toISOString();
          document.cookie = "cdp_consent=" + encodeURIComponent(JSON.stringify(kept)) + "; path=/";
        }"""
    )
    page.reload()
    expect(page.locator('[data-cdp="accept"]')).to_be_visible()
    assert kept(page) == []


def test_withdrawn_later_it_is_sent_once_under_the_old_id_and_nothing_is_left(open_shop: Open, sink: Sink) -> None:
    page = open_shop(MANUAL, FOOTER)
    press(page, "accept")
    sink.wait(lambda sink: sink.names() == [CHOSEN])
    anonymous = page.evaluate("cdp.anonymousId()")
    page.locator("#open").click()
    press(page, "refuse")
    sink.wait(lambda sink: sink.names() == [CHOSEN, CHOSEN])
    last = sink.messages()[1]
    assert last["anonymousId"] == anonymous
    assert last["context"]["consent"]["categoryPreferences"] == dict.fromkeys(CODES, False)
    assert last["context"]["consent"]["wordings"]["analytics"] == 1
    comes_to_keep(page, ["cdp_consent"])


def test_where_the_law_lets_people_opt_out_nobody_is_asked_and_a_link_suffices(open_shop: Open, sink: Sink) -> None:
    sink.config = told(ask=False, on=True)
    page = open_shop(AUTO, PLACEHOLDER + FOOTER)
    sink.wait(lambda sink: sink.names() == ["page"] and len(sink.asked()) == 1)
    assert sink.asked()[0].query["anonymous_id"] == page.evaluate("cdp.anonymousId()")
    assert page.locator("#cdp-consent").count() == 0
    page.locator("#open").click()
    switches = page.get_by_role("switch")
    assert [switch.is_checked() for switch in switches.all()] == [True, True, True]
    switches.last.uncheck()
    press(page, "choose")
    sink.wait(lambda sink: sink.names() == ["page", CHOSEN])
    assert page.evaluate("cdp.consent()") == dict.fromkeys(CODES, True) | {"third_party_sharing": False}


def test_global_privacy_control_is_kept_to_shown_and_not_asked_about(open_shop: Open, sink: Sink) -> None:
    page = open_shop(MANUAL, FOOTER, head=GPC)
    expect(page.get_by_text("Your browser asks us not to share.")).to_be_visible()
    press(page, "choose")
    sharing = page.get_by_role("switch").last
    expect(sharing).to_be_disabled()
    press(page, "accept")
    sink.wait(lambda sink: sink.names() == [CHOSEN])
    no = dict.fromkeys(CODES, True) | {"third_party_sharing": False}
    assert sink.messages()[0]["context"]["consent"]["categoryPreferences"] == no
    assert page.evaluate("cdp.consent()") == no


def test_what_cannot_be_asked_is_taken_as_not_allowed(open_shop: Open, sink: Sink, browsing: Browsing) -> None:
    browsing.allow("Failed to load resource", "cdp.js: cdp.js: what to ask for was answered 404", "answer 404")
    sink.config = None
    page = open_shop(AUTO, FOOTER)
    page.evaluate("cdp.track('Seen'); cdp.flush()")
    page.wait_for_timeout(300)
    assert everything_kept(page) == []
    assert sink.posts() == []
    assert page.locator("#cdp-consent").count() == 0


def test_under_a_strict_policy_it_looks_as_it_should(open_shop: Open, sink: Sink) -> None:
    sink.headers = {"Content-Security-Policy": STRICT.format(host=sink.host)}
    page = open_shop(MANUAL, FOOTER)
    expect(page.locator('[data-cdp="accept"]')).to_be_visible()
    style = page.locator("#cdp-consent .banner").evaluate("(each) => getComputedStyle(each).position")
    assert style == "fixed"
    press(page, "accept")
    sink.wait(lambda sink: sink.names() == [CHOSEN])


def test_another_consent_tool_answers_by_the_call_and_the_banner_has_nothing_to_ask(
    open_shop: Open, sink: Sink
) -> None:
    sink.config = told(notice=4)
    page = open_shop(MANUAL, FOOTER)
    expect(page.locator('[data-cdp="accept"]')).to_be_visible()
    page.evaluate("cdp.consent({analytics: true}); cdp.tcf('CPXYZ.abc'); cdp.flush()")
    sink.wait(lambda sink: sink.names() == [CHOSEN, CHOSEN])
    assert sink.messages()[1]["context"]["consent"]["tcString"] == "CPXYZ.abc"
    expect(page.locator("#cdp-consent")).to_have_count(0)
    page.reload()
    expect(page.locator("#open")).to_be_visible()
    assert page.locator("#cdp-consent").count() == 0
