"""Every environment variable that is read is explained in .env.example, and nothing else is."""

import ast
import re

from tests.architecture.source import python_files, shown, tree
from tests.paths import REPO

# Set by machines for machines, not by people.
NOT_FOR_PEOPLE = {
    "CI": "set by CI systems",
    "DJANGO_SETTINGS_MODULE": "always cdp.settings",
    "PYTEST_XDIST_WORKER": "set by pytest-xdist",
    "PYTHONPATH": "Python's own",
    "PYTHON3": "which interpreter ./run takes, explained there",
}
READERS = {
    "text",
    "flag",
    "integer",
    "url",
    "zone",
    "folder",
    "folder_or_url",
    "listing",
    "choice",
    "address_file",
    "get",
    "getenv",
}


def _is_environ(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


def _name_read(node: ast.AST) -> ast.expr | None:
    """The expression naming the variable that `node` reads, if it reads one."""
    if isinstance(node, ast.Subscript) and _is_environ(node.value) and isinstance(node.ctx, ast.Load):
        return node.slice
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS and node.args:
        owner = node.func.value
        is_reader = _is_environ(owner) or (isinstance(owner, ast.Name) and owner.id in ("env", "os"))
        return node.args[0] if is_reader else None
    return None


def read() -> dict[str, str]:
    """Variable → a file that reads it."""
    found: dict[str, str] = {}
    for path in python_files("cdp", "bench", "tests", *[p.name for p in REPO.iterdir() if (p / "apps.py").exists()]):
        if shown(path) in ("cdp/lib/env.py", "tests/architecture/test_environment.py", "tests/lib/test_env.py"):
            continue
        for node in ast.walk(tree(path)):
            name = _name_read(node)
            if isinstance(name, ast.Constant):
                found[str(name.value)] = shown(path)
    script = (REPO / "run").read_text()
    for name in re.findall(r"\$\{([A-Z][A-Z0-9_]+):-", script):
        found[name] = "run"
    return {name: path for name, path in found.items() if name not in NOT_FOR_PEOPLE}


def explained() -> dict[str, str]:
    """Variable → the comment above it."""
    found, comment = {}, ""
    for line in (REPO / ".env.example").read_text().splitlines():
        if match := re.match(r"#?([A-Z][A-Z0-9_]+)=", line):
            found[match[1]] = comment
        elif line.startswith("#"):
            comment = line
    return found


def test_every_variable_read_is_explained() -> None:
    assert {name: path for name, path in read().items() if name not in explained()} == {}


def test_every_variable_explained_is_read() -> None:
    assert explained().keys() - read().keys() == set()


def test_every_explanation_is_a_sentence() -> None:
    assert [name for name, comment in explained().items() if len(comment) < 15] == []


def test_the_example_sets_nothing() -> None:
    """Copied as it is, it changes nothing."""
    lines = (REPO / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
