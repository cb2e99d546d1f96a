"""Reference and engine agree: any rule over any people, on PostgreSQL's rows and on the lake's files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.contracts import Relation
from lake.engines import DuckDB
from segments.rules import NEVER, Node, PersonFacts, parse_rule
from segments.rules.calendar import placeholders
from segments.rules.compiled import CompiledRules, answers_of, compile_rules, members_of
from segments.rules.facts import DAY_US
from tests.segments import lakes
from tests.segments.spec.cases import ZONE
from tests.segments.strategies import NOW_US, PEOPLE, RULES

CROWDS = st.lists(PEOPLE, min_size=1, max_size=6)
Answer = tuple[bool, int]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[DuckDB]:
    engine = DuckDB(folders=(folder,), temp=folder / "spill")
    yield engine
    engine.close()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RULES, min_size=1, max_size=3), CROWDS, st.lists(st.integers(0, 40 * DAY_US), max_size=4))
def test_any_rules_over_anybody_on_rows(
    engine: DuckDB, rules: list[Any], people: list[PersonFacts], waits: Any
) -> None:
    nodes = [parse_rule(rule) for rule in rules]
    compiled = compile_rules(nodes, dues=True)
    relations = {**lakes.as_rows(lakes.rows_of(people), compiled.asks(NOW_US)), **lakes.given(people, compiled)}
    for node, answers in zip(nodes, answers_by(engine, compiled, relations, len(nodes)), strict=True):
        agree(node, people, answers, waits)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RULES, CROWDS, st.lists(st.integers(0, 40 * DAY_US), max_size=4))
def test_any_rule_over_anybody_in_files(
    engine: DuckDB, folder: Path, rule: Any, people: list[PersonFacts], waits: Any
) -> None:
    node, rows = parse_rule(rule), lakes.rows_of(people)
    compiled = answers_of(node)
    relations = {**lakes.as_files(rows, compiled.asks(NOW_US), folder), **lakes.given(people, compiled)}
    agree(node, people, answers_by(engine, compiled, relations, 1)[0], waits)
    members = members_of(node)
    asked = {**lakes.as_files(rows, members.asks(NOW_US), folder), **lakes.given(people, members)}
    table = engine.query(members.tree, asked, values=placeholders(NOW_US, ZONE))
    expected = [number for number, person in enumerate(people) if node.evaluate(person, NOW_US)]
    assert sorted(table["profile_hi"].to_pylist()) == expected


def agree(node: Node, people: list[PersonFacts], answers: dict[int, Answer], waits: list[int]) -> None:
    """Every answer is the reference's, and none changes before it is due."""
    for number, person in enumerate(people):
        holds, due = answers.get(number, (False, NEVER))
        assert holds is node.evaluate(person, NOW_US)
        assert due > NOW_US
        last = node.valid_until(person, NOW_US)
        for moment in [NOW_US + wait for wait in waits] + [due - 1, last, last - 1]:
            if NOW_US <= moment < due:
                assert node.evaluate(person, moment) is holds


def answers_by(
    engine: DuckDB, compiled: CompiledRules, relations: Mapping[str, Relation | pa.Table], number: int
) -> list[dict[int, Answer]]:
    """Of each rule, {person: (holds, due)}; no answer is NULL."""
    table = engine.query(compiled.tree, relations, values=placeholders(NOW_US, ZONE))
    assert all(column.null_count == 0 for column in table.columns)
    rows = table.to_pylist()
    return [{row["profile_hi"]: (row[f"m{n}"], row[f"d{n}"]) for row in rows} for n in range(number)]
