"""The spec, and any rule over anybody, on a real Spark Connect server: Sail on loopback, over the same files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.engines import Spark
from segments.rules import PersonFacts, parse_rule
from segments.rules.calendar import placeholders
from segments.rules.compiled import compile_rules
from segments.rules.facts import DAY_US
from tests.lake.sail import serving
from tests.segments import lakes, test_agreement
from tests.segments.spec.cases import NOW_US, ZONE, Section
from tests.segments.spec.page import SECTIONS
from tests.segments.strategies import RULES
from tests.segments.test_agreement import CROWDS

FEWER = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
WAITS = st.lists(st.integers(0, 40 * DAY_US), max_size=4)


@pytest.fixture(scope="module")
def engine() -> Iterator[Spark]:
    with serving() as address:
        engine = Spark(remote=address)
        yield engine
        engine.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spec")


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_the_rules_of_a_section_take_in_the_same_people(section: Section, engine: Spark, folder: Path) -> None:
    """All of them in one statement, over files, hidden rows and a tail."""
    names, facts = list(section.people), [someone.facts() for someone in section.people.values()]
    compiled = compile_rules([parse_rule(case.rule) for case in section.cases], dues=False)
    relations = lakes.as_files(lakes.rows_of(facts), compiled.asks(NOW_US), folder)
    values = placeholders(NOW_US, ZONE)
    found = engine.query(compiled.tree, {**relations, **lakes.given(facts, compiled)}, values=values).to_pylist()
    for number, case in enumerate(section.cases):
        members = [names[place] for place in sorted(row["profile_hi"] for row in found if row[f"m{number}"])]
        assert members == case.members.split(), case.rule


@FEWER
@given(st.lists(RULES, min_size=1, max_size=3), CROWDS, WAITS)
def test_any_rules_over_anybody_on_rows(
    engine: Spark, rules: list[Any], people: list[PersonFacts], waits: list[int]
) -> None:
    test_agreement.test_any_rules_over_anybody_on_rows.hypothesis.inner_test(engine, rules, people, waits)  # type: ignore[attr-defined]


@FEWER
@given(RULES, CROWDS, WAITS)
def test_any_rule_over_anybody_in_files(
    engine: Spark, folder: Path, rule: Any, people: list[PersonFacts], waits: list[int]
) -> None:
    test_agreement.test_any_rule_over_anybody_in_files.hypothesis.inner_test(engine, folder, rule, people, waits)  # type: ignore[attr-defined]
