"""Batches, retries and leaving: every message arrives, on the wire once, with the same id however often it is tried."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser_support import Browsing
from tests.script.conftest import Open, stop_the_clock, wait_for_script
from tests.script.sink import Answer, Sink

pytestmark = pytest.mark.browser

SLOW = 'data-flush-interval="600000"'  # only what is counted or said otherwise sends
HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
NOTHING_WAITS = "!Object.keys(localStorage).some((key) => key.startsWith('cdp_queue'))"
TRACK_MANY = "(count) => { for (let n = 0; n < count; n += 1) cdp.track(`E${n}`); }"


def listen(page: Page) -> list[str]:
    """The page's warnings as they come."""
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    return warnings


def stored(page: Page) -> list[dict[str, Any]]:
    """The queues kept in localStorage."""
    found: list[dict[str, Any]] = page.evaluate(
        "Object.keys(localStorage).filter((k) => k.startsWith('cdp_queue')).map((k) => JSON.parse(localStorage[k]))"
    )
    return found


def test_twenty_events_go_at_once_and_fewer_after_the_interval(open_shop: Open, sink: Sink) -> None:
    page = open_shop(SLOW)
    stop_the_clock(page)
    page.evaluate(TRACK_MANY, 20)
    sink.wait(lambda sink: len(sink.messages()) == 20)
    assert [len(request.batch) for request in sink.posts()] == [20]
    page.evaluate("cdp.flush()")  # the answer is heard: the interval begins with the next event, not with the answer
    page.evaluate(TRACK_MANY, 3)
    page.clock.run_for(599_000)
    assert len(sink.posts()) == 1
    page.clock.run_for(1_000)
    sink.wait(lambda sink: [len(request.batch) for request in sink.posts()] == [20, 3])


def test_message_ids_are_never_the_same(open_shop: Open, sink: Sink) -> None:
    page = open_shop(SLOW)
    page.evaluate(TRACK_MANY, 60)
    page.evaluate("cdp.flush()")
    assert len({message["messageId"] for message in sink.messages()}) == 60
    assert sink.names() == [f"E{n}" for n in range(60)]


