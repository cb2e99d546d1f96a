"""`./run bench off_policy --data <folder>`: off-policy estimates on the Open Bandit data.

The folder holds `random_men.csv.gz`, `bts_men.csv.gz` and the same of women (ZOZO, CC BY 4.0): 10,000 impressions each
under uniform and under Thompson sampling. The click rate of showing all products alike is estimated from the log of
Thompson sampling, beside what it really was. Where that log is worth fewer than 100 rows, the page says nothing.
"""

import argparse
import csv
import gzip
from pathlib import Path

import numpy as np

from bench.report import report
from decisions.evaluation import estimates
from decisions.evaluation.judging import LEAST_EFFECTIVE
from decisions.evaluation.logs import Log


def read(path: Path) -> tuple[list[str], "np.typing.NDArray[np.float64]", "np.typing.NDArray[np.float64]"]:
    """Arms, propensities and clicks of a file."""
    with gzip.open(path, "rt", newline="") as file:
        rows = [(row["item_id"], float(row["propensity_score"]), float(row["click"])) for row in csv.DictReader(file)]
    return [row[0] for row in rows], np.array([row[1] for row in rows]), np.array([row[2] for row in rows])


def log_of(path: Path) -> Log:
    """The file as a log; chances of the other arms are not in it."""
    items, propensity, click = read(path)
    arms = tuple(sorted(set(items)))
    place = {arm: index for index, arm in enumerate(arms)}
    action = np.array([place[item] for item in items], dtype=np.int64)
    return Log(
        arms,
        action,
        propensity,
        np.full((len(items), len(arms)), np.nan),
        click,
        np.arange(len(items)),
        [{}] * len(items),
    )


def measure(folder: Path, campaign: str) -> None:
    """Uniform's value from the log of Thompson sampling, beside what uniform really brought."""
    truth, log = log_of(folder / f"random_{campaign}.csv.gz"), log_of(folder / f"bts_{campaign}.csv.gz")
    target = np.full((len(log), len(log.arms)), 1 / len(log.arms))
    model = np.full_like(target, log.reward.mean())
    known = estimates.running(truth)
    worth = estimates.effective(estimates.weights(log, target))
    report("off_policy", f"{campaign}: rows the log is worth", worth, "rows", goal=LEAST_EFFECTIVE, digits=0)
    for name, one in {
        "IPS": estimates.ips(log, target),
        "SNIPS": estimates.snips(log, target),
        "doubly robust": estimates.doubly_robust(log, target, model),
    }.items():
        report(
            "off_policy",
            f"{campaign}: {name}",
            100 * one.value,
            "% clicked",
            reference="uniform itself",
            reference_value=100 * known.value,
            note=f"{one.low:.2%} to {one.high:.2%}; uniform {known.low:.2%} to {known.high:.2%}",
            digits=3,
        )


def main() -> None:
    """Both campaigns."""
    parser = argparse.ArgumentParser(prog="run bench off_policy", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data
    for campaign in ("men", "women"):
        measure(folder, campaign)


if __name__ == "__main__":
    main()
