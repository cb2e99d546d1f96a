"""A run's marks as one reads them: tables by task and slice, and which differences are more than noise.

Reads `ModelRun.metrics` as `recommendations.training.metrics` describes it, and what older runs hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommendations.training.metrics import FEW, MAIN, cases_of, model_and_popularity

TASKS: Mapping[str, tuple[str, str]] = {
    "person": ("For a person", "what people bought after the cut, asked with what they did before it"),
    "session": ("During a visit", "the next product of a visit, asked after each product seen in it"),
    "product": ("Beside a product", "what was bought or seen with the product in front"),
    "cart": ("Completing a cart", "the product left out of a cart"),
    "own": ("Buy again", "what people bought again after the cut"),
}
SLICES: Mapping[str, tuple[str, str]] = {
    "new": ("Products new to the person", "only products they had not bought before"),
    "all": ("All cases", "every later purchase or view counts"),
    "new_items": ("New products", "only answers that were new in the shop at the cut"),
    "new_people": ("New people", "only people of whom next to nothing was known at the cut"),
}
RANKERS: Mapping[str, str] = {
    "model": "The model",
    "live": "The model live then",
    "popularity": "Popularity",
    "popularity_all_time": "Popularity, all time",
    "item_knn": "Item kNN (cosine)",
    "items_of_visit": "Products of the visit",
    "last_item": "With the last product",
    "own": "Own purchases",
    "taste": "Taste",
    "session": "Like visits (V-STAN)",
    "next": "Sequential rules",
    "bought_together": "Bought together",
    "viewed_together": "Viewed together",
    "content": "Alike in words",
    "buy_again": "Buy again",
}
OLD_NAMES = {"for_you": "model"}
BASELINES = ("popularity", "popularity_all_time", "item_knn", "items_of_visit", "last_item", "live")
# (key, heading, what it says)
COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("ndcg", "NDCG@20", "how many right ones are found, and how far up"),
    ("recall", "Recall@20", "share of the right ones among the first 20"),
    ("hit_rate", "HR@20", "share of cases with at least one right one among the first 20"),
    ("mrr", "MRR@20", "one over the place of the first right one"),
    ("coverage", "Coverage", "share of all products recommended to anybody"),
    ("novelty", "Novelty", "bits: how few people know what is recommended"),
    ("gini", "Gini", "0: each product as often; 1: one product always"),
)
UNMEASURED = "could not be measured: there was too little history to hold some of it back"
HEADINGS = {key: heading for key, heading, _ in COLUMNS}


@dataclass(frozen=True, slots=True)
class Mark:
    """A figure, with its 95 % interval where it was measured."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def spread(self) -> float | None:
        """Half the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Cell:
    """A mark as a table shows it: “0.112”, “± 0.006”."""

    said: str
    spread: str


@dataclass(frozen=True, slots=True)
class Row:
    """One ranker. `kind`: model, baseline or part."""

    name: str
    label: str
    kind: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One slice of a task: who was best, by how much, and all marks; of fewer cases than FEW only that they are few."""

    where: str
    title: str
    says: str
    cases: int
    rows: tuple[Row, ...]
    words: tuple[str, ...]


def measured_tasks(metrics: Mapping[str, Any]) -> list[str]:
    """Tasks with at least one table, in the order of TASKS."""
    found = _tasks(metrics)
    return [task for task in TASKS if found.get(task)]


def is_old(metrics: Mapping[str, Any]) -> bool:
    """Made before intervals and tasks were measured."""
    return "tasks" not in metrics and bool(_tasks(metrics))


def tables(metrics: Mapping[str, Any], task: str) -> list[Table]:
    """Every slice of a task, what it is judged by first."""
    found = _tasks(metrics).get(task, {})
    first = main_of(task)[0]
    order = sorted((where for where in SLICES if found.get(where)), key=lambda where: where != first)
    return [_table(task, where, found[where]) for where in order]


def main_of(task: str) -> tuple[str, str]:
    """(slice, mark) a task is judged by."""
    return MAIN.get(task, ("all", "ndcg"))


def mark(metrics: Mapping[str, Any], task: str, ranker: str, where: str = "", name: str = "") -> Mark | None:
    """One mark; by default the one the task is judged by. None where not measured, or on fewer cases than FEW."""
    slice_, main = main_of(task)
    marks = _tasks(metrics).get(task, {}).get(where or slice_, {}).get(ranker)
    return _mark(marks, name or main) if marks and cases_of(marks) >= FEW else None


@dataclass(frozen=True, slots=True)
class Beside:
    """The one figure of a run beside popularity, as its verdict has it. `times`: the mean over tasks of the model's
    marks over that of popularity's, None where not measured; `words`: what the model does, with what that is of;
    `each`: the same task by task, where there are several."""

    times: float | None
    words: str
    each: str


