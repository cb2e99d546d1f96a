"""Tasks stay thin: named, queued, keyword-only, tolerant of extra keywords, twelve lines at most."""

import ast

from tests.architecture.source import PRODUCT, python_files, shown, tree


def decorated(function: ast.FunctionDef) -> ast.expr | None:
    """The decorator that makes it a task."""
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in ("shared_task", "task"):
            return decorator
    return None


def tasks() -> list[tuple[str, ast.FunctionDef, ast.expr]]:
    return [
        (shown(path), node, decorator)
        for path in python_files(*PRODUCT)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and (decorator := decorated(node))
    ]


def test_there_is_at_least_the_wake() -> None:
    assert [(path, function.name) for path, function, _ in tasks()] == [("cdp/outbox/tasks.py", "wake")]


def test_tasks_live_in_files_called_tasks() -> None:
    assert [path for path, _, _ in tasks() if not path.endswith("/tasks.py")] == []


def test_every_task_names_itself_and_its_queue() -> None:
    for path, function, decorator in tasks():
        assert isinstance(decorator, ast.Call), path
        keywords = {keyword.arg for keyword in decorator.keywords}
        assert {"name", "queue"} <= keywords, f"{path} {function.name}"


def test_every_task_is_keyword_only_and_tolerates_extra_keywords() -> None:
    for path, function, _ in tasks():
        arguments = function.args
        assert not arguments.args, f"{path} {function.name}"
        assert not arguments.posonlyargs, f"{path} {function.name}"
        assert arguments.kwarg is not None, f"{path} {function.name}"


def test_every_task_is_twelve_lines_at_most() -> None:
    for path, function, _ in tasks():
        assert (function.end_lineno or 0) - function.lineno < 12, f"{path} {function.name}"
