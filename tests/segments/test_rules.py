"""The rule language: what each node and operator means, what is refused and where."""

import inspect
from decimal import Decimal
from typing import Any

import pytest

from segments.rules import NEVER, NODES, Node, PastEvent, PersonFacts, RuleError, count_nodes, parse_rule
from segments.rules.conditions import OPERATORS, READERS
from segments.rules.facts import DAY_US
from segments.rules.not_of import NotOf

NOW = 1_800_000_000_000_000
FUNCTIONS = ("parse", "evaluate", "valid_until", "sentence", "mentions")


def holds(rule: Any, *, traits: dict[str, Any] | None = None, events: list[PastEvent] | None = None) -> bool:
    return parse_rule(rule).evaluate(PersonFacts(traits or {}, events or []), NOW)


def past(name: str, days_ago: float, **properties: Any) -> PastEvent:
    return PastEvent(name, NOW - round(days_ago * DAY_US), properties)


@pytest.mark.parametrize("node", NODES.values(), ids=lambda node: node.key)
def test_every_node_class_defines_every_function_and_its_own_example(node: type[Node]) -> None:
    import json

    own = {name for each in node.__mro__ if each not in Node.__mro__ for name in vars(each)}
    assert [name for name in FUNCTIONS if name not in own] == []
    assert not inspect.isabstract(node)
    assert isinstance(parse_rule(json.loads(node.example)), node)
    assert node.meaning


def test_a_node_class_that_lacks_a_function_cannot_be_made() -> None:
    class Lacking(NotOf):
        valid_until = Node.valid_until

    with pytest.raises(TypeError, match="valid_until"):
        Lacking(parse_rule({"all": []}))


def test_every_operator_has_a_reader() -> None:
    assert {operator.takes for operator in OPERATORS.values()} - {"nothing"} == set(READERS)


@pytest.mark.parametrize(
    ("operator", "value", "actual", "expected"),
    [
        ("eq", 18.99, "18.99", True),
        ("eq", "18.99", Decimal("18.99"), True),
        ("eq", "18.990", 18.99, True),
        ("eq", "1_000", 1000, False),
        ("eq", True, 1, False),
        ("eq", 1, True, False),
        ("eq", "Shoes", "shoes", False),
        ("eq", "x", None, False),
        ("eq", "x", ["x"], False),
        ("ne", "x", None, True),
        ("ne", "x", ["x"], True),
        ("ne", "x", "x", False),
        ("in", ["DE", "AT"], "AT", True),
        ("in", ["DE", 5], "5", True),
        ("in", ["DE"], None, False),
        ("not_in", ["DE"], None, True),
        ("not_in", ["DE"], "DE", False),
        ("gt", 5, 5, False),
        ("gt", 5, "5.000001", True),
        ("gt", 5, "abc", False),
        ("gt", 5, None, False),
        ("gt", 5, True, False),
        ("gte", 5, "5", True),
        ("lt", 5, "-3", True),
        ("lt", 5, None, False),
        ("lt", "b", "a", True),
        ("lte", 5, 5.0, True),
        ("between", [1, 3], 3, True),
        ("between", [1, 3], 1, True),
        ("between", [1, 3], "3.1", False),
        ("between", [1, 3], None, False),
        ("contains", "BERL", "Stadt berlin", True),
        ("contains", "x", None, False),
        ("starts_with", "01", "01067", True),
        ("starts_with", "STRASSE", "Straße 5", True),
        ("starts_with", "12", 1234, True),
        ("before", "2026-01-01", "2025-12-31T23:59:59Z", True),
        ("before", "2026-01-01", "2026-01-01", False),
        ("before", "2026-01-01", "soon", False),
        ("after", "2026-01-01", "2026-01-01T00:00:00.000001Z", True),
        ("after", "2026-01-01", None, False),
    ],
)
def test_an_operator_means(operator: str, value: Any, actual: Any, expected: bool) -> None:
    rule = {"trait": "t", "is": operator, "value": value}
    assert holds(rule, traits={"t": actual}) is expected
    if actual is None:
        assert holds(rule) is expected


