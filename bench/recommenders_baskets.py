"""`./run bench recommenders`, the part on baskets: Online Retail II, by the product's own training and serving code.

Learned before 2011-09-09, asked about the three months after it, of the customers who had bought before. Settings and
blends are learned on what lies before the cut, as in every training; the model is written, read back and asked as the
service asks it.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bench.report import report
from connectors.online_retail import read_files
from recommendations.blending import ask, blend
from recommendations.estimators import Interactions, ItemKnn, Kind, Popularity, Taste
from recommendations.estimators.facing import Article, Context, Estimator, TrainingData
from recommendations.estimators.wording import text_of
from recommendations.evaluation.marking import K, Scored, interval, padded, score
from recommendations.model import Model, read, write
from recommendations.training import Params, Recipe, Watch, tuning, weights
from recommendations.training.asking import ask_parts
from recommendations.training.cases import Case
from recommendations.training.fitting import Fitter, before, between, made
from recommendations.training.judging import Scene
from recommendations.training.recipe import default_blends, recipe_of
from recommendations.training.running import TASK_PARTS, VALIDATION_CASES, Cuts

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FILES = (
    DATA / "online_retail_2009_10" / "online_retail_2009_2010.parquet",
    DATA / "online_retail" / "online_retail_2010_2011.parquet",
)
CUT_US = int(pd.Timestamp("2011-09-09").value // 1000)
PARTS = ("popularity", "own", "taste", "content")  # there are no visits in orders
EVERYBODY = 10**9
Answer = Callable[[Context, frozenset[int]], NDArray[np.int64]]


def online_retail(paths: Sequence[Path] = FILES) -> TrainingData:
    """Products bought by known customers, once an invoice: no refunds, no free or corrected rows, no postage. Every
    product has its most frequent name, every customer the country of the first order."""
    rows = read_files(paths)
    is_product = rows["product_id"].str.match(r"^\d{5}")
    is_sale = (rows["quantity"] > 0) & (rows["price"] > 0) & ~rows["order_id"].str.startswith("C")
    rows = rows[is_product & is_sale & (rows["customer"] != "")]
    rows = rows.assign(product_id=rows["product_id"].str.upper()).drop_duplicates(
        ["customer", "product_id", "order_id"]
    )
    people, names = pd.factorize(rows["customer"], sort=True)
    items, products = pd.factorize(rows["product_id"], sort=True)
    interactions = Interactions(
        people=people.astype(np.int32),
        items=items.astype(np.int32),
        at_us=rows["at"].to_numpy().astype("datetime64[us]").astype(np.int64),
        kinds=np.full(len(rows), Kind.PURCHASE, dtype=np.int8),
        products=tuple(str(product) for product in products),
        n_people=len(names),
    )
    titles = rows.groupby("product_id")["name"].agg(lambda given: given.value_counts(sort=True).index[0])
    articles = [Article(str(product), "", text_of(str(titles[product]))) for product in products]
    return TrainingData(interactions, articles)


@dataclass(frozen=True, slots=True, eq=False)
class Exam:
    """What was before a cut, and the questions about what came after it."""

    known: TrainingData
    scene: Scene
    cut_us: int

    @classmethod
    def of(cls, data: TrainingData, cut_us: int) -> "Exam":
        """The exam of a cut."""
        known, after = before(data, cut_us), between(data, cut_us, data.interactions.until_us + 1)
        return cls(known, Scene.of(known, after, cut_us, Params().half_life_days), cut_us)

    def cold_cases(self) -> list[Case]:
        """What customers bought of products that had never been sold before the cut."""
        bought = self.scene.after.where(~self.scene.known[self.scene.after.items])
        cases = []
        for person in np.unique(bought.people).tolist():
            if self.scene.past.bought[person]:
                context = self.scene.past.context(self.scene.past.of(person))
                truth = np.unique(bought.items[bought.people == person]).astype(np.int64)
                cases.append(Case(context, truth, frozenset(), person, False))
        return cases

    def mark(self, cases: Sequence[Case], answer: Answer) -> Scored:
        """Marks of what is answered to each case."""
        return score(padded([answer(case.context, case.excluded) for case in cases]), [case.truth for case in cases])


def learned(exam: Exam, watch: Watch, params: Params) -> Model:
    """The model as a training makes it: settings and the person's blend learned on validation, then all parts."""
    recipe = recipe_of(params)
    recipe = Recipe({name: recipe.parts[name] for name in PARTS}, {}, recipe.half_life_days)
    recipe = recipe.with_blends(default_blends(recipe.parts))
    if params.tune or params.learn_blends:
        recipe = _on_validation(exam.known, recipe, params, watch)
    fitted = Fitter(exam.known, exam.cut_us, watch).fit(recipe, start=0, end=100, what="model")
    return made(recipe, fitted, exam.known, exam.known.interactions.until_us, params.as_json())


