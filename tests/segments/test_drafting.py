"""A half-written rule: what of it can be asked, what is wrong where, and the count of its clauses by one statement."""

from typing import Any

import pytest

from lake.contracts import Limits
from segments.describing import language
from segments.drafting import read_draft
from segments.queries.clauses import count_with_clauses
from segments.queries.everybody import members_now
from segments.rules import NODES, parse_rule
from segments.rules.conditions import OPERATORS
from segments.starters import STARTERS
from tests.segments.world import World

DID, BLANK, HAS = {"did": "A"}, {"did": ""}, {"has": "email"}
DEEP: dict[str, Any] = {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": DID}}}}}}}}


@pytest.mark.parametrize(
    ("raw", "asks", "paths"),
    [
        (DID, DID, []),
        ({"all": [DID, BLANK]}, {"all": [DID]}, ["$.all[1].did"]),
        ({"all": [{"any": [BLANK, BLANK]}, DID]}, {"all": [DID]}, ["$.all[0].any[0].did", "$.all[0].any[1].did"]),
        ({"all": [{"not": {"any": [BLANK, HAS]}}]}, {"all": [{"not": {"any": [HAS]}}]}, ["$.all[0].not.any[0].did"]),
        ({"all": [{"any": []}, BLANK]}, {"all": [{"any": []}]}, ["$.all[1].did"]),
        (BLANK, None, ["$.did"]),
        ({"not": BLANK}, None, ["$.not.did"]),
        ("rule", None, ["$"]),
        ({"all": [DID], "x": 1}, None, ["$"]),
        (DEEP, None, ["$" + ".not" * 8]),
        ({"all": [DID] * 100}, None, ["$"]),
    ],
)
def test_what_is_not_complete_is_left_out_and_named(raw: Any, asks: Any, paths: list[str]) -> None:
    draft = read_draft(raw)
    assert draft.rule == (None if asks is None else parse_rule(asks))
    assert [trouble.path for trouble in draft.troubles] == paths


def test_every_part_has_its_path() -> None:
    draft = read_draft({"all": [{"not": {"not": {"any": [DID, BLANK]}}}, HAS]})
    assert [clause.path for clause in draft.clauses] == [
        "$",
        "$.all[0]",
        "$.all[0].not.not.any[0]",
        "$.all[1]",
    ]
    assert draft.clauses[1].rule == parse_rule({"not": {"not": {"any": [DID]}}})


@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.slug)
def test_each_template_is_a_rule_with_a_sentence(starter: Any) -> None:
    assert parse_rule(starter.rule).sentence()
    assert starter.purpose
    assert len({one.slug for one in STARTERS}) == len(STARTERS) == 10


def test_the_page_is_told_the_whole_language() -> None:
    told = language()
    assert [one["name"] for one in told["operators"]] == list(OPERATORS)
    assert {one["key"] for one in told["nodes"]} == set(NODES)
    assert {one["name"] for one in told["calendar"]} >= {"today", "last_month", "this_year"}


@pytest.mark.django_db(transaction=True)
def test_one_statement_counts_the_rule_and_its_clauses_as_each_alone() -> None:
    world = World()
    world.send(
        *(world.track(user, "A", days_ago=day) for user, day in (("ada", 1), ("ada", 2), ("ben", 40))),
        *(world.identify(user, country=country) for user, country in (("ben", "DE"), ("cleo", "DE"), ("dan", "AT"))),
    )
    raw = {"any": [{"did": "A", "count": {"gte": 2}}, {"not": DID}, {"trait": "country", "is": "eq", "value": "DE"}]}
    draft, limits = read_draft(raw), Limits()
    assert draft.rule is not None
    rules = [clause.rule for clause in draft.clauses]
    counted = count_with_clauses(draft.rule, rules, world.now, limits=limits)
    alone = [members_now(rule, world.now, limits=limits).keys.num_rows for rule in rules]
    assert (counted.keys.num_rows, list(counted.clauses or ())) == (4, alone) == (4, [4, 1, 2, 2])