@pytest.mark.parametrize(("actual", "known"), [(None, False), ("", True), (False, True), ([], True), (0, True)])
def test_is_set_asks_whether_there_is_a_value(actual: Any, known: bool) -> None:
    assert holds({"trait": "t", "is": "is_set"}, traits={"t": actual}) is known
    assert holds({"trait": "t", "is": "is_not_set"}, traits={"t": actual}) is not known


def test_an_empty_all_is_true_and_an_empty_any_false() -> None:
    assert holds({"all": []})
    assert not holds({"any": []})
    assert not holds({"not": {"all": []}})


def test_a_window_of_days_excludes_its_far_end_and_includes_now() -> None:
    rule = {"did": "A", "within": {"days": 30}}
    assert not holds(rule, events=[past("A", 30)])
    assert holds(rule, events=[PastEvent("A", NOW - 30 * DAY_US + 1, {})])
    assert holds(rule, events=[past("A", 0)])
    assert not holds(rule, events=[PastEvent("A", NOW + 1, {})])


def test_a_window_between_two_instants_excludes_its_end() -> None:
    rule = {"did": "A", "within": {"between": ["2020-01-01", "2020-02-01"]}}
    start, end = 1_577_836_800_000_000, 1_580_515_200_000_000
    assert holds(rule, events=[PastEvent("A", start, {})])
    assert holds(rule, events=[PastEvent("A", end - 1, {})])
    assert not holds(rule, events=[PastEvent("A", end, {})])
    assert not holds(rule, events=[PastEvent("A", start - 1, {})])


@pytest.mark.parametrize(
    ("count", "numbers"),
    [
        ({"gte": 2}, [2, 3, 4]),
        ({"lte": 2}, [0, 1, 2]),
        ({"eq": 0}, [0]),
        ({"between": [1, 3]}, [1, 2, 3]),
        (None, [1, 2, 3, 4]),
    ],
)
def test_a_count_holds_for(count: Any, numbers: list[int]) -> None:
    rule = {"did": "A"} if count is None else {"did": "A", "count": count}
    assert [n for n in range(5) if holds(rule, events=[past("A", day) for day in range(n)])] == numbers


def test_where_counts_only_events_that_meet_every_condition() -> None:
    rule = {
        "did": "Product Viewed",
        "where": [
            {"property": "category", "is": "eq", "value": "Shoes"},
            {"property": "price", "is": "gte", "value": 20},
        ],
        "count": {"eq": 1},
    }
    events = [
        past("Product Viewed", 1, category="Shoes", price="25.00"),
        past("Product Viewed", 1, category="Shoes", price=19.99),
        past("Product Viewed", 1, category="Hats", price=99),
        past("Product Added", 1, category="Shoes", price=99),
    ]
    assert holds(rule, events=events)


def test_an_older_event_name_means_its_canonical_one() -> None:
    assert holds({"did": "Completed Order"}, events=[past("Order Completed", 1)])