def _on_validation(known: TrainingData, recipe: Recipe, params: Params, watch: Watch) -> Recipe:
    cuts = Cuts.of(known, params)
    train_set, after = before(known, cuts.validation_us), between(known, cuts.validation_us, cuts.test_us)
    scene = Scene.of(train_set, after, cuts.validation_us, recipe.half_life_days)
    fitter = Fitter(train_set, cuts.validation_us, watch)
    if params.tune:
        recipe, _ = tuning.tuned(recipe, params.parts, fitter, scene)
    parts = fitter.fit(recipe, start=0, end=100, what="validation")
    own = {name: parts[name] for name in TASK_PARTS["person"] if name in parts}
    asked = ask_parts(own, scene.cases("person", VALIDATION_CASES), lambda: None)
    found = weights.learn(asked, recipe.blends["person"], "ndcg").weights
    return recipe.with_blends({**recipe.blends, "person": found})


def quiet() -> Watch:
    """A training that tells nobody."""
    return Watch(lambda percent, note: None, time.perf_counter)


def as_served(model: Model, folder: Path) -> Model:
    """The model as a web process reads it."""
    return read(folder, write(model, folder))


def for_you(model: Model) -> Answer:
    """Strategy for_you outside of a visit: products not bought yet."""
    return lambda context, owned: ask(model, "person", context, K, excluded=owned).codes


def buy_again(model: Model) -> Answer:
    """Strategy buy_again: own purchases, filled up with what is popular."""

    def answer(context: Context, _: frozenset[int]) -> NDArray[np.int64]:
        own = blend([("own", 1.0, model.parts["own"].recommend(context, K))], K).codes
        rest = model.parts["popularity"].recommend(context, 2 * K).codes
        return np.concatenate([own, rest[~np.isin(rest, own)]])[:K]

    return answer


def alone(part: Estimator) -> Answer:
    """One estimator by itself."""
    return lambda context, owned: (
        blend([(part.name, 1.0, part.recommend(context, K + len(owned)))], K, excluded=owned).codes
    )


def cold(model: Model, known: NDArray[np.bool_]) -> Answer:
    """Strategy alike, of products never sold before: what a shelf of new products shows a person."""
    part = model.parts["content"]

    def answer(context: Context, _: frozenset[int]) -> NDArray[np.int64]:
        return blend([("content", 1.0, part.recommend(context, 100 * K))], K, allowed=~known).codes

    return answer


def baselines(exam: Exam) -> dict[str, Estimator]:
    """What everything is held against, fitted on the same data: as published, and with the product's own decay."""
    plain = {"trend_half_life_days": None, "half_life_days": 36_500.0, "min_people": 1, "most_items": 10**9}
    made_of: dict[str, Estimator] = {
        "popularity of all time": Popularity(None),
        "popularity": Popularity(),
        "kNN cosine": ItemKnn(weighting="cosine", **plain),  # type: ignore[arg-type]
        "kNN BM25": ItemKnn(weighting="bm25", **plain),  # type: ignore[arg-type]
        "kNN BM25 with decay and trend": ItemKnn(),
    }
    return {name: one.fit(exam.known, exam.cut_us) for name, one in made_of.items()}


