"""Files: a docstring that says what they own, at most 500 lines, no signals, no migration missing."""

import ast
import re

import pytest
from django.core.management import call_command

from cdp.api.codes import CODES
from tests.architecture.source import PRODUCT, calls, python_files, shown, texts_of, tree
from tests.paths import REPO

EVERYTHING = (*PRODUCT, "bench", "tests")


def test_every_file_says_what_it_owns() -> None:
    silent = [
        shown(path) for path in python_files(*EVERYTHING) if path.read_text() and not ast.get_docstring(tree(path))
    ]
    assert silent == []


def test_no_file_is_longer_than_500_lines() -> None:
    long = {
        shown(path): lines for path in python_files(*EVERYTHING) if (lines := len(path.read_text().splitlines())) > 500
    }
    assert long == {}


def test_nobody_uses_signals() -> None:
    modules = re.compile(
        r"^\s*(?:from|import) (?:django\.(?:db\.models|core|dispatch|test)\.?signals|django\.dispatch)", re.M
    )
    assert [shown(path) for path in python_files(*PRODUCT) if modules.search(path.read_text())] == []


def test_only_tasks_and_the_roof_know_celery() -> None:
    known = {
        shown(path) for path in python_files(*PRODUCT) if re.search(r"^(from|import) celery", path.read_text(), re.M)
    }
    assert known == {"cdp/celery.py", "cdp/schedule.py", "cdp/outbox/tasks.py"}


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_are_named_by_hand() -> None:
    names = [path.stem for path in REPO.glob("*/migrations/0*.py")] + [
        p.stem for p in REPO.glob("cdp/*/migrations/0*.py")
    ]
    assert [name for name in names if re.search(r"_auto_|_\d{8}", name)] == []


def test_every_problem_code_raised_is_listed_and_every_code_listed_is_raised() -> None:
    raised = set()
    for path in python_files(*PRODUCT):
        for call in calls(path, "Problem", "Unreadable", "BadFeed"):
            raised |= texts_of(call.args[0] if call.args else None)
    roof = {
        code for path in (REPO / "cdp/api/problems.py",) for code in re.findall(r'"([a-z_]+)", "', path.read_text())
    }
    assert raised - CODES.keys() == set()
    assert CODES.keys() - raised - roof - {"csrf_failed"} == set()
