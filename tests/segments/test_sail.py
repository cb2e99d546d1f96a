"""The spec, and any rule over anybody, on a real Spark Connect server: Sail on loopback, over the same files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.engines import Spark
from segments.rules import PersonFacts
from segments.rules.facts import DAY_US
from tests.lake.sail import serving
from tests.segments import test_agreement, test_spec
from tests.segments.spec.cases import Case, Section
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


@pytest.mark.parametrize(("section", "case"), test_spec.CASES)
def test_a_rule_takes_in_the_same_people(section: Section, case: Case, engine: Spark, folder: Path) -> None:
    test_spec.test_a_rule_takes_in(section, case, engine, folder)


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
