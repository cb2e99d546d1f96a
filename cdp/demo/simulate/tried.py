"""Holding results of experiments against what was planted: lifts of campaigns, and none where nothing was planted."""

from collections.abc import Iterator
from pathlib import Path

from cdp.demo.deals.places import EXPERIMENT
from cdp.demo.deals.tried import NAMES
from cdp.demo.simulate.checking import Verdict
from cdp.demo.simulate.truth_files import read
from experiments.queries.results import latest_result
from experiments.stats.results import VariantResult


def check_experiments(folder: Path) -> Iterator[Verdict]:
    """Of each experiment with a result: whether its interval holds the truth, in percentage points."""
    rows = list(read(folder, "campaigns"))
    for key in sorted(NAMES):
        mine = [row for row in rows if row["campaign"] == key]
        truth = sum(row["p_treated"] - row["p_control"] for row in mine) / len(mine) if mine else 0.0
        yield from _held(key, truth)
    yield from _held(EXPERIMENT, 0.0)


def _held(key: str, truth: float) -> Iterator[Verdict]:
    result = latest_result(key)
    if result is None or not result.metrics:
        return
    for one in result.metrics[0].variants:
        if one.absolute is not None:
            yield _verdict(key, one, truth)


def _verdict(key: str, one: VariantResult, truth: float) -> Verdict:
    found = one.absolute
    assert found is not None
    said = f"experiment {key}: {found.value:+.1%} [{found.low:+.1%}, {found.high:+.1%}] of {one.people:,} people"
    return Verdict(f"{said}, planted {truth:+.1%}", found.low <= truth <= found.high)