def beside_popularity(metrics: Mapping[str, Any], decimals: int = 2) -> Beside:
    """“finds 1.93 × what popularity finds, on the mean of 4 tasks”, or why nobody can say."""
    sides = ("model", "popularity")
    told = [task for task in TASKS if task in MAIN and all(mark(metrics, task, side) for side in sides)]
    if not told:
        measured = measured_tasks(metrics)
        return Beside(None, f"was tried on fewer than {FEW} cases, too few to judge it" if measured else UNMEASURED, "")
    if "tasks" in metrics:
        ours, theirs, _ = model_and_popularity(metrics)
    else:
        ours, theirs = (found.value for name in sides if (found := mark(metrics, "person", name)))
    of = f"on the mean of {len(told)} tasks" if len(told) > 1 else f"in the task “{TASKS[told[0]][0]}”"
    each = "; ".join(_of_task(metrics, task) for task in told)
    if not theirs:
        return Beside(None, f"finds {'some' if ours else 'nothing'} where popularity finds nothing, {of}", each)
    return Beside(ours / theirs, f"finds {ours / theirs:.{decimals}f}\u00a0× what popularity finds, {of}", each)


def _of_task(metrics: Mapping[str, Any], task: str) -> str:
    ours, theirs = mark(metrics, task, "model"), mark(metrics, task, "popularity")
    assert ours is not None
    assert theirs is not None
    name = HEADINGS[main_of(task)[1]]
    words = difference_words(ours, theirs, "popularity").removeprefix("finds ").replace(" what popularity finds:", ",")
    return f"{TASKS[task][0]} ({name}): {words.replace(' what popularity finds;', ',')}"


def times_popularity(metrics: Mapping[str, Any], task: str) -> float | None:
    """In one task, the model's main mark over popularity's; None where not measured or popularity found nothing."""
    ours, theirs = mark(metrics, task, "model"), mark(metrics, task, "popularity")
    return ours.value / theirs.value if ours and theirs and theirs.value else None


def difference_words(ours: Mark, theirs: Mark, than: str) -> str:
    """“finds 1.9 × what popularity finds: more than noise”."""
    if not theirs.value:
        return f"finds some where {than} finds none" if ours.value else f"finds nothing, like {than}"
    times = f"finds {ours.value / theirs.value:.2f}\u00a0× what {than} finds"
    if ours.low is None or ours.high is None or theirs.low is None or theirs.high is None:
        return f"{times}; how much of that is noise was not measured"
    if ours.low > theirs.high or ours.high < theirs.low:
        return f"{times}: more than noise"
    return f"{times}: this may be noise, the intervals overlap"


def _tasks(metrics: Mapping[str, Any]) -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]:
    """{task: {slice: {ranker: marks}}}, also of older runs."""
    if "tasks" in metrics:
        return {
            task: {where: _served(task, rows) for where, rows in slices.items() if rows}
            for task, slices in metrics["tasks"].items()
        }
    old = {
        where: {OLD_NAMES.get(name, name): marks for name, marks in metrics[where].items()}
        for where in ("all", "new")
        if metrics.get(where)
    }
    return {"person": old} if old else {}


def _served(task: str, rankers: Mapping[str, Mapping[str, float]]) -> Mapping[str, Mapping[str, float]]:
    """What is bought again is asked of one part, never of a blend: there that part is the model."""
    if task != "own" or "model" in rankers:
        return rankers
    return {"model" if name == "own" else name: marks for name, marks in rankers.items()}


def _table(task: str, where: str, rankers: Mapping[str, Mapping[str, float]]) -> Table:
    title, says = SLICES[where]
    cases = max((cases_of(marks) for marks in rankers.values()), default=0)
    if cases < FEW:
        few = f"Only {cases} case{'' if cases == 1 else 's'}: too few to say anything by; {FEW} are needed."
        return Table(where, title, says, cases, (), (few,))
    ordered = sorted(rankers, key=lambda name: (_rank(name), name))
    rows = tuple(_row(name, rankers[name]) for name in ordered)
    return Table(where, title, says, cases, rows, tuple(_words(main_of(task)[1], rankers)))


def _rank(name: str) -> int:
    known = ("model", *("live", "popularity", "item_knn", "popularity_all_time", "items_of_visit", "last_item"))
    return known.index(name) if name in known else len(known)


def _row(name: str, marks: Mapping[str, float]) -> Row:
    kind = "model" if name == "model" else "baseline" if name in BASELINES else "part"
    label = RANKERS.get(name, name.replace("_", " ").capitalize())
    return Row(name, label, kind, tuple(_cell(key, _mark(marks, key)) for key, *_ in COLUMNS))


def _cell(key: str, found: Mark | None) -> Cell:
    if found is None:
        return Cell("–", "")
    if key == "coverage":
        return Cell(f"{found.value:.1%}".replace("%", "\u00a0%"), "")
    decimals = {"novelty": 1, "gini": 2}.get(key, 3)
    spread = found.spread
    return Cell(f"{found.value:.{decimals}f}", "" if spread is None else f"±\u00a0{spread:.{decimals}f}")


def _mark(marks: Mapping[str, float], name: str) -> Mark | None:
    return Mark(marks[name], marks.get(f"{name}_low"), marks.get(f"{name}_high")) if name in marks else None


def _words(name: str, rankers: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """What the model is worth beside each baseline that was measured."""
    ours = _mark(rankers.get("model", {}), name)
    if ours is None:
        return
    for baseline in _beside(rankers):
        theirs = _mark(rankers[baseline], name)
        if theirs is not None:
            label = RANKERS[baseline]
            than = label if label.startswith("Item kNN") else label[:1].lower() + label[1:]
            yield f"By {HEADINGS[name]} the model {difference_words(ours, theirs, than)}."


def _beside(rankers: Mapping[str, Any]) -> Sequence[str]:
    return [name for name in ("popularity", "item_knn", "items_of_visit") if name in rankers]