@pytest.mark.parametrize(
    ("rule", "path", "says"),
    [
        ([], "$", "takes a node"),
        ({}, "$", "exactly one of the keys"),
        ({"all": [], "any": []}, "$", "exactly one of the keys"),
        ({"all": {}}, "$.all", "a list of nodes"),
        ({"all": [{"any": [{"did": ""}]}]}, "$.all[0].any[0].did", "name of an event"),
        ({"not": 5}, "$.not", "takes a node"),
        ({"all": [{"trait": "x", "is": "like", "value": 1}]}, "$.all[0].is", "unknown operator 'like'"),
        ({"trait": "x", "is": "eq"}, "$", "takes a value"),
        ({"trait": "x", "is": "eq", "value": None}, "$.value", "a number, a text"),
        ({"trait": "x", "is": "is_set", "value": 1}, "$.value", "takes no value"),
        ({"trait": "x", "is": "in", "value": "DE"}, "$.value", "takes a list"),
        ({"trait": "x", "is": "in", "value": ["DE", None]}, "$.value[1]", "a number, a text"),
        ({"trait": "x", "is": "between", "value": [3, 1]}, "$.value", "the lower first"),
        ({"trait": "x", "is": "within_last", "value": {"hours": 1}}, "$.value", '{"days": n}'),
        ({"trait": "x", "is": "before", "value": "soon"}, "$.value", "ISO 8601"),
        ({"trait": "", "is": "is_set"}, "$.trait", "name of a trait"),
        ({"did": "A", "windw": 1}, "$", "unknown key 'windw'"),
        ({"did": "A", "count": {"gte": -1}}, "$.count.gte", "whole number"),
        ({"did": "A", "count": {"gt": 1}}, "$.count", "unknown count 'gt'"),
        ({"did": "A", "count": {"between": [1, True]}}, "$.count.between[1]", "whole number"),
        ({"did": "A", "within": {"days": 0}}, "$.within.days", "1 to 3650"),
        ({"did": "A", "within": {"weeks": 1}}, "$.within", '{"days": n}'),
        ({"did": "A", "within": {"between": ["2026-02-01", "2026-01-01"]}}, "$.within.between", "earlier instant"),
        ({"did": "A", "within": {"between": ["2026-02-01", 7.5]}}, "$.within.between[1]", "ISO 8601"),
        ({"did": "A", "within": {"between": ["2026-02-01", 1_500_000_000.5]}}, "$.within.between", "earlier instant"),
        ({"did": "A", "where": [{"property": "p", "is": "eq"}]}, "$.where[0]", "takes a value"),
        ({"did": "A", "where": [{"trait": "p", "is": "eq", "value": 1}]}, "$.where[0]", "unknown key 'trait'"),
        ({"measure": "sum"}, "$", "found none"),
        ({"did": "*", "channel": ""}, "$.channel", "name of a channel"),
        ({"did": "A", "within": {"calendar": "this_decade"}}, "$.within.calendar", "this_month"),
        ({"trait": "born", "is": "anniversary_within_next", "value": {"days": 366}}, "$.value.days", "at most 365"),
        ({"metric": "median"}, "$.metric", "unknown kind 'median'; it takes count, sum"),
        ({"metric": "sum"}, "$.of", "the name of a property"),
        ({"metric": "first"}, "$.of", "the name of a property or time"),
        ({"metric": "sum", "of": "time", "event": "A"}, "$.of", "only first and last are of time"),
        ({"metric": "count", "of": "price"}, "$.of", "leave it out"),
        ({"metric": "count"}, "$.event", "name of an event"),
        ({"metric": "count", "event": "A", "evnt": 1}, "$", "unknown key 'evnt'"),
        ({"metric": "count", "event": "A", "value": 1}, "$.is", "unknown operator None"),
        ({"metric": "count", "event": "A", "is": "contains", "value": "1"}, "$.is", "does not fit a number"),
        ({"metric": "count", "event": "A", "is": "gte", "value": "many"}, "$.value", "takes a number"),
        (
            {"metric": "last", "of": "time", "event": "A", "is": "gte", "value": 1},
            "$.is",
            "it takes is_set, is_not_set",
        ),
        ({"metric": "sum", "of": "price", "event": "A", "currency": "EUR"}, "$.currency", "only sum, avg, min, max of"),
        ({"metric": "sum", "of": "revenue", "event": "Order Completed"}, "$", "A shop that sells in one currency"),
        ({"metric": "sum", "of": "revenue", "event": "Order Completed", "currency": "€"}, "$.currency", '"EUR"'),
        (
            {"metric": "sum", "of": "revenue", "event": "Order Completed", "currency": "EUR", "gross": 1},
            "$.gross",
            "true or false",
        ),
    ],
)
def test_a_bad_rule_is_refused_with_the_path_to_the_bad_node(rule: Any, path: str, says: str) -> None:
    with pytest.raises(RuleError) as refusal:
        parse_rule(rule)
    assert refusal.value.path == path
    assert says in refusal.value.message


