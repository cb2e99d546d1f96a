"""valid_until, over any rule and any history: no answer changes before it, and following it misses no change."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from segments.rules import PersonFacts, parse_rule
from segments.rules.facts import DAY_US
from tests.segments.strategies import NOW_US, PEOPLE, RULES


@settings(max_examples=600, deadline=None)
@given(RULES, PEOPLE, st.lists(st.integers(0, 40 * DAY_US), min_size=1, max_size=8))
def test_no_answer_changes_before_its_valid_until(rule: Any, person: PersonFacts, waits: list[int]) -> None:
    node = parse_rule(rule)
    answer, until = node.evaluate(person, NOW_US), node.valid_until(person, NOW_US)
    assert until > NOW_US
    moments = [NOW_US + wait for wait in waits] + [until - 1, NOW_US + DAY_US, NOW_US + DAY_US - 1]
    for moment in moments:
        if NOW_US <= moment < until:
            assert node.evaluate(person, moment) is answer


@settings(max_examples=250, deadline=None)
@given(RULES, PEOPLE)
def test_time_runs_out_after_few_steps(rule: Any, person: PersonFacts) -> None:
    node, now = parse_rule(rule), NOW_US
    for _ in range(200):
        now = node.valid_until(person, now)
        if now > NOW_US + 20 * 366 * DAY_US:  # an anniversary comes every year, and that is two steps
            return
    raise AssertionError("still within twenty years after 200 steps")


@settings(max_examples=300, deadline=None)
@given(RULES)
def test_every_rule_has_a_sentence_and_mentions_only_what_it_names(rule: Any) -> None:
    node = parse_rule(rule)
    assert node.sentence()
    text = str(rule).replace("'viewed'", "'Product Viewed'").replace("'added'", "'Product Added'")
    assert all(repr(name) in text for name in node.mentions().events | node.mentions().traits)
