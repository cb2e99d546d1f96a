"""`./run bench uplift --data <folder>`: uplift learners on the Hillstrom mails.

The folder holds `hillstrom.csv` or `hillstrom.csv.gz` (64,000 people: thirds got a mail about women's or men's goods,
or none), read by the product's own upload. A Qini is the mean over five folds, on people not seen before, of the area
between the curve (Y_t(k) − Y_c(k) · N_t(k) / N_c(k)) / N_t and the straight line to its end, over the share of people
targeted: per treated head, in percent for visits, in hundredths of a dollar for spend.
"""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path

from bench.report import report
from experiments.uplift.compare import Compared, compare
from experiments.uplift.logs import Log, features_of, frame_of, read_log
from experiments.uplift.specs import FileSpec

COMPARED = (("Womens E-Mail", "visit"), ("Mens E-Mail", "visit"), ("Womens E-Mail", "spend"), ("Mens E-Mail", "spend"))
CONTROL, TREATMENT = "No E-Mail", "segment"
MEASURED_BEFORE: Mapping[tuple[str, str], float] = {
    ("Womens E-Mail", "t"): 0.76,
    ("Womens E-Mail", "s"): 0.76,
    ("Womens E-Mail", "x"): 0.74,
    ("Womens E-Mail", "response"): 0.44,
}


def found_log(folder: Path) -> Log:
    """The file, read as an upload. Raises FileNotFoundError."""
    for name in ("hillstrom.csv.gz", "hillstrom.csv"):
        for path in (folder / name, folder / "hillstrom" / name):
            if path.exists():
                return read_log(path.read_bytes())
    raise FileNotFoundError(f"There is no hillstrom.csv or hillstrom.csv.gz in {folder}.")


def measure(log: Log, treated: str, outcome: str) -> None:
    """Compare, and print a line a learner."""
    features = tuple(features_of(log.columns, TREATMENT, outcome))
    started = time.perf_counter()
    found = compare(frame_of(log.table, FileSpec(TREATMENT, treated, CONTROL, outcome, features)))
    seconds = time.perf_counter() - started
    where, unit = f"{treated}, {outcome}".lower(), "%" if found.is_binary else "cent"
    for one in found.learners:
        before = MEASURED_BEFORE.get((treated, one.key)) if outcome == "visit" else None
        report(
            "uplift",
            f"qini {where}: {one.key}",
            one.qini * 100,
            unit,
            reference="prototype on the same file" if before else "",
            reference_value=before,
            note=_note(found, one.key),
            digits=3,
        )
    report("uplift", f"seconds {where}", seconds, "s", note=f"{found.people:,} people, eight learners, five folds")


def _note(found: Compared, key: str) -> str:
    one = found.marked(key)
    used = "; used" if key == found.chosen else ""
    nothing = "; nothing found" if used and not found.is_found else ""
    return (
        f"spread {one.spread * 100:.3f}, 95 % {one.low * 100:.3f} to {one.high * 100:.3f}, "
        f"AUUC {one.auuc * 100:.3f}{used}{nothing}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="run bench uplift", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with hillstrom.csv or hillstrom.csv.gz")
    parser.add_argument("--only", choices=("visit", "spend"), help="one outcome only")
    options = parser.parse_args()
    log = found_log(options.data)
    for treated, outcome in COMPARED:
        if options.only in (None, outcome):
            measure(log, treated, outcome)


if __name__ == "__main__":
    main()
