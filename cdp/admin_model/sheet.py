"""What a run was made with and of: parameters, what was tried, weights of its parts, what each cost, its log. Pure.

Reads `ModelRun.metrics` and `params` as they were stored; whatever a run does not hold is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdp.admin_model import marks
from recommendations.training.metrics import FEW

RERUN = (
    "By rule, learning the live recipe anew goes live even where it is not better: it has seen the newest events and "
    "forgotten who was erased."
)
FEW_CASES = "too few cases"
NOISE = "more than noise", "this may be noise, the interval holds 0"


@dataclass(frozen=True, slots=True)
class Weights:
    """A task's blend, heaviest part first; `how`: whether it was learned, and what that brought."""

    title: str
    how: str
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """One setting that was tried on validation."""

    part: str
    task: str
    params: str
    mark: str
    value: str
    cases: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """Beside the model that was live, on the same cases."""

    title: str
    ours: str
    live: str
    difference: str
    between: str
    says: str
    tag: str


@dataclass(frozen=True, slots=True)
class Against:
    """The run against the one that was live: task by task, and the sentence above them."""

    run: int
    sentence: str
    how: str
    rows: tuple[Difference, ...]


def part_name(part: str) -> str:
    """A model's part as people say it."""
    return "Popularity" if part == "popularity" else marks.RANKERS.get(part, part.replace("_", " ").capitalize())


def weights(metrics: Mapping[str, Any]) -> list[Weights]:
    """Of each task."""
    blending = metrics.get("blending") or {}
    return [
        Weights(
            marks.TASKS.get(task, (task, ""))[0],
            _how(blending.get(task)),
            tuple((part_name(part), weight) for part, weight in sorted(blend.items(), key=_heaviest) if weight > 0),
        )
        for task, blend in sorted((metrics.get("blends") or {}).items(), key=lambda one: _order(one[0]))
    ]


def tried(metrics: Mapping[str, Any]) -> list[Tried]:
    """Every setting, by part; the chosen one first, then the best."""
    rows: Sequence[Mapping[str, Any]] = metrics.get("tuning") or []
    ordered = sorted(
        rows, key=lambda row: (str(row.get("part", "")), not row.get("chosen"), -float(row.get("value") or 0))
    )
    return [
        Tried(
            part_name(str(row.get("part", ""))),
            marks.TASKS.get(str(row.get("task")), (str(row.get("task", "")), ""))[0],
            ", ".join(f"{name} {_said(value)}" for name, value in (row.get("params") or {}).items()) or "as shipped",
            marks.HEADINGS.get(str(row.get("mark")), str(row.get("mark", ""))),
            "–" if row.get("value") is None else f"{float(row['value']):.4f}",
            f"{int(row.get('cases') or 0):,}",
            bool(row.get("chosen")),
        )
        for row in ordered
    ]


def against_live(metrics: Mapping[str, Any]) -> Against | None:
    """None for a first run, and for one that could not be held against another."""
    found = metrics.get("against_live")
    if not found:
        return None
    how = (
        "The live model was asked as it is: it was trained before the cut."
        if found.get("basis") == "artifact"
        else "The live model had seen the test already, so its recipe was trained again on what lies before the cut."
    )
    if found.get("same_recipe"):
        how += " Both have the same recipe: this run differs by newer events only."
    rows = tuple(_difference(task, row) for task, row in sorted((found.get("tasks") or {}).items(), key=_task_order))
    if rule := by_rule(metrics):
        how += f" {rule}"
    low, high = found.get("low"), found.get("high")
    if rows and all(row.says == FEW_CASES for row in rows):
        return Against(
            int(found.get("run") or 0),
            f"Against model #{found.get('run')}, which was live: too few cases to say.",
            how,
            rows,
        )
    sentence = f"Against model #{found.get('run')}, which was live: {_verdict(found.get('difference'), low, high)}"
    return Against(int(found.get("run") or 0), sentence, how, rows)


def by_rule(metrics: Mapping[str, Any]) -> str:
    """That a rerun goes live whatever the difference says, where the difference does not say so itself."""
    found = metrics.get("against_live") or {}
    if not found.get("same_recipe") or (found.get("difference") or 0) > 0:
        return ""
    return RERUN


