"""Segment's calls in all their forms, the messages they become, and what goes with each."""

from typing import Any

import pytest

from cdp.script.assembling import VERSION
from tests.browser_support import Browsing
from tests.script.conftest import Open, wait_for_script
from tests.script.sink import KEY, Sink

pytestmark = pytest.mark.browser

PAGE = {"path": "/", "referrer": "", "search": "", "title": "Teapots"}
FORMS: list[tuple[str, dict[str, Any]]] = [
    ("track('Seen')", {"type": "track", "event": "Seen", "properties": {}}),
    ("track('Seen', {a: 1})", {"type": "track", "event": "Seen", "properties": {"a": 1}}),
    (
        "track('Seen', null, {context: {app: 1}, integrations: {All: true}})",
        {"event": "Seen", "properties": {}, "integrations": {"All": True}},
    ),
    ("track('Seen', {a: 1}, {timestamp: new Date(0)})", {"timestamp": "1970-01-01T00:00:00.000Z"}),
    ("track('Seen', () => 0)", {"event": "Seen", "properties": {}}),
    ("identify('ada')", {"type": "identify", "userId": "ada", "traits": {}}),
    ("identify(17, {plan: 'x'})", {"userId": "17", "traits": {"plan": "x"}}),
    ("identify({plan: 'x'})", {"type": "identify", "userId": None, "traits": {"plan": "x"}}),
    ("identify(null, {plan: 'x'})", {"userId": None, "traits": {"plan": "x"}}),
    ("page()", {"type": "page", "properties": PAGE}),
    ("page('Home')", {"type": "page", "name": "Home", "properties": {**PAGE, "name": "Home"}}),
    ("page('Docs', 'Home')", {"category": "Docs", "name": "Home"}),
    ("page('Docs', 'Home', {a: 1})", {"properties": {**PAGE, "category": "Docs", "name": "Home", "a": 1}}),
    ("page({a: 1})", {"type": "page", "properties": {**PAGE, "a": 1}}),
    ("page('Home', {a: 1})", {"name": "Home", "properties": {**PAGE, "name": "Home", "a": 1}}),
    ("screen('Start')", {"type": "screen", "name": "Start", "properties": {"name": "Start"}}),
    ("group('team', {size: 3})", {"type": "group", "groupId": "team", "traits": {"size": 3}}),
    ("alias('new', 'old')", {"type": "alias", "userId": "new", "previousId": "old"}),
]


