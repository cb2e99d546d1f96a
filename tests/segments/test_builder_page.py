"""The rule builder in a real Chromium, over a real database: by mouse, by keyboard, undone, as JSON, by template."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from cdp.outbox.services import drain_all
from segments.models import Segment
from segments.rules import NODES
from tests.browser.admin import open_page, sign_in
from tests.browser.looking import problems
from tests.browser_support import PHONE, Browsing, Size
from tests.segments.test_preview import another_one_running
from tests.segments.world import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
PASSWORD = "correct horse battery"  # of this test's own user
VIEWED = {"did": "Product Viewed"}
ORDERED = {"did": "Order Completed"}
BEGUN = {"all": [{"did": "Product Viewed", "count": {"gte": 3}, "within": {"days": 30}}]}
GERMANS = {"trait": "country", "is": "in", "value": ["DE"]}


class Builder:
    """What a marketer sees of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.tree = page.locator("[data-tree]")
        self.headline = page.locator("[data-headline]")
        self.rows = self.tree.locator(".b-row")
        self.saving = page.locator("[data-saving]")

    def rule(self) -> Any:
        """The JSON that would be saved."""
        return json.loads(self.page.locator("textarea[name=definition]").input_value())

    def write(self, rule: Any) -> None:
        """Types it as JSON, and looks at its clauses again."""
        self.page.get_by_role("button", name="JSON", exact=True).click()
        self.page.locator("textarea[name=definition]").fill(rule if isinstance(rule, str) else json.dumps(rule))
        self.page.get_by_role("button", name="Clauses", exact=True).click()

    def add(self, kind: str, group: Locator | None = None) -> None:
        """A clause of this kind, at the end of the group."""
        (group or self.tree).locator(".b-add").last.click()
        self.page.locator("[role=menu]:visible").get_by_role("menuitem", name=kind).first.click()

    def pick(self, row: Locator, label: str, words: str) -> None:
        """What a field suggests."""
        row.get_by_role("combobox", name=label, exact=True).click()
        row.get_by_role("option", name=words).first.click()

    def counted(self) -> list[str]:
        """What stands beside the clauses."""
        return self.tree.locator(".b-row [data-count]").all_inner_texts()


def people_of(world: World) -> None:
    """ada: DE, 3 views, 1 order; ben: DE, 1 view; cleo: AT, 3 views; dan: AT, nothing."""
    world.send(
        *(world.identify(user, country=country) for user, country in (("ada", "DE"), ("ben", "DE"))),
        *(world.identify(user, country="AT") for user in ("cleo", "dan")),
        *(world.track("ada", "Product Viewed", days_ago=day, category="Shoes") for day in (1, 2, 3)),
        *(world.track("cleo", "Product Viewed", days_ago=day, category="Hats") for day in (1, 2, 3)),
        world.track("ben", "Product Viewed", days_ago=50, category="Shoes"),
        world.track("ada", "Order Completed", days_ago=1, order_id="1", revenue=50, currency="EUR"),
    )
    drain_all(only={"plans.learn"})


@pytest.fixture
def builder(live_server: LiveServer, browsing: Browsing, request: pytest.FixtureRequest) -> Builder:
    """The form of a new segment; of a size and a color scheme by parameter."""
    size, dark = getattr(request, "param", (None, False))
    people_of(World())
    User.objects.create_superuser("admin@demo.example", password=PASSWORD)
    page = browsing.open(size, dark=dark) if size else browsing.open()
    sign_in(page, live_server.url, "admin", PASSWORD)
    open_page(page, f"{live_server.url}/admin/segments/segment/add/?{urlencode({'definition': json.dumps(BEGUN)})}")
    made = Builder(page)
    expect(made.headline).to_contain_text("2 people match now, 50.0 % of 4.")
    return made