def parts(metrics: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(part, seconds to fit, memory), the slowest first."""
    found: Mapping[str, Mapping[str, float]] = metrics.get("parts") or {}
    ordered = sorted(found.items(), key=lambda one: -float(one[1].get("seconds") or 0))
    return [
        (part_name(part), f"{float(cost.get('seconds') or 0):,.1f}", f"{float(cost.get('mb') or 0):,.1f}")
        for part, cost in ordered
    ]


def learned_from(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what, how many), and the sentence about sampling last."""
    found: Mapping[str, Any] = metrics.get("learned_from") or {}
    catalog: Mapping[str, Any] = metrics.get("catalog") or {}
    rows = []
    for words, key, of in (
        ("People", "people", "people_there_are"),
        ("Interactions", "interactions", "interactions_there_are"),
        ("Visits", "sessions", ""),
    ):
        if key in found:
            total = found.get(of)
            more = f" of {int(total):,}" if of and total and total != found[key] else ""
            rows.append((words, f"{int(found[key]):,}{more}"))
    for words, key in (
        ("Products known", "products"),
        ("of these touched by anybody", "interacted"),
        ("of these only in the catalog", "catalog_only"),
        ("learned from by “Taste”", "learnable"),
    ):
        if key in catalog:
            rows.append((words, f"{int(catalog[key]):,}"))
    if found.get("engine"):
        rows.append(("Read by", str(found["engine"])))
    return rows


def flat(params: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested parameters as (dotted name, value)."""
    for name, value in params.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _said(value)


def log_lines(log: Sequence[Any]) -> list[tuple[str, str]]:
    """(seconds since the start, note) of [[seconds, step, note]]; what is not such a line is left out."""
    lines = (line for line in log if isinstance(line, list) and len(line) == 3)
    return [(f"{float(seconds):,.1f}", str(note) or f"step {step}") for seconds, step, note in lines]


def signed(value: float) -> str:
    """+0.0040, −0.0012."""
    return f"{'−' if value < 0 else '+'}{abs(value):.4f}"


def _difference(task: str, row: Mapping[str, Any]) -> Difference:
    low, high, value = row.get("low"), row.get("high"), float(row.get("difference") or 0)
    where, name = str(row.get("slice", "")), str(row.get("mark", ""))
    title = marks.TASKS.get(task, (task, ""))[0]
    detail = f"{marks.HEADINGS.get(name, name)}, {marks.SLICES.get(where, (where, ''))[0].lower()}"
    if int(row.get("cases") or 0) < FEW:
        return Difference(f"{title} ({detail})", "–", "–", "–", "–", FEW_CASES, "")
    is_sure = low is not None and high is not None and (low > 0 or high < 0)
    says = "–" if low is None else NOISE[0] if is_sure else "may be noise"
    tag = "" if not is_sure else "ok" if value > 0 else "bad"
    between = "–" if low is None or high is None else f"{signed(low)} to {signed(high)}"
    ours, live = (f"{float(row.get(key) or 0):.4f}" for key in ("ours", "live"))
    return Difference(f"{title} ({detail})", ours, live, signed(value), between, says, tag)


def _verdict(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return "the difference was not measured."
    if value == low == high == 0:
        return "equal on every case."
    word = "better" if value > 0 else "worse" if value < 0 else "equal"
    if low is None or high is None:
        return f"{word} by {signed(value)} over its tasks."
    noise = NOISE[0] if low > 0 or high < 0 else NOISE[1]
    return f"{word}, by {signed(value)} over its tasks ({signed(low)} to {signed(high)}): {noise}."


def _how(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    if not found.get("learned"):
        return "As shipped: no other weights were better on validation."
    name = marks.HEADINGS.get(str(found.get("mark")), str(found.get("mark", "")))
    value, default = found.get("value"), found.get("default")
    if value is None or default is None:
        return "Learned on validation."
    return (
        f"Learned on {int(found.get('cases') or 0):,} validation cases: "
        f"{name} {float(value):.4f}, with the shipped weights {float(default):.4f}."
    )


def _said(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(_said(one) for one in value) or "none"
    return str(value)


def _heaviest(one: tuple[str, float]) -> tuple[float, str]:
    return -one[1], one[0]


def _order(task: str) -> int:
    return list(marks.TASKS).index(task) if task in marks.TASKS else len(marks.TASKS)


def _task_order(one: tuple[str, Any]) -> int:
    return _order(one[0])