def main() -> None:
    """Measure and print."""
    if missing := [path for path in FILES if not path.exists()]:
        raise SystemExit(f"bench: {missing[0].name} is not there: put the Online Retail files beside the repository")
    exam = Exam.of(online_retail(), CUT_US)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1, "blas"):
        begun = time.perf_counter()
        trained = learned(exam, quiet(), Params())
        seconds = time.perf_counter() - begun
        _say(exam, as_served(trained, Path(folder) / "model"), seconds)


def _say(exam: Exam, model: Model, seconds: float) -> None:
    beside = baselines(exam)
    references = {name: alone(part) for name, part in beside.items()}
    _report(exam, "online_retail_all_ndcg20", 0.331, exam.scene.cases("own", EVERYBODY), buy_again(model), references)
    _report(exam, "online_retail_new_ndcg20", 0.092, exam.scene.cases("person", EVERYBODY), for_you(model), references)
    chance = {"random order": shuffled(np.flatnonzero(~exam.scene.known))}
    _report(exam, "online_retail_cold_ndcg20", None, exam.cold_cases(), cold(model, exam.scene.known), chance)
    _costs(exam, model, seconds)


def _report(
    exam: Exam, metric: str, goal: float | None, cases: Sequence[Case], ours: Answer, references: dict[str, Answer]
) -> None:
    marks = exam.mark(cases, ours)
    groups = np.array([case.group for case in cases], dtype=np.int64)
    low, high = interval(marks.ndcg, groups)
    others = {name: float(exam.mark(cases, answer).ndcg.mean()) for name, answer in references.items()}
    best = max(others, key=lambda name: others[name])
    report(
        "recommenders",
        metric,
        float(marks.ndcg.mean()),
        "NDCG@20",
        goal=goal,
        reference=f"{best}, same run: the best of the references",
        reference_value=others[best],
        digits=4,
        note=f"{len(cases)} people, 95 % {low:.4f} to {high:.4f} (500 bootstraps over people, seed 7); "
        f"R@20 {marks.recall.mean():.3f}, HR@20 {marks.hit_rate.mean():.3f}, MRR@20 {marks.mrr.mean():.3f}, "
        f"{len(np.unique(marks.tops[marks.tops >= 0]))} products shown; "
        + ", ".join(f"{name} {value:.4f}" for name, value in others.items()),
    )


def _costs(exam: Exam, model: Model, seconds: float) -> None:
    taste = model.parts["taste"]
    blended = ", ".join(f"{name} {weight:.2f}" for name, weight in model.blends["person"].items() if weight)
    assert isinstance(taste, Taste)
    report(
        "recommenders",
        "online_retail_fit_s",
        seconds,
        "s",
        note=f"tuning, blend, served fit; taste by {taste.method_} of {taste.learned_} products; blend {blended}",
    )
    cases = exam.scene.cases("person", EVERYBODY)
    for name, answer in (("for_you", for_you(model)), ("buy_again", buy_again(model))):
        times = []
        for case in cases:
            begun = time.perf_counter()
            answer(case.context, case.excluded)
            times.append(1000 * (time.perf_counter() - begun))
        p50, p99 = np.percentile(times, [50, 99])
        note = f"one person, one thread, {len(times)} times; p50 {p50:.2f} ms"
        report("recommenders", f"online_retail_{name}_p99_ms", float(p99), "ms", note=note, digits=2)


def shuffled(codes: NDArray[np.int64]) -> Answer:
    """By chance."""
    rng = np.random.default_rng(7)
    return lambda context, owned: rng.permutation(codes)[:K]
