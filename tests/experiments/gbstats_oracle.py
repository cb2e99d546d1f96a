"""What GrowthBook's gbstats 0.8.0 (MIT) says of some hundred comparisons, written to gbstats-0.8.0.json.

It wants numpy and pandas below 2, so it cannot stand in our environment: its answers are kept beside the tests, and
whoever doubts them makes them anew:

    python -m venv /tmp/gbstats && /tmp/gbstats/bin/pip install gbstats==0.8.0
    /tmp/gbstats/bin/python tests/experiments/gbstats_oracle.py
"""

import json
import random
from pathlib import Path
from typing import Any

ANSWERS = Path(__file__).with_name("gbstats-0.8.0.json")
ALPHAS = (0.05, 0.01, 0.1)
SIZES = ((200, 180), (1_000, 9_000), (5_000, 5_000), (60_000, 55_000))
KINDS = ("mean", "proportion", "ratio", "adjusted", "adjusted_share")


def sums(rng: random.Random, kind: str, people: int, lift: float) -> list[float]:
    """[n, Σy, Σy², Σx, Σx², Σxy] of made-up people."""
    found = [0.0] * 5
    for _ in range(people):
        x, y = person(rng, kind, lift)
        for place, each in enumerate((y, y * y, x, x * x, x * y)):
            found[place] += each
    return [people, *found]


def person(rng: random.Random, kind: str, lift: float) -> tuple[float, float]:
    """(x, y) of one of them."""
    if kind == "proportion":
        return 0.0, float(rng.random() < 0.08 * lift)
    if kind == "mean":
        return 0.0, rng.expovariate(1 / 40) * lift if rng.random() < 0.1 else 0.0
    if kind == "ratio":
        orders = float(rng.choice((0, 0, 0, 1, 1, 2, 5)))
        return orders, sum(rng.expovariate(1 / 40) * lift for _ in range(int(orders)))
    liking = rng.random()
    if kind == "adjusted_share":
        return float(rng.random() < liking * 0.4), float(rng.random() < liking * 0.3 * lift)
    return liking * rng.expovariate(1 / 30), liking * rng.expovariate(1 / 30) * lift


def answers() -> list[dict[str, Any]]:
    """One a comparison: what went in, and what gbstats says."""
    rng = random.Random(20_260_901)
    found = []
    for kind in KINDS:
        for place, (first, second) in enumerate(SIZES):
            a, b = sums(rng, kind, first, 1.0), sums(rng, kind, second, (1.0, 1.1, 0.9, 1.04)[place])
            for alpha in ALPHAS:
                found += [answer(kind, a, b, alpha, relative=relative) for relative in (False, True)]
    return found


def answer(kind: str, a: list[float], b: list[float], alpha: float, *, relative: bool) -> dict[str, Any]:
    """What gbstats says of one comparison; a of the control, b of the variant."""
    from gbstats.frequentist.tests import (  # type: ignore[import-not-found]  # not in our environment, see above
        FrequentistConfig,
        SequentialConfig,
        SequentialTwoSidedTTest,
        TwoSidedTTest,
    )

    difference = "relative" if relative else "absolute"
    fixed = TwoSidedTTest(
        statistic(kind, a), statistic(kind, b), FrequentistConfig(alpha=alpha, difference_type=difference)
    ).compute_result()
    always = SequentialTwoSidedTTest(
        statistic(kind, a), statistic(kind, b), SequentialConfig(alpha=alpha, difference_type=difference)
    ).compute_result()
    return {
        "kind": kind,
        "control": a,
        "variant": b,
        "alpha": alpha,
        "relative": relative,
        "value": float(always.expected),
        "fixed": [float(each) for each in fixed.ci],
        "fixed_p": float(fixed.p_value),
        "sequential": [float(each) for each in always.ci],
        "sequential_p": float(always.p_value),
    }


def statistic(kind: str, made: list[float]) -> Any:
    """The same in gbstats' words."""
    from gbstats.models.statistics import (  # type: ignore[import-not-found]
        ProportionStatistic,
        RatioStatistic,
        RegressionAdjustedStatistic,
        SampleMeanStatistic,
    )

    n, y, yy, x, xx, xy = made
    n = int(n)
    if kind == "proportion":
        return ProportionStatistic(n=n, sum=y)
    top = SampleMeanStatistic(n=n, sum=y, sum_squares=yy)
    bottom = SampleMeanStatistic(n=n, sum=x, sum_squares=xx)
    if kind == "mean":
        return top
    if kind == "ratio":
        return RatioStatistic(n=n, m_statistic=top, d_statistic=bottom, m_d_sum_of_products=xy)
    if kind == "adjusted_share":
        top, bottom = ProportionStatistic(n=n, sum=y), ProportionStatistic(n=n, sum=x)
    return RegressionAdjustedStatistic(
        n=n, post_statistic=top, pre_statistic=bottom, post_pre_sum_of_products=xy, theta=0
    )


if __name__ == "__main__":
    made = answers()
    ANSWERS.write_text("[\n" + ",\n".join(json.dumps(one) for one in made) + "\n]\n")
    print(len(made), "comparisons")