def test_a_rule_of_five_clauses_by_mouse(builder: Builder) -> None:
    page = builder.page
    page.fill("input[name=name]", "Germans who look")
    page.locator("[data-starters] summary").click()
    first = builder.rows.first
    first.get_by_role("button", name="+ where").click()
    builder.pick(first, "Property", "category")
    builder.pick(first, "Value", "Shoes")
    builder.add("Did something")
    second = builder.rows.nth(1)
    builder.pick(second, "Event", "Order Completed")
    second.get_by_label("When").select_option("days")
    second.get_by_label("Days").fill("7")
    builder.add("Trait")
    third = builder.rows.nth(2)
    builder.pick(third, "Trait", "country")
    third.get_by_label("How it compares").select_option("in")
    builder.pick(third, "Values", "DE")
    builder.add("Group")
    group = builder.tree.locator(".b-nested .b-group")
    builder.add("Did not do something", group)
    fourth = builder.rows.nth(3)
    builder.pick(fourth, "Event", "Order Completed")
    builder.add("Can be reached", group)
    builder.pick(builder.rows.nth(4), "Identifier", "user id")
    assert builder.rule() == {
        "all": [
            {
                "did": "Product Viewed",
                "count": {"gte": 3},
                "within": {"days": 30},
                "where": [{"property": "category", "is": "eq", "value": "Shoes"}],
            },
            {"did": "Order Completed", "within": {"days": 7}},
            {"trait": "country", "is": "in", "value": ["DE"]},
            {"any": [{"did": "Order Completed", "count": {"eq": 0}}, {"has": "user_id"}]},
        ]
    }
    expect(builder.headline).to_have_text("1 person matches now, 25.0 % of 4.")
    assert builder.counted() == ["1", "1", "2", "3", "4"]
    expect(builder.saving).to_have_text("Saving it: 1 person enters.")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("1 person is in it now: 1 entered, 0 left.")).to_be_visible()
    assert Segment.objects.get().definition == builder.rule()


def test_a_rule_by_keyboard_alone(builder: Builder) -> None:
    page, press = builder.page, builder.page.keyboard.press
    builder.tree.locator(".b-add").focus()
    press("Enter")
    press("Enter")  # the first kind: did something
    expect(builder.rows.nth(1).get_by_role("combobox", name="Event")).to_be_focused()
    page.keyboard.type("order")
    expect(builder.rows.nth(1).locator(".b-list li")).to_have_text(["Order Completedonce"])
    press("ArrowDown")
    press("Enter")
    expect(builder.rows.nth(1).get_by_role("combobox", name="Event")).to_have_value("Order Completed")
    press("Tab")
    press("n")  # at least → never
    builder.rows.nth(1).locator(".b-grip").focus()
    press("Alt+ArrowUp")
    expect(page.locator("[data-say]")).to_have_text("Moved up, 1 of 2.")
    expect(builder.rows.nth(0).locator(".b-grip")).to_be_focused()
    press("Alt+ArrowRight")
    expect(builder.tree.locator(".b-nested .b-row .b-grip")).to_be_focused()
    press("Control+d")
    expect(builder.tree.locator(".b-nested .b-row .b-grip").nth(1)).to_be_focused()
    press("Delete")
    expect(builder.tree.locator(".b-nested .b-row .b-grip")).to_have_count(1)
    expect(builder.tree.locator(".b-nested .b-row .b-grip")).to_be_focused()
    never = {"did": "Order Completed", "count": {"eq": 0}}
    viewed = {"did": "Product Viewed", "count": {"gte": 3}, "within": {"days": 30}}
    assert builder.rule() == {"all": [{"any": [never]}, viewed]}
    press("Alt+ArrowLeft")
    expect(builder.rows.nth(0).locator(".b-grip")).to_be_focused()
    press("Alt+ArrowDown")
    expect(builder.rows.nth(1).locator(".b-grip")).to_be_focused()
    assert builder.rule() == {"all": [viewed, never]}
    expect(builder.headline).to_have_text("1 person matches now, 25.0 % of 4.")
    builder.tree.locator(".b-add").last.focus()
    press("Enter")
    expect(page.locator("[role=menu]:visible")).to_have_count(1)
    press("t")
    expect(page.get_by_role("menuitem", name="Trait")).to_be_focused()
    press("Escape")
    expect(page.locator("[role=menu]:visible")).to_have_count(0)
    expect(builder.tree.locator(".b-add").last).to_be_focused()


