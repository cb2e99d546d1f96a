"""What would change an answer, in words: how many more and within how long, what is missing, until when it stands."""

from typing import Any

import pytest

from segments.rules import PastEvent, PersonFacts, parse_rule
from segments.rules.changing import explained
from segments.rules.facts import DAY_US, Consented

NOW = 1_800_000_000_000_000  # 15 January 2027, 09:00 in Berlin
VIEWED, ADDED, BOUGHT = "Product Viewed", "Product Added", "Order Completed"


def person(*events: tuple[str, float], **beside: Any) -> PersonFacts:
    past = [
        PastEvent(name, NOW - round(ago * DAY_US), {"product_id": "a-1"}, n) for n, (name, ago) in enumerate(events)
    ]
    return PersonFacts(events=past, zone="Europe/Berlin", **beside)


@pytest.mark.parametrize(
    ("rule", "facts", "change"),
    [
        (
            {"did": VIEWED, "count": {"gte": 3}, "within": {"days": 30}},
            person((VIEWED, 18)),
            "2 more Product Viewed within 12 days",
        ),
        ({"did": VIEWED, "count": {"gte": 3}}, person((VIEWED, 18)), "2 more Product Viewed"),
        ({"did": VIEWED, "within": {"days": 30}}, person((VIEWED, 18)), "until 27 January 2027"),
        ({"did": VIEWED, "within": {"days": 30}}, person((VIEWED, 29.5)), "until 15 January 2027 21:00"),
        (
            {"did": VIEWED, "count": {"eq": 0}, "within": {"days": 30}},
            person((VIEWED, 18)),
            "holds by itself from 27 January 2027, or earlier: 1 too many",
        ),
        ({"did": VIEWED, "count": {"lte": 2}}, person((VIEWED, 18)), "2 more Product Viewed would end it"),
        ({"viewed": {"product_id": ["b"]}}, person((VIEWED, 1)), "1 more product b viewed"),
        (
            {"trait": "country", "is": "eq", "value": "DE"},
            person(traits={"country": "AT"}),
            "it is AT, and would have to be otherwise: country is DE",
        ),
        (
            {"sequence": [{"did": ADDED}, {"did": BOUGHT, "after": {"hours": 2}}]},
            person((ADDED, 1)),
            "step 2 of 2 is missing: Order Completed within 2 hours",
        ),
        (
            {"sequence": [{"did": ADDED}, {"did_not": BOUGHT, "after": {"days": 3}}]},
            person((ADDED, 1)),
            "holds by itself from 17 January 2027, unless Order Completed happens first",
        ),
        ({"consent": "news"}, person(), "a yes to news"),
        (
            {"consent": "news"},
            person(consents={"news": Consented(True, NOW + 5 * DAY_US)}),
            "until 20 January 2027, or earlier: a refusal of news",
        ),
        ({"in_segment": "vip"}, person(), "entering the segment vip"),
        ({"in_list": "fair"}, person(lists=frozenset({"fair"})), "being taken off the list fair"),
        ({"has": "phone"}, person(), "an identifier of the kind phone"),
    ],
)
def test_it_says_what_would_change_the_answer(rule: Any, facts: PersonFacts, change: str) -> None:
    assert explained(parse_rule(rule), facts, NOW).change == change


def test_the_whole_rule_says_when_it_turns_by_itself_and_each_clause_why() -> None:
    rule = {"all": [{"did": VIEWED, "within": {"days": 20}}, {"not": {"did": BOUGHT, "within": {"days": 9}}}]}
    found = explained(parse_rule(rule), person((VIEWED, 15), (BOUGHT, 5)), NOW)
    assert (found.holds, found.change) == (False, "holds by itself from 19 January 2027")
    assert [clause.holds for clause in found.children] == [True, False]
    assert [clause.change for clause in found.children] == [
        "until 20 January 2027",
        "holds by itself from 19 January 2027",
    ]
    assert [event.id for event in found.children[1].children[0].events] == [1]
