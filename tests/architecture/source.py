"""The project's own source as the house rules read it: files, syntax trees, apps."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings

from tests.paths import REPO

APPS: tuple[str, ...] = tuple(app for app in settings.INSTALLED_APPS if (REPO / app.replace(".", "/")).is_dir())
PRODUCT = tuple(sorted({app.partition(".")[0] for app in APPS}))


def python_files(*folders: str) -> list[Path]:
    """Every Python file below `folders` of the repository, migrations aside."""
    found = (path for folder in folders for path in sorted((REPO / folder).rglob("*.py")))
    return [path for path in found if "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(), filename=str(path))


def calls(path: Path, *names: str) -> Iterator[ast.Call]:
    """Calls of a function or method called one of `names` in the file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
            if name in names:
                yield node


def texts_of(node: ast.expr | None) -> set[str]:
    """The text literals that an expression may stand for: itself, or the branches of `a if … else b`."""
    if isinstance(node, ast.IfExp):
        return texts_of(node.body) | texts_of(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def shown(path: Path) -> str:
    """The path as people say it."""
    return str(path.relative_to(REPO))