def test_every_form_of_every_call_becomes_the_message_segments_script_would_send(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    for call, expected in FORMS:
        before = len(sink.messages())
        queued = page.evaluate(f"cdp.{call}.then(async (message) => (await cdp.flush(), cdp.reset(), message))")
        (message,) = sink.messages()[before:]
        if "properties" in expected and message["type"] == "page":
            assert message["properties"].pop("url") == f"{sink.shop}/", call
        assert {key: message.get(key) for key in expected} == expected, call
        assert queued["messageId"] == message["messageId"], call


def test_a_message_says_where_it_was_made_and_by_whom(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    page.goto(f"{sink.shop}/?utm_source=mail&utm_campaign=spring&utm_term=t#top")
    wait_for_script(page)
    page.evaluate("cdp.track('Seen', {}, {context: {groupId: 'g'}}).then(() => cdp.flush())")
    (request,) = sink.posts()
    (message,) = request.batch
    context = message["context"]
    address = f"{sink.shop}/?utm_source=mail&utm_campaign=spring&utm_term=t"
    search = "?utm_source=mail&utm_campaign=spring&utm_term=t"
    assert context["page"] == {**PAGE, "search": search, "url": address, "referrer": context["page"]["referrer"]}
    assert context["campaign"] == {"source": "mail", "name": "spring", "term": "t"}
    assert context["library"] == {"name": "cdp.js", "version": VERSION}
    assert (context["locale"], context["timezone"], context["groupId"]) == ("en-US", "Europe/Berlin", "g")
    assert context["userAgent"] == request.headers["user-agent"]
    assert "consent" not in context
    assert message["anonymousId"] == page.evaluate("cdp.anonymousId()")
    assert message["userId"] is None
    assert message["messageId"].startswith("cdp-")
    assert message["timestamp"].endswith("Z")


def test_a_request_is_plain_text_with_the_key_inside_so_that_nobody_asks_first(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    page.evaluate("cdp.track('Seen').then(() => cdp.flush())")
    (request,) = sink.requests
    assert (request.method, request.path) == ("POST", "/v1/batch")
    assert request.headers["content-type"] == "text/plain"
    assert "cookie" not in request.headers
    assert f'"writeKey":"{KEY}"' in request.body
    assert '"sentAt":"20' in request.body


def test_calls_made_before_the_script_is_there_are_made_in_order(browsing: Browsing, sink: Sink) -> None:
    stub = """<script>window.cdp = window.cdp || [];
      ["track", "identify"].forEach((name) => { cdp[name] = (...given) => { cdp.push([name, ...given]); }; });
      cdp.identify("ada"); cdp.track("First", {n: 1}); cdp.push(["track", "Second"], ["setAnonymousId", "mine"]);
      cdp.push(["ready", () => { window.isReady = cdp.user().id(); }]);</script>"""
    page = browsing.open()
    page.goto(sink.put("/", 'data-page="auto"', head=stub))
    wait_for_script(page)
    sink.wait(lambda sink: len(sink.messages()) == 4)
    assert sink.names() == ["page", "identify", "First", "Second"]
    assert {message["anonymousId"] for message in sink.messages()} == {"mine"}
    assert page.evaluate("isReady") == "ada"


def test_without_a_key_on_the_tag_everything_waits_for_load(browsing: Browsing, sink: Sink) -> None:
    page = browsing.open()
    sink.pages["/"] = (
        f'<!doctype html><link rel="icon" href="data:,"><title>T</title><script src="{sink.host}/cdp.js"></script>'
    )
    page.goto(sink.shop)
    assert page.evaluate("cdp.anonymousId()") is None
    page.evaluate("void cdp.track('Early')")
    assert page.evaluate("document.cookie") == ""
    page.evaluate(f"cdp.load('{KEY}', {{page: 'manual', flushInterval: 5}})")
    sink.wait(lambda sink: sink.names() == ["Early"])


def test_the_page_call_is_made_by_itself_unless_told_otherwise(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-page="manual"')
    page.evaluate("cdp.track('Seen').then(() => cdp.flush())")
    assert sink.names() == ["Seen"]
    open_shop('data-page="auto"', page=page)
    sink.wait(lambda sink: sink.names() == ["Seen", "page"])


def test_ids_stay_over_pages_until_reset(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    page.evaluate("cdp.identify('ada', {plan: 'gold'}).then(() => cdp.flush())")
    first = page.evaluate("[cdp.user().id(), cdp.anonymousId(), cdp.user().traits()]")
    page.reload()
    wait_for_script(page)
    assert page.evaluate("[cdp.user().id(), cdp.anonymousId(), cdp.user().traits()]") == first
    assert first[0] == "ada"
    assert first[2] == {"plan": "gold"}
    page.evaluate("cdp.reset()")
    assert page.evaluate("[cdp.user().id(), cdp.user().traits()]") == [None, {}]
    assert page.evaluate("cdp.anonymousId()") not in (None, first[1])


def test_traits_add_up_and_go_with_every_identify(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    page.evaluate("cdp.identify('ada', {plan: 'gold'}).then(() => cdp.identify({size: 9})).then(() => cdp.flush())")
    assert sink.messages()[1]["traits"] == {"plan": "gold", "size": 9}
    assert sink.messages()[1]["userId"] == "ada"


def test_another_person_on_the_same_browser_is_not_joined_with_the_one_before(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    page.evaluate("cdp.identify('ada', {plan: 'gold'}).then(() => cdp.identify('bob')).then(() => cdp.flush())")
    ada, bob = sink.messages()
    assert (bob["userId"], bob["traits"]) == ("bob", {})
    assert ada["anonymousId"] != bob["anonymousId"]


def test_two_tabs_know_the_same_person(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    other = open_shop(page=page.context.new_page())
    page.evaluate("void cdp.identify('ada')")
    assert other.evaluate("cdp.user().id()") == "ada"
    assert other.evaluate("cdp.anonymousId()") == page.evaluate("cdp.anonymousId()")


def test_an_alias_without_the_old_id_takes_the_one_in_use(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    anonymous = page.evaluate("cdp.alias('ada').then(() => cdp.flush()).then(() => cdp.anonymousId())")
    assert (sink.messages()[0]["userId"], sink.messages()[0]["previousId"]) == ("ada", anonymous)


def test_a_call_without_what_it_needs_warns_and_sends_nothing(open_shop: Open, sink: Sink) -> None:
    page = open_shop()
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    assert page.evaluate("Promise.all([cdp.track(), cdp.group(), cdp.alias(), cdp.track({a: 1})])") == [None] * 4
    page.evaluate("cdp.push(['nonsense']); cdp.flush()")
    assert len(warnings) == 5
    assert all(warning.startswith("cdp.js:") for warning in warnings)
    assert sink.posts() == []


def test_listeners_hear_calls_and_deliveries_and_their_faults_harm_nobody(
    open_shop: Open, sink: Sink, browsing: Browsing
) -> None:
    browsing.allow("a fault of the shop")
    page = open_shop()
    page.evaluate(
        """async () => {
          window.heard = [];
          cdp.on("track", () => { throw new Error("a fault of the shop"); });
          cdp.on("track", (message) => heard.push(message.event));
          cdp.on("delivered", (messages) => heard.push(...messages.map((message) => message.messageId)));
          await cdp.track("Seen");
          await cdp.flush();
        }"""
    )
    assert page.evaluate("heard") == ["Seen", sink.messages()[0]["messageId"]]


def test_the_shops_word_for_its_customer_goes_with_every_event_until_sign_out(open_shop: Open, sink: Sink) -> None:
    page = open_shop('data-page="manual"')
    page.evaluate(
        """(async () => {
          await cdp.track('Before');
          await cdp.identify('ada', {plan: 'x'}, {userToken: 'token.of.ada'});
          await cdp.track('After');
          await cdp.track('Once', {}, {userToken: 'another.one'});
          cdp.reset();
          await cdp.track('Signed out');
          await cdp.flush();
        })()"""
    )
    sent = [(message.get("event"), message["context"].get("userToken")) for message in sink.messages()]
    assert sent == [
        ("Before", None),
        (None, "token.of.ada"),
        ("After", "token.of.ada"),
        ("Once", "another.one"),
        ("Signed out", None),
    ]
    assert all("userToken" not in message for message in sink.messages())