def test_too_large_an_event_is_dropped_with_a_warning_and_the_others_go(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    warnings = listen(page)
    big = "cdp.track('Big', {text: 'é'.repeat(16 * 1024)})"
    assert (
        page.evaluate(f"{big}.then(async (message) => [message, await cdp.track('Small'), await cdp.flush()][0])")
        is None
    )
    assert sink.names() == ["Small"]
    assert warnings == ["cdp.js: an event of more than 32 KB was dropped: Big"]


def test_a_request_has_at_most_450_kb(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-flush-at="1000" data-flush-interval="600000"')
    page.evaluate("for (let n = 0; n < 8; n += 1) cdp.track(`E${n}`, {text: '漢'.repeat(10000)})")
    page.evaluate("cdp.flush()")
    assert sink.names() == [f"E{n}" for n in range(8)]
    assert all(len(request.body.encode()) <= 450 * 1024 for request in sink.posts())


def test_what_waits_is_bounded_and_the_oldest_give_way(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-flush-at="1000" data-flush-interval="600000"')
    warnings = listen(page)
    page.evaluate(TRACK_MANY, 203)
    page.evaluate("cdp.flush()")
    assert sink.names() == [f"E{n}" for n in range(3, 203)]
    assert len(warnings) == 3


@pytest.mark.parametrize("status", [503, 500, 429, 408])
def test_a_failed_request_is_tried_again_with_the_same_ids(
    status: int, open_shop: Open, sink: Sink, browsing: Browsing
) -> None:
    browsing.allow("Failed to load resource", "answer 50")
    page = open_shop(SLOW)
    stop_the_clock(page)
    sink.answers = [Answer(status), Answer(status)]
    page.evaluate("cdp.track('Seen').then(() => cdp.flush())")
    page.evaluate("cdp.track('Later')")
    page.clock.run_for(499)
    assert len(sink.posts()) == 1
    page.clock.run_for(501)
    sink.wait(lambda sink: len(sink.posts()) == 2)
    page.evaluate("cdp.flush()")  # ends at once, or with the attempt under way
    page.clock.run_for(2_000)
    sink.wait(lambda sink: len(sink.posts()) == 3)
    first, second, third = ([message["messageId"] for message in request.batch] for request in sink.posts())
    assert len(first) == 1
    assert second == third
    assert second[0] == first[0]
    assert [message["event"] for message in sink.posts()[2].batch] == ["Seen", "Later"]


def test_retry_after_is_kept_even_by_flush(open_shop: Open, sink: Sink, browsing: Browsing) -> None:
    browsing.allow("Failed to load resource")
    page = open_shop(SLOW)
    stop_the_clock(page)
    sink.answers = [Answer(429, headers={"Retry-After": "30"})]
    page.evaluate("cdp.track('Seen').then(() => cdp.flush())")
    page.clock.run_for(29_000)
    page.evaluate("cdp.flush()")
    assert len(sink.posts()) == 1
    page.clock.run_for(1_500)
    sink.wait(lambda sink: len(sink.posts()) == 2)


def test_what_the_platform_refuses_is_dropped_with_its_reason(open_shop: Open, sink: Sink, browsing: Browsing) -> None:
    browsing.allow("Failed to load resource")
    page = open_shop(SLOW)
    warnings = listen(page)
    sink.answers = [Answer(401, {"detail": "Send a write key."}), Answer()]
    page.evaluate("cdp.track('Lost').then(() => cdp.flush()).then(() => cdp.track('Kept')).then(() => cdp.flush())")
    assert [[message["event"] for message in request.batch] for request in sink.posts()] == [["Lost"], ["Kept"]]
    assert warnings == ["cdp.js: 1 events were dropped, the answer was 401 Send a write key."]
    assert stored(page) == []


def test_a_single_refused_event_is_named(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    warnings = listen(page)
    sink.answers = [Answer(body={"success": True, "rejected": [{"index": 0, "code": "x", "reason": "too odd"}]})]
    page.evaluate("cdp.track('Odd').then(() => cdp.flush())")
    assert len(warnings) == 1
    assert warnings[0].startswith("cdp.js: an event was refused: too odd")


def test_while_the_network_is_down_events_wait_and_then_go(open_shop: Open, sink: Sink, browsing: Browsing) -> None:
    browsing.allow("ERR_INTERNET_DISCONNECTED")
    page = open_shop()
    page.context.set_offline(True)
    page.evaluate("cdp.track('Tunnel').then(() => cdp.flush())")
    assert [len(entry["texts"]) for entry in stored(page)] == [1]
    page.context.set_offline(False)
    sink.wait(lambda sink: sink.names() == ["Tunnel"])
    page.wait_for_function(NOTHING_WAITS)


def test_leaving_the_page_sends_what_waits_once(open_shop: Open, sink: Sink) -> None:
    page = open_shop(SLOW)
    page.evaluate(TRACK_MANY, 5)
    sink.put("/next", SLOW)
    page.goto(f"{sink.shop}/next")
    wait_for_script(page)
    page.evaluate("cdp.track('Next').then(() => cdp.flush())")
    sink.wait(lambda sink: len(sink.messages()) >= 6)
    assert sorted(sink.names()) == ["E0", "E1", "E2", "E3", "E4", "Next"]
    assert {request.headers["content-type"] for request in sink.posts()} == {"text/plain"}
    assert stored(page) == []


def test_a_request_under_way_when_the_page_is_left_is_not_sent_twice(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    sink.put("/next")
    page.evaluate("address => { cdp.track('Last'); cdp.flush(); location.href = address; }", f"{sink.shop}/next")
    page.wait_for_url("**/next")
    wait_for_script(page)
    page.evaluate("cdp.track('Next').then(() => cdp.flush())")
    sink.wait(lambda sink: "Last" in sink.names() and "Next" in sink.names())
    assert sorted(sink.names()) == ["Last", "Next"]


def test_a_closed_tab_sends_what_waits(open_shop: Open, sink: Sink) -> None:
    page = open_shop(SLOW)
    page.evaluate(TRACK_MANY, 3)
    page.close(run_before_unload=True)
    sink.wait(lambda sink: sorted(sink.names()) == ["E0", "E1", "E2"])


def test_hiding_the_page_sends_what_waits_and_leaving_it_then_sends_nothing_more(open_shop: Open, sink: Sink) -> None:
    page = open_shop(SLOW)
    page.evaluate("void cdp.track('Seen')")
    page.evaluate(HIDE, "hidden")
    sink.wait(lambda sink: sink.names() == ["Seen"])
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    page.evaluate(HIDE, "visible")
    page.evaluate("cdp.track('Back').then(() => cdp.flush())")
    assert sink.names() == ["Seen", "Back"]


def test_more_than_a_beacon_can_carry_stays_for_the_next_page(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-flush-at="1000" data-flush-interval="600000"')
    page.evaluate("for (let n = 0; n < 8; n += 1) cdp.track(`E${n}`, {text: 'x'.repeat(25000)})")
    sink.put("/next")
    page.goto(f"{sink.shop}/next")
    sink.wait(lambda sink: len(sink.messages()) >= 8)
    assert sorted(sink.names()) == [f"E{n}" for n in range(8)]


def test_what_was_left_while_the_network_was_down_is_sent_by_the_next_page(open_shop: Open, sink: Sink) -> None:
    page = open_shop(SLOW)
    page.evaluate("Object.defineProperty(navigator, 'onLine', { value: false })")
    left = page.evaluate("cdp.track('Tunnel').then((message) => message.messageId)")
    page.goto("about:blank")
    assert sink.posts() == []
    open_shop(page=page)
    sink.wait(lambda sink: [message["messageId"] for message in sink.messages()] == [left])
    page.wait_for_function(NOTHING_WAITS)


def test_each_tab_sends_its_own_events_only(open_shop: Open, sink: Sink) -> None:
    first = open_shop(SLOW)
    first.evaluate("void cdp.track('First')")
    second = open_shop(SLOW, page=first.context.new_page())
    second.evaluate("cdp.track('Second').then(() => cdp.flush())")
    assert sink.names() == ["Second"]
    assert len(stored(second)) == 1
    first.evaluate("cdp.flush()")
    assert sink.names() == ["Second", "First"]


def test_events_of_a_tab_that_died_are_sent_by_another_after_a_while(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    long_ago = page.evaluate(
        """(key) => {
          const dead = {key, left: false, at: Date.now() - 11 * 60 * 1000, texts: ['{"type":"track","event":"Dead"}']};
          const alive = {...dead, at: Date.now() - 60 * 1000, texts: ['{"type":"track","event":"Alive"}']};
          const other = {...dead, key: "wk_other"};
          localStorage["cdp_queue.1"] = JSON.stringify(dead);
          localStorage["cdp_queue.2"] = JSON.stringify(alive);
          localStorage["cdp_queue.3"] = JSON.stringify(other);
          localStorage["cdp_queue.4"] = "broken";
        }""",
        "wk_test",
    )
    assert long_ago is None
    page.reload()
    sink.wait(lambda sink: sink.names() == ["Dead"])
    page.wait_for_function("Object.keys(localStorage).sort().join() === 'cdp_queue.2,cdp_queue.3'")
