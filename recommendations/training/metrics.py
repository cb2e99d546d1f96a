"""What a run's `metrics` hold (JSON), for pages that read them. Every key may be missing: runs made before have fewer,
and runs without `tasks` (before version 2) hold {"all": {ranker: marks}, "new": {ranker: marks}} instead.

version: 2
tasks: {task: {slice: {ranker: marks}}}
    task: person | session | product | cart (see `recommendations.model.TASKS`), own (buy again; slice all)
    slice: all        every case whose answer was touched by somebody before the cut
           new        only products the person had not bought before the cut (task person: what it is served for)
           new_items  only answers that are products first seen late (in the last tenth of the history before the cut)
                      or never before it
           new_people only cases of people with at most one purchase before the cut (session: never seen before it)
    ranker: model                the blend as it is served
            popularity           recency-weighted    popularity_all_time   number of people
            item_knn             cosine of log counts
            items_of_visit       task session only: what was seen in it, by count
            last_item            task session only: co-occurrence with the last product
            a part's name        that part alone (popularity is the baseline of that name)
            live                 the model that was live, where it could be asked
    marks: ndcg, recall, hit_rate, mrr (means over the cases, at 20), each with <mark>_low and <mark>_high (95 %,
           bootstrap over people, seeded); coverage (share of products recommended to anybody), novelty (mean -log2 of
           the share of people who touched what is recommended), gini (of how often each product is recommended, 0: all
           alike), cases (how many)
cut_at_us, validation_at_us: the test begins at the first; blends and parameters were chosen on what lies between both
judged_on: {task: {"cases", "people", "people_there_are"}} of how many people of the test the questions are: at most
    2,000 questions a task
blends: {task: {part: weight}}
blending: {task: {"learned": bool, "cases": n, "mark": name, "value": x, "default": y}} validation: learned or default
tuning: [{"task", "part", "params": {...}, "mark", "value", "cases", "chosen": bool}] each setting that was tried
against_live: {"run": id, "basis": "recipe" (fitted before the cut), "same_recipe": bool,
    "tasks": {task: {"slice", "mark", "cases", "ours", "live", "difference", "low", "high"}},
    "difference", "low", "high": of the mean over the tasks}
parts: {part: {"seconds", "mb"}} of the served fit; mb is what the part keeps in memory
catalog: {"products", "interacted", "catalog_only", "learnable"}
curve: [[share of products, share of interactions], ...] most wanted products first, 21 points from (0, 0) to (1, 1)
learned_from: {"sampled": share of people, "people", "people_there_are", "interactions", "interactions_there_are",
    "sessions", "engine", "note": a sentence}
left_out_for_consent: people; left_out_by_reason: {reason: people}
method: how `taste` learned (ease | cosine | bm25), for old pages
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

VERSION = 2
FEW = 30  # below so many cases a task says nothing
MARKS = ("ndcg", "recall", "hit_rate", "mrr")
MAIN: Mapping[str, tuple[str, str]] = {
    "person": ("new", "ndcg"),
    "session": ("all", "mrr"),
    "product": ("all", "ndcg"),
    "cart": ("all", "ndcg"),
}


def marks_of(metrics: Mapping[str, Any], task: str, where: str, ranker: str) -> dict[str, float]:
    """The marks of one ranker, empty where they were not measured; reads old metrics for task person as well."""
    tasks = metrics.get("tasks")
    if tasks is not None:
        return dict(tasks.get(task, {}).get(where, {}).get(ranker, {}))
    old = {"model": "for_you"}.get(ranker, ranker)
    return dict(metrics.get(where, {}).get(old, {})) if task == "person" else {}


def cases_of(marks: Mapping[str, float]) -> int:
    """Of how many cases marks are; older runs count people."""
    return int(marks.get("cases", marks.get("people", 0)))


def lift(metrics: Mapping[str, Any], task: str = "person") -> float | None:
    """The model's main mark in a task over popularity's; None where not measured or popularity hit nothing."""
    where, mark = MAIN[task]
    ours, baseline = (marks_of(metrics, task, where, name) for name in ("model", "popularity"))
    if mark not in ours or not baseline.get(mark):
        return None
    return float(ours[mark]) / float(baseline[mark])


class Fell(NamedTuple):
    """A task whose main mark is below what it was, intervals apart."""

    task: str
    mark: str
    was: float
    now: float


def model_and_popularity(metrics: Mapping[str, Any]) -> tuple[float, float, int]:
    """The means over the tasks with FEW cases or more of the model's and of popularity's main marks, and over how many
    cases; 0 for none."""
    ours, theirs, cases = [], [], 0
    for task, (where, mark) in MAIN.items():
        model, popularity = (marks_of(metrics, task, where, name) for name in ("model", "popularity"))
        if mark in model and mark in popularity and cases_of(model) >= FEW:
            ours.append(model[mark])
            theirs.append(popularity[mark])
            cases += cases_of(model)
    return (sum(ours) / len(ours), sum(theirs) / len(theirs), cases) if ours else (0.0, 0.0, 0)


def fallen(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Fell]:
    """The tasks in which a run's main mark lies clearly below that of the run before, each on its own test."""
    fell = []
    for task, (where, mark) in MAIN.items():
        was, now = (marks_of(metrics, task, where, "model") for metrics in (before, after))
        if f"{mark}_low" in was and f"{mark}_high" in now and now[f"{mark}_high"] < was[f"{mark}_low"]:
            fell.append(Fell(task, mark, was[mark], now[mark]))
    return fell
