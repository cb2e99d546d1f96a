"""The spec on the reference, on PostgreSQL's rows and on the lake's files; and that it leaves nothing out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from lake.engines import DuckDB, Engine
from segments.rules import NODES, Node, parse_rule, sql
from segments.rules.calendar import placeholders
from segments.rules.compiled import answers_of, members_of
from segments.rules.conditions import OPERATORS
from segments.rules.facts import DAY_US
from segments.rules.scope import GIVEN
from segments.rules.windows import LastDays
from tests.segments import lakes
from tests.segments.spec.cases import NOW_US, ZONE, Case, Section
from tests.segments.spec.page import PAGE, SECTIONS, page

CASES = [
    pytest.param(section, case, id=f"{section.title}: {parse_rule(case.rule).sentence()[:60]}")
    for section in SECTIONS
    for case in section.cases
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spec")


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[DuckDB]:
    engine = DuckDB(folders=(folder,), temp=folder / "spill")
    yield engine
    engine.close()


@pytest.mark.parametrize(("section", "case"), CASES)
def test_a_rule_takes_in(section: Section, case: Case, engine: Engine, folder: Path) -> None:
    rule, names = parse_rule(case.rule), list(section.people)
    facts = [someone.facts() for someone in section.people.values()]
    expected = case.members.split()
    assert [name for name, one in zip(names, facts, strict=True) if rule.evaluate(one, NOW_US)] == expected
    rows = lakes.rows_of(facts)
    compiled = members_of(rule)
    asks = compiled.asks(NOW_US)
    given, values = lakes.given(facts, compiled), placeholders(NOW_US, ZONE)
    for relations in (lakes.as_rows(rows, asks), lakes.as_files(rows, asks, folder)):
        found = engine.query(compiled.tree, {**relations, **given}, values=values)
        assert [names[number] for number in sorted(found["profile_hi"].to_pylist())] == expected


def test_every_node_and_every_operator_is_in_the_spec() -> None:
    said = [rule for section in SECTIONS for case in section.cases for rule in _parts(case.rule)]
    assert {key for part in said for key in NODES if key in part} == set(NODES)
    assert {part["is"] for part in said if "is" in part and "consent" not in part} == set(OPERATORS)


@pytest.mark.parametrize("node", NODES.values(), ids=lambda node: node.key)
def test_every_node_says_its_meaning_in_both_languages(node: type[Node]) -> None:
    own = {name for each in node.__mro__ if each not in Node.__mro__ for name in vars(each)}
    assert [name for name in ("evaluate", "valid_until", "compile", "due") if name not in own] == []


def test_every_example_compiles_and_asks_only_for_tables_of_the_lake() -> None:
    import json

    for node in NODES.values():
        compiled = answers_of(parse_rule(json.loads(node.example)))
        assert set(compiled.asks(NOW_US)) <= set(lakes.PROJECTIONS)
        assert set(compiled.given) <= set(GIVEN)


def test_shared_identifiers_and_profiles_are_in_no_segment(engine: DuckDB) -> None:
    rows = lakes.rows_of([someone.facts() for someone in SECTIONS[0].people.values()])
    for row in (*rows["identifiers"], *rows["profiles"]):
        row["is_shared"] = True
    rules: list[Any] = [{"all": []}, {"did": "Order Completed"}, {"not": {"did": "Order Completed"}}]
    for rule in rules:
        compiled = members_of(parse_rule(rule))
        relations = lakes.as_rows(rows, compiled.asks(NOW_US))
        assert engine.query(compiled.tree, relations, values=placeholders(NOW_US, ZONE)).num_rows == 0


def test_the_page_of_the_language_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "python -m tests.segments.spec.page writes it anew"


def _parts(rule: Any) -> Iterator[dict[str, Any]]:
    if isinstance(rule, dict):
        yield rule
        for value in rule.values():
            yield from _parts(value)
    elif isinstance(rule, list):
        for value in rule:
            yield from _parts(value)


def test_the_spec_would_notice_a_window_one_microsecond_too_long(
    monkeypatch: pytest.MonkeyPatch, engine: DuckDB
) -> None:
    """Negative control: an engine's window that includes its far end."""

    def too_long(window: LastDays, occurred: exp.Expression) -> exp.Expression:
        start = sql.minus(sql.now(), window.days * DAY_US)
        return sql.both([exp.GTE(this=occurred, expression=start), exp.LTE(this=occurred.copy(), expression=sql.now())])

    monkeypatch.setattr(LastDays, "is_in", too_long)
    wrong = []
    every_case = [(section, case) for section in SECTIONS for case in section.cases]
    for section, case in every_case:
        facts = [someone.facts() for someone in section.people.values()]
        compiled = members_of(parse_rule(case.rule))
        relations = lakes.as_rows(lakes.rows_of(facts), compiled.asks(NOW_US - 1))
        given = lakes.given(facts, compiled)
        found = engine.query(compiled.tree, {**relations, **given}, values=placeholders(NOW_US, ZONE))
        if found.num_rows != len(case.members.split()):
            wrong.append(section.title)
    assert set(wrong) == {"When", "And did not", "Products bought"}
