"""The builder's tree: what is read is written again, every change is one step of the undo. JavaScript, in Chromium."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from tests.browser_support import Browsing
from tests.paths import REPO

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
SCRIPT = REPO / "segments/static/segments/builder/tree.js"
A, B, C = {"did": "A"}, {"did": "B"}, {"did": "C"}
LEAVES = st.sampled_from([A, B, C, {"trait": "x", "is": "is_set"}, {"did": "D", "within": {"days": 3}}, {}])
RULES = st.recursive(
    LEAVES,
    lambda below: st.one_of(
        st.builds(lambda clauses: {"all": clauses}, st.lists(below, max_size=3)),
        st.builds(lambda clauses: {"any": clauses}, st.lists(below, max_size=3)),
        st.builds(lambda clause: {"not": clause}, below),
    ),
    max_leaves=8,
)


@pytest.fixture
def tree(browsing: Browsing) -> Page:
    page = browsing.open()
    page.add_script_tag(path=SCRIPT)
    return page


def after(page: Page, rule: Any, change: str) -> Any:
    """The rule's JSON after a change: an expression over T (the tree's functions), root, and id(n): the n-th node."""
    return page.evaluate(
        f"""(raw) => {{ const T = RuleTree, root = T.read(raw), ids = [...T.places(root).values()], id = (n) => ids[n];
        const made = {change}; return T.write(Array.isArray(made) ? made[0] : made); }}""",
        rule,
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=RULES)
def test_what_is_read_is_written_again(tree: Page, rule: Any) -> None:
    assert tree.evaluate("(raw) => RuleTree.write(RuleTree.read(raw))", rule) == rule


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rule=RULES, ways=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["up", "down", "in", "out"])), max_size=4)
)
def test_moves_lose_and_double_no_clause_and_undo_brings_all_back(tree: Page, rule: Any, ways: Any) -> None:
    moved, undone = tree.evaluate(
        """([raw, ways]) => {
          const T = RuleTree, history = T.history(T.read(raw)), ids = () => [...T.places(history.present).values()];
          for (const [n, way] of ways) history.push(T.step(history.present, ids()[n % ids().length], way));
          const moved = T.write(history.present);
          while (history.undo());
          return [moved, T.write(history.present)];
        }""",
        [rule, ways],
    )
    assert undone == rule
    assert sorted(leaves(moved)) == sorted(leaves(rule))


def leaves(raw: Any) -> list[str]:
    for key in ("all", "any"):
        if list(raw) == [key]:
            return [leaf for each in raw[key] for leaf in leaves(each)]
    return leaves(raw["not"]) if list(raw) == ["not"] else [json.dumps(raw)]


@pytest.mark.parametrize(
    ("rule", "change", "made"),
    [
        (A, "T.add(root, root.id, {did: 'B'})", {"all": [A, B]}),
        ({"all": [A, B]}, "T.remove(root, id(1))", {"all": [B]}),
        ({"any": [A, B]}, "T.duplicate(root, id(1))", {"any": [A, A, B]}),
        ({"all": [A, B]}, "T.setGroup(root, root.id, 'any', 1)", {"not": {"any": [A, B]}}),
        ({"all": [A, B]}, "T.setNots(root, id(2), 1)", {"all": [A, {"not": B}]}),
        ({"all": [A, B, C]}, "T.move(root, id(1), root.id, 3)", {"all": [B, C, A]}),
        ({"all": [A, B, C]}, "T.move(root, id(3), root.id, 0)", {"all": [C, A, B]}),
        ({"all": [A, {"any": [B]}]}, "T.move(root, id(1), id(2), 1)", {"all": [{"any": [B, A]}]}),
        ({"all": [A, {"any": [B]}]}, "T.move(root, id(2), id(2), 0)", {"all": [A, {"any": [B]}]}),
        ({"all": [A, {"any": [B]}]}, "T.step(root, id(1), 'in')", {"all": [{"any": [A, B]}]}),
        ({"all": [{"any": [B]}, A]}, "T.step(root, id(3), 'in')", {"all": [{"any": [B, A]}]}),
        ({"all": [A, B]}, "T.step(root, id(2), 'in')", {"all": [A, {"any": [B]}]}),
        ({"all": [{"any": [A, B]}]}, "T.step(root, id(2), 'out')", {"all": [{"any": [B]}, A]}),
        ({"all": [{"any": [A]}, B]}, "T.step(root, id(2), 'out')", {"all": [A, B]}),
        ({"all": [C, {"any": [A, B]}]}, "T.step(root, id(3), 'up')", {"all": [C, A, {"any": [B]}]}),
        ({"all": [A, B]}, "T.step(root, id(1), 'up')", {"all": [A, B]}),
        ({"all": [A, B]}, "T.wrap(root, id(1), 'any')", {"all": [{"any": [A]}, B]}),
        ({"all": [{"any": [A, B]}, C]}, "T.unwrap(root, id(1))", {"all": [A, B, C]}),
        ({"all": [{"not": {"any": [A]}}]}, "T.unwrap(root, id(1))", {"all": [{"not": {"any": [A]}}]}),
    ],
)
def test_each_change(tree: Page, rule: Any, change: str, made: Any) -> None:
    assert after(tree, rule, change) == made


@pytest.mark.parametrize(
    ("rule", "path", "found"),
    [
        ({"all": [A, {"not": {"any": [B, C]}}]}, "$.all[1].not.any[1].where[0].value", ["C", ".where[0].value"]),
        (A, "$.did", ["A", ".did"]),
        ({"not": B}, "$.not.count", ["B", ".not.count"]),
        ({"all": [A] * 11 + [B]}, "$.all[11]", ["B", ""]),
    ],
)
def test_a_path_of_the_json_finds_its_clause(tree: Page, rule: Any, path: str, found: Any) -> None:
    script = """([raw, path]) => {
      const root = RuleTree.read(raw), [id, rest] = RuleTree.at(root, path);
      return [RuleTree.find(root, id).clause.did, rest];
    }"""
    assert tree.evaluate(script, [rule, path]) == found


def test_typing_is_one_step_of_the_undo(tree: Page) -> None:
    assert tree.evaluate("""() => {
      const T = RuleTree, history = T.history(T.read({ did: "A" })), id = history.present.children[0].id;
      const type = (days) => history.push(T.setClause(history.present, id, { did: "A", within: { days } }), "days");
      for (const days of [1, 14, 140]) type(days);
      history.settle();
      type(7);
      const seen = [];
      while (history.undo()) seen.push(T.write(history.present).within?.days ?? null);
      history.redo();
      return [seen, T.write(history.present).within.days, history.canRedo];
    }""") == [[140, None], 140, True]


@pytest.mark.parametrize(
    ("raw", "keys", "value", "made"),
    [
        ({"did": "A"}, ["within", "days"], 3, {"did": "A", "within": {"days": 3}}),
        ({"did": "A"}, ["where", 0, "is"], "eq", {"did": "A", "where": [{"is": "eq"}]}),
        ({"did": "A", "count": {"eq": 1}}, ["count"], None, {"did": "A"}),
        ({"where": [1, 2]}, ["where", 0], None, {"where": [2]}),
    ],
)
def test_a_part_of_a_clause_is_put_and_taken_out(tree: Page, raw: Any, keys: Any, value: Any, made: Any) -> None:
    script = "([raw, keys, value]) => RuleTree.put(raw, keys, value === null ? undefined : value)"
    assert tree.evaluate(script, [raw, keys, value]) == made
