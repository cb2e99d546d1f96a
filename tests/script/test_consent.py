"""Consent: before it nothing is stored and nothing sent; after a no, nothing is left; what was chosen goes along."""

import threading
import time
from typing import SupportsIndex

import pytest
from playwright.sync_api import Page

from tests.browser_support import Browsing
from tests.script.conftest import Open, wait_for_script
from tests.script.sink import Answer, Sink

pytestmark = pytest.mark.browser

REQUIRED = 'data-consent="required" data-page="auto"'
CHOSEN = "Segment Consent Preference Updated"
PLACEHOLDER = '<div data-cdp-recommendations data-product-id="P-9"></div>'
GPC = '<script>Object.defineProperty(navigator, "globalPrivacyControl", {value: true});</script>'


def kept(page: Page) -> list[str]:
    """What the browser keeps: names of cookies and of local and session storage."""
    names: list[str] = page.evaluate(
        """[...document.cookie.split("; ").filter(Boolean).map((pair) => pair.split("=")[0]),
            ...Object.keys(localStorage), ...Object.keys(sessionStorage)].sort()"""
    )
    return names


def comes_to_keep(page: Page, names: list[str]) -> None:
    """What was sent is forgotten when its answer has come, which is after the sink has seen it."""
    deadline = time.monotonic() + 10
    while (found := kept(page)) != names:
        assert time.monotonic() < deadline, found
        page.wait_for_timeout(50)


def test_before_consent_nothing_is_stored_and_nothing_is_sent(open_shop: Open, sink: Sink) -> None:
    page = open_shop(REQUIRED)
    page.evaluate("{ cdp.track('Seen'); cdp.identify('ada', {plan: 'gold'}); cdp.setAnonymousId('mine'); }")
    assert page.evaluate("[cdp.anonymousId(), cdp.user().id(), cdp.user().traits(), cdp.consent()]") == [
        None,
        None,
        {},
        None,
    ]
    page.evaluate("cdp.flush()")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert kept(page) == []
    assert sink.requests == []


def test_negative_control_without_required_consent_the_same_page_stores_and_sends(open_shop: Open, sink: Sink) -> None:
    page = open_shop(REQUIRED.replace("required", "implied"))
    page.evaluate("{ cdp.track('Seen'); cdp.identify('ada', {plan: 'gold'}); }")
    sink.wait(lambda sink: len(sink.messages()) == 3)
    assert {"cdp_anonymous_id", "cdp_traits", "cdp_user_id"} <= set(kept(page))


def test_once_given_what_waited_is_sent_with_its_own_times_under_one_fresh_id(open_shop: Open, sink: Sink) -> None:
    page = open_shop(REQUIRED)
    made = page.evaluate("{ cdp.track('Seen'); cdp.identify('ada', {plan: 'gold'}); new Date().toISOString(); }")
    page.evaluate("cdp.consent({analytics: true, personalization: false}); cdp.flush()")
    sink.wait(lambda sink: len(sink.messages()) == 4)
    assert sink.names() == [CHOSEN, "page", "Seen", "identify"]
    anonymous = page.evaluate("cdp.anonymousId()")
    assert {message["anonymousId"] for message in sink.messages()} == {anonymous}
    assert [message["timestamp"] <= made for message in sink.messages()] == [False, True, True, True]
    choice = {"analytics": True, "personalization": False}
    assert [message["context"]["consent"] for message in sink.messages()] == [{"categoryPreferences": choice}] * 4
    assert kept(page) == ["cdp_anonymous_id", "cdp_consent", "cdp_traits", "cdp_user_id"]
    page.reload()
    sink.wait(lambda sink: sink.names()[4:] == ["page"])
    assert sink.messages()[4]["anonymousId"] == anonymous


def test_refused_before_anything_was_known_only_the_choice_is_kept_and_nothing_is_ever_sent(
    open_shop: Open, sink: Sink
) -> None:
    page = open_shop(REQUIRED)
    dropped = page.evaluate(
        """async () => {
          const held = cdp.track("Seen");
          cdp.consent({analytics: false});
          return [await held, await cdp.track("After")];
        }"""
    )
    assert dropped == [None, None]
    page.evaluate("cdp.flush()")
    assert kept(page) == ["cdp_consent"]
    page.reload()
    wait_for_script(page)
    page.evaluate("cdp.track('Again').then(() => cdp.flush())")
    assert page.evaluate("cdp.consent()") == {"analytics": False}
    assert kept(page) == ["cdp_consent"]
    assert sink.requests == []