def test_undo_and_redo(builder: Builder) -> None:
    page = builder.page
    start = builder.rule()
    row = builder.rows.first
    row.get_by_label("Days").fill("14")
    row.get_by_role("button", name="More for clause 1").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    expect(builder.rows).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(builder.rows).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(builder.rows.first.get_by_label("Days")).to_have_value("30")
    assert builder.rule() == start
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.get_by_role("button", name="Redo").click()
    page.get_by_role("button", name="Redo").click()
    expect(builder.rows).to_have_count(2)
    expect(builder.rows.nth(1).get_by_label("Days")).to_have_value("14")


def test_json_both_ways(builder: Builder) -> None:
    page = builder.page
    builder.write({"any": [GERMANS, {"not": {"all": [ORDERED, VIEWED]}}]})
    expect(builder.rows).to_have_count(3)
    meanings = builder.tree.get_by_label("combines its clauses")
    expect(meanings.first).to_have_value("any")
    expect(meanings.nth(1)).to_have_value("notall")
    meanings.nth(1).select_option("none")
    assert builder.rule() == {"any": [GERMANS, {"not": {"any": [ORDERED, VIEWED]}}]}
    page.get_by_role("button", name="JSON", exact=True).click()
    page.locator("textarea[name=definition]").fill('{"all": [}')
    page.get_by_role("button", name="Clauses", exact=True).click()
    expect(page.locator("[data-json-troubles]")).to_contain_text("This is not JSON yet")
    expect(page.locator("textarea[name=definition]")).to_be_focused()
    expect(builder.headline).to_contain_text("This is not JSON: line 1, column 10")
    page.locator("textarea[name=definition]").fill('{"all": [{"did": "A"}, {"did": "B", "count": {"gt": 3}}]}')
    expect(page.locator("[data-json-troubles]")).to_contain_text("$.all[1].count Unknown count 'gt'")


@pytest.mark.parametrize("key", sorted(set(NODES) - {"all", "any", "not"}))
def test_every_clause_of_the_language_is_drawn_and_kept(key: str, tree_page: Page) -> None:
    """Each node's own example: none is shown as raw JSON, and none is written otherwise than it was read."""
    example = json.loads(NODES[key].example)
    found = tree_page.evaluate("(raw) => window.drawn(raw)", example)
    assert found["kind"] != "unknown"
    assert found["controls"] >= 1
    assert found["rule"] == example


def test_a_template_is_a_rule_to_start_from(builder: Builder) -> None:
    page = builder.page
    page.get_by_role("link", name="Window shoppers").click()
    expect(page.locator("input[name=name]")).to_have_value("Window shoppers")
    expect(builder.rows).to_have_count(2)
    assert builder.rule()["all"][1] == {"did": "Order Completed", "count": {"eq": 0}}
    expect(builder.headline).to_have_text("0 people match now, 0.0 % of 4.")
    page.get_by_role("button", name="Undo").click()
    expect(builder.rows).to_have_count(1)


def test_counts_overlap_and_what_saving_does(live_server: LiveServer, browsing: Browsing, builder: Builder) -> None:
    world, page = World(), builder.page
    germans = world.segment(GERMANS, slug="germans")
    world.segment({"did": "Product Viewed"}, slug="lookers")
    open_page(page, f"{live_server.url}/admin/segments/segment/{germans}/change/")
    expect(builder.saving).to_have_text("Saving it moves nobody.")
    builder.write({"any": [{"trait": "country", "is": "eq", "value": "AT"}, ORDERED, {"did": "Cart Viewed"}]})
    expect(builder.headline).to_have_text("3 people match now, 75.0 % of 4.")
    assert builder.counted() == ["2", "1", "0"]
    expect(builder.saving).to_have_text("Saving it: 2 people enter, 1 leaves.")
    expect(page.locator("[data-more]")).to_contain_text("2 would enter, 1 would leave.")
    expect(page.locator(".b-overlap")).to_contain_text("lookers")
    assert page.locator(".b-overlap td").all_inner_texts() == ["2", "66.7 %"]
    page.select_option("select[name=state]", "draft")
    expect(builder.saving).to_have_text("Saving it takes everybody out: 2 people leave.")


