"""`./run bench aa`: how often experiments in which nothing differs are called all the same, with a look every day.

2,000 simulated experiments of four weeks by the interval that decides (always valid), beside the naive reading of a
fixed interval at every look, and the share of planted effects that is found. Needs no server.
"""

import argparse

from bench.report import report
from experiments.stats.simulation import CONVERSION, REVENUE, lifetime_errors, simulate_aa


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulations", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--people-a-day", type=int, default=400)
    parser.add_argument("--alpha", type=float, default=0.05)
    asked = parser.parse_args()
    for kind in (CONVERSION, REVENUE):
        _errors(kind, asked)
    life = lifetime_errors(alpha=asked.alpha, simulations=asked.simulations)
    report(
        "aa", "lifetime_false_positives", life, "share", goal=asked.alpha, digits=4,
        note="the same interval at 1,500 looks up to the 1,000,000,000th person: its error is spread over that",
    )  # fmt: skip
    found = simulate_aa(
        simulations=asked.simulations, days=asked.days, people_a_day=asked.people_a_day * 5, lift=0.2, alpha=asked.alpha
    )
    report(
        "aa", "power_of_20_percent", found.always_valid, "share", digits=4, reference="one look on the last day",
        reference_value=found.once, note=f"a planted effect of +20 % on 5 %, {found.people_a_day:,} people a day",
    )  # fmt: skip


def _errors(kind: str, asked: argparse.Namespace) -> None:
    found = simulate_aa(
        kind=kind, simulations=asked.simulations, days=asked.days, people_a_day=asked.people_a_day, alpha=asked.alpha
    )
    told = f"{found.simulations:,} experiments, {found.days} daily looks, {found.people_a_day:,} people a day"
    report(
        "aa", f"{kind}_false_positives", found.always_valid, "share", goal=asked.alpha, digits=4,
        reference="a fixed interval looked at daily (naive)", reference_value=found.naive, note=told,
    )  # fmt: skip
    report(
        "aa", f"{kind}_fixed_once", found.once, "share", goal=asked.alpha, digits=4,
        note="a fixed interval looked at once, on the last day",
    )  # fmt: skip


if __name__ == "__main__":
    main()