def test_a_later_no_is_sent_once_under_the_old_id_and_leaves_nothing(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-flush-interval="600000"')
    page.evaluate("cdp.identify('ada', {plan: 'gold'}).then(() => cdp.flush())")
    anonymous = page.evaluate("cdp.anonymousId()")
    page.evaluate("{ cdp.track('Waiting'); cdp.consent({analytics: false}); }")
    sink.wait(lambda sink: len(sink.messages()) == 2)
    last = sink.messages()[1]
    assert (last["event"], last["anonymousId"], last["userId"]) == (CHOSEN, anonymous, "ada")
    assert last["context"]["consent"]["categoryPreferences"] == {"analytics": False}
    page.evaluate("cdp.track('After').then(() => cdp.flush())")
    assert page.evaluate("[cdp.anonymousId(), cdp.user().id(), cdp.user().traits()]") == [None, None, {}]
    assert kept(page) == ["cdp_consent"]
    assert sink.names() == ["identify", CHOSEN]
    page.evaluate("cdp.consent({analytics: true})")
    assert page.evaluate("cdp.anonymousId()") not in (None, anonymous)


def test_a_no_in_one_tab_is_heard_in_the_other(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-flush-interval="600000"')
    other = open_shop('data-flush-interval="600000"', page=page.context.new_page())
    other.evaluate("void cdp.track('Waiting')")
    page.evaluate("void cdp.consent({analytics: false})")
    other.evaluate("cdp.track('After').then(() => cdp.flush())")
    other.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    sink.wait(lambda sink: sink.names() == [CHOSEN])
    comes_to_keep(other, ["cdp_consent"])


def test_a_no_while_another_tab_is_sending_leaves_nothing(open_shop: Open, sink: Sink, browsing: Browsing) -> None:
    browsing.allow("Failed to load resource", "answer 503")
    page = open_shop('data-flush-interval="600000"')
    other = open_shop('data-flush-interval="600000"', page=page.context.new_page())
    answered = threading.Event()

    class Late(list[Answer]):
        def pop(self, place: SupportsIndex = -1) -> Answer:
            assert answered.wait(20)
            return super().pop(place)

    sink.answers = Late([Answer(503), Answer()])
    with other.expect_request("**/v1/batch"):
        other.evaluate("{ cdp.identify('ada'); void cdp.flush(); }")
    page.evaluate("void cdp.consent({analytics: false})")
    answered.set()
    sink.wait(lambda sink: sink.names() == ["identify", CHOSEN])
    other.wait_for_timeout(300)
    comes_to_keep(other, ["cdp_consent"])


def test_what_is_not_named_stays_as_chosen_and_listeners_hear_it(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    heard = page.evaluate(
        """async () => {
          const heard = [];
          cdp.on("consent", (choice) => heard.push(choice));
          cdp.consent((choice) => heard.push(Object.keys(choice).length));
          cdp.consent({personalization: false, nonsense: "yes"});
          cdp.consent({email_marketing: false});
          await cdp.flush();
          return heard;
        }"""
    )
    both = {"personalization": False, "email_marketing": False}
    assert heard == [{"personalization": False}, 1, both, 2]
    assert sink.names() == [CHOSEN, CHOSEN]
    assert page.evaluate("cdp.consent()") == both


@pytest.mark.parametrize("category", ["Analytics", "performance", "C0002", "Statistics"])
def test_the_categories_of_consent_managers_are_understood(category: str, open_shop: Open, sink: Sink) -> None:
    page = open_shop(REQUIRED)
    page.evaluate(f"void cdp.consent({{'{category}': true}})")
    sink.wait(lambda sink: sink.names() == [CHOSEN, "page"])


def test_agreeing_to_something_else_sends_nothing_yet(open_shop: Open, sink: Sink) -> None:
    page = open_shop(REQUIRED)
    page.evaluate("cdp.consent({personalization: true}); cdp.flush()")
    comes_to_keep(page, ["cdp_consent"])
    assert sink.posts() == []
    page.evaluate("void cdp.consent({analytics: true})")
    sink.wait(lambda sink: sink.names() == [CHOSEN, "page"])


def test_global_privacy_control_goes_along_as_a_no_to_sharing(open_shop: Open, sink: Sink) -> None:
    page = open_shop(head=GPC)
    page.evaluate("cdp.track('Seen').then(() => cdp.flush())")
    page.evaluate("cdp.consent({third_party_sharing: true, analytics: true}); cdp.flush()")
    sink.wait(lambda sink: len(sink.messages()) == 2)
    first, second = (message["context"]["consent"]["categoryPreferences"] for message in sink.messages())
    assert first == {"third_party_sharing": False}
    assert second == {"third_party_sharing": False, "analytics": True}


def test_an_id_the_page_set_before_consent_is_the_one_that_everything_carries(open_shop: Open, sink: Sink) -> None:
    page = open_shop(REQUIRED)
    page.evaluate("{ cdp.setAnonymousId('mine'); cdp.track('Seen'); cdp.consent({analytics: true}); }")
    sink.wait(lambda sink: sink.names() == [CHOSEN, "page", "Seen"])
    assert {message["anonymousId"] for message in sink.messages()} == {"mine"}


def test_an_unknown_mode_is_taken_as_the_strict_one(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-consent="requierd"')
    page.evaluate("void cdp.track('Seen'); cdp.flush()")
    assert kept(page) == []
    assert sink.requests == []


@pytest.mark.parametrize(
    ("attributes", "choice", "is_personal"),
    [
        ("", None, True),
        ("", "{personalization: false}", False),
        ("", "{analytics: false}", False),
        ('data-consent="required"', None, False),
        ('data-consent="required"', "{analytics: true}", False),
        ('data-consent="required"', "{personalization: true}", False),
        ('data-consent="required"', "{analytics: true, personalization: true}", True),
        ('data-consent="required"', "{analytics: true, functional: true, C0003: false}", False),
    ],
)
def test_recommendations_are_personal_only_where_that_is_allowed(
    attributes: str, choice: str | None, is_personal: bool, open_shop: Open, sink: Sink, browsing: Browsing
) -> None:
    page = open_shop(f'{attributes} data-recommendations="manual"', PLACEHOLDER)
    page.evaluate(f"cdp.consent({choice or 'null'}); cdp.recommendations.render()")
    sink.wait(lambda sink: len(sink.asked()) == 1)
    expected = {"writeKey": "wk_test", "n": "4", "product_id": "P-9"}
    anonymous = page.evaluate("cdp.anonymousId()")
    assert sink.asked()[0].query == (expected | {"anonymous_id": anonymous} if is_personal else expected)
    assert "cookie" not in sink.asked()[0].headers


def test_without_personal_consent_a_user_token_stays_in_the_page(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-consent="required" data-user-token="ut_ada"', PLACEHOLDER)
    sink.wait(lambda sink: len(sink.asked()) == 1)
    assert "x-user-token" not in sink.asked()[0].headers
    comes_to_keep(page, [])