def test_enter_takes_the_only_suggestion_that_begins_with_the_text(builder: Builder) -> None:
    builder.add("Did something")
    field = builder.rows.nth(1).get_by_role("combobox", name="Event", exact=True)
    field.press_sequentially("ord")
    field.press("Enter")
    expect(field).to_have_value("Order Completed")


def test_a_half_written_rule_says_what_is_missing_and_counts_the_rest(builder: Builder) -> None:
    builder.add("Trait")
    row = builder.rows.nth(1)
    expect(row.locator(".b-missing")).to_have_text("Choose a trait.")
    expect(builder.page.locator(".b-left-out")).to_have_text("Counted without 1 clause that is not complete.")
    expect(builder.headline).to_have_text("2 people match now, 50.0 % of 4.")
    builder.pick(row, "Trait", "country")
    expect(row.locator(".b-missing")).to_have_text("Choose a value.")
    expect(builder.saving).to_have_text("It can be saved once every clause is complete.")


def test_no_number_is_shown_that_may_not_be_true_and_the_newest_question_wins(builder: Builder) -> None:
    page = builder.page

    def slow(route: Route) -> None:
        if "AT" in (route.request.post_data or ""):
            page.wait_for_timeout(800)
        route.continue_()

    page.route("**/preview/", slow)
    page.get_by_role("button", name="JSON", exact=True).click()
    rule = page.locator("textarea[name=definition]")
    with page.expect_request("**/preview/"):
        rule.fill('{"trait": "country", "is": "in", "value": ["DE", "AT"]}')
    expect(builder.headline).to_have_text("computing…")
    expect(builder.saving).to_have_text("computing who enters and leaves when it is saved…")
    assert builder.tree.locator("[data-count]").all_text_contents() == ["…", "…"]
    rule.fill('{"trait": "country", "is": "eq", "value": "CH"}')
    expect(builder.headline).to_have_text("0 people match now, 0.0 % of 4.")
    page.wait_for_timeout(1200)  # the first answer would have come by now
    expect(builder.headline).to_have_text("0 people match now, 0.0 % of 4.")
    with another_one_running():
        rule.fill(json.dumps(GERMANS))
        expect(builder.headline).to_have_text("Another preview is being computed. Trying again…")
    expect(builder.headline).to_have_text("2 people match now, 50.0 % of 4.")


def test_without_scripts_the_rule_is_typed(live_server: LiveServer, browsing: Browsing, builder: Builder) -> None:
    cookies = builder.page.context.cookies()
    plain = browsing.browser.new_context(java_script_enabled=False)
    browsing.contexts.append(plain)
    plain.add_cookies(cookies)  # type: ignore[arg-type]  # as they were read
    page = plain.new_page()
    page.goto(f"{live_server.url}/admin/segments/segment/add/?definition=%7B%22did%22%3A+%22A%22%7D")
    assert page.locator("textarea[name=definition]").input_value() == '{"did": "A"}'
    assert page.locator("[data-without-script] tbody tr").count() == len(NODES)
    assert page.locator("[data-with-script][hidden]").count() == page.locator("[data-with-script]").count()


def test_what_the_server_refuses_stands_at_its_clause(builder: Builder) -> None:
    page = builder.page
    page.fill("input[name=name]", "Of a segment")
    builder.write({"all": [VIEWED, {"in_segment": "nowhere"}]})
    expect(builder.rows.nth(1).locator(".b-trouble")).to_contain_text("here is no segment “nowhere”")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(builder.rows.nth(1).locator(".b-trouble")).to_contain_text("here is no segment “nowhere”")
    expect(builder.rows.nth(0).locator(".b-trouble")).to_have_count(0)
    assert not Segment.objects.exists()