def test_depth_and_size_are_bounded() -> None:
    deep: Any = {"did": "A"}
    for _ in range(7):
        deep = {"not": deep}
    assert count_nodes(parse_rule(deep)) == 8
    with pytest.raises(RuleError, match="deeper than 8"):
        parse_rule({"not": deep})
    parse_rule({"all": [{"did": "A"}] * 99})
    with pytest.raises(RuleError, match="101 nodes"):
        parse_rule({"all": [{"did": "A"}] * 100})


def test_what_a_rule_costs_is_bounded_when_it_is_saved() -> None:
    favorite = {"metric": "most_frequent", "of": "category", "event": "A", "is": "is_set"}
    parse_rule({"all": [favorite] * 19})
    with pytest.raises(RuleError, match=r"\$: weighs 101; a rule takes at most 100.*split it into segments"):
        parse_rule({"all": [favorite] * 20})
    busy = {"did": "A", "where": [{"property": "p", "is": "is_set"}] * 20}
    parse_rule({"all": [busy] * 19})
    with pytest.raises(RuleError, match="weighs 101"):
        parse_rule({"all": [busy] * 20})
    spelled = {"metric": "avg", "of": "p", "event": "A", "is": "in", "value": list(range(1000))}
    with pytest.raises(RuleError, match="weighs 103"):
        parse_rule({"all": [spelled] * 2})


def test_a_rule_is_read_back_as_a_sentence() -> None:
    rule = {
        "all": [
            {"trait": "country", "is": "in", "value": ["DE", "AT"]},
            {"any": [{"did": "Product Added", "count": {"eq": 1}}, {"trait": "vip", "is": "eq", "value": True}]},
            {
                "did": "Order Completed",
                "count": {"gte": 3},
                "within": {"days": 90},
                "where": [{"property": "revenue", "is": "gte", "value": "20.50"}],
            },
            {"not": {"did": "Unsubscribed"}},
        ]
    }
    assert parse_rule(rule).sentence() == (
        "country is one of DE, AT and (Product Added exactly once or vip is yes) and Order Completed at least 3 times"
        " in the last 90 days where revenue is at least 20.5 and not (Unsubscribed at least once)"
    )


def test_a_rule_says_what_it_mentions_and_how_far_back_it_looks() -> None:
    windowed = {"any": [{"did": "A", "within": {"days": 2}}, {"trait": "t", "is": "is_set"}]}
    assert parse_rule(windowed).mentions().reach_us == 2 * DAY_US
    found = parse_rule({"all": [windowed, {"not": {"did": "B"}}]}).mentions()
    assert (found.events, found.traits, found.reach_us) == (frozenset({"A", "B"}), frozenset({"t"}), None)
    looking = {"did": "C", "where": [{"property": "p", "is": "is_set"}]}
    assert parse_rule({"any": [windowed, looking]}).mentions().properties == {("C", "p")}


def test_an_answer_expires_when_the_deciding_event_leaves_and_not_before() -> None:
    rule = parse_rule({"did": "A", "count": {"gte": 2}, "within": {"days": 10}})
    facts = PersonFacts(events=[past("A", 9), past("A", 5), past("A", 1)])
    assert rule.valid_until(facts, NOW) == NOW + 5 * DAY_US
    assert rule.valid_until(PersonFacts(events=[past("A", 1)]), NOW) == NEVER


def test_a_future_event_is_awaited() -> None:
    rule = parse_rule({"did": "A"})
    facts = PersonFacts(events=[past("A", -2)])
    assert not rule.evaluate(facts, NOW)
    assert rule.valid_until(facts, NOW) == NOW + 2 * DAY_US


def test_a_dated_trait_expires() -> None:
    rule = parse_rule({"trait": "seen", "is": "within_last", "value": {"days": 7}})
    facts = PersonFacts({"seen": "2027-01-15T08:00:00Z"})  # NOW itself
    assert rule.evaluate(facts, NOW)
    assert rule.valid_until(facts, NOW) == NOW + 7 * DAY_US