def test_clauses_are_dragged(builder: Builder) -> None:
    builder.page.locator("[data-starters] summary").click()
    builder.write({"all": [VIEWED, ORDERED, {"any": [GERMANS]}]})
    expect(builder.rows).to_have_count(3)
    builder.tree.scroll_into_view_if_needed()
    drag(builder.page, builder.rows.nth(1).locator(".b-grip"), builder.rows.nth(0))
    assert builder.rule() == {"all": [ORDERED, VIEWED, {"any": [GERMANS]}]}
    drag(builder.page, builder.rows.nth(0).locator(".b-grip"), builder.rows.nth(2))
    assert builder.rule() == {"all": [VIEWED, {"any": [ORDERED, GERMANS]}]}
    expect(builder.rows.nth(1).locator(".b-grip")).to_be_focused()


def drag(page: Page, grip: Locator, before: Locator) -> None:
    """To the upper edge of another clause."""
    start, end = grip.bounding_box(), before.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 4, start["y"] + 4)
    page.mouse.down()
    page.mouse.move(end["x"] + 40, end["y"] + 40, steps=4)
    page.mouse.move(end["x"] + 40, end["y"] + 3, steps=4)
    page.mouse.up()
    expect(page.locator(".b-drop")).to_have_count(0)


def test_where_nobody_is_known_yet_that_is_said(live_server: LiveServer, browsing: Browsing) -> None:
    User.objects.create_superuser("admin@demo.example", password=PASSWORD)
    page = browsing.open()
    sign_in(page, live_server.url, "admin", PASSWORD)
    open_page(page, f"{live_server.url}/admin/segments/segment/add/")
    builder = Builder(page)
    expect(builder.headline).to_have_text("Nobody is known yet: send events first.")
    expect(builder.tree.locator(".b-empty")).to_contain_text("No clause yet")
    builder.add("Is in a segment")
    expect(builder.rows.nth(0).locator(".b-list-note")).to_have_text("Nothing like it has been seen yet.")
    builder.write({"all": []})
    expect(builder.tree.locator(".b-empty")).to_contain_text("everybody is in it")


@pytest.mark.parametrize("builder", [(PHONE, True), (Size(1440, 900), False)], indirect=True)
def test_it_reads_well_to_everybody(builder: Builder) -> None:
    builder.write({"all": [VIEWED, {"not": GERMANS}, {"any": [ORDERED, {"did": ""}]}]})
    expect(builder.rows.last.locator(".b-missing")).to_have_text("Choose an event.")
    found = problems(builder.page, "clauses")
    builder.tree.locator(".b-add").last.click()
    found += problems(builder.page, "a menu")
    builder.page.keyboard.press("Escape")
    builder.rows.first.get_by_role("combobox", name="Event").click()
    expect(builder.rows.first.get_by_role("option").first).to_be_visible()
    found += problems(builder.page, "suggestions")
    builder.page.get_by_role("button", name="JSON", exact=True).click()
    assert not [*found, *problems(builder.page, "JSON")]


@pytest.fixture
def tree_page(browsing: Browsing) -> Page:
    """The builder's files alone, over the language as the server describes it."""
    from segments.builder import SCRIPTS
    from segments.describing import language
    from tests.paths import REPO

    page = browsing.open()
    for name in SCRIPTS[:4]:
        page.add_script_tag(path=REPO / f"segments/static/segments/builder/{name}.js")
    page.evaluate(DRAWN, language() | {"segments": {}, "lists": {}, "purposes": {}, "kinds": {}})
    return page


DRAWN = """(language) => {
  window.drawn = (raw) => {
    const root = RuleTree.read(raw), nothing = () => Promise.resolve({ items: [] });
    const shown = RuleView.draw(root, {
      clauses: RuleClauses.make(language), act: () => {}, ask: nothing, names: () => undefined,
      counts: new Map(), troubles: new Map(), say: () => {}, isEditable: true,
    });
    document.body.replaceChildren(shown);
    const controls = shown.querySelectorAll(".b-row :is(input, select)").length;
    return { kind: RuleClauses.kindOf(raw), controls, rule: RuleTree.write(root) };
  };
}"""
