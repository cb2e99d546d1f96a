"""`./run bench uplift --data <folder>`: uplift learners on the Hillstrom mails, as JSON lines.

The folder holds `hillstrom.csv` or `hillstrom.csv.gz` (64,000 people, thirds got a mail about women's or men's goods or
none), read by the product's own upload. One line a learner: `qini_percent` is the mean over five folds, on people it had
not seen, of the area between the Qini curve (Y_t(k) − Y_c(k) · N_t(k) / N_c(k)) / N_t and the straight line to its end,
over the share of people targeted, times 100: per treated head, in percent (money for `spend`: in hundredths).
"""

import argparse
import json
import time
from pathlib import Path

from experiments.uplift.compare import compare
from experiments.uplift.logs import Log, features_of, frame_of, read_log
from experiments.uplift.specs import FileSpec

COMPARED = (("Womens E-Mail", "visit"), ("Mens E-Mail", "visit"), ("Womens E-Mail", "spend"), ("Mens E-Mail", "spend"))
CONTROL, TREATMENT = "No E-Mail", "segment"


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
    seconds = round(time.perf_counter() - started, 1)
    for one in found.learners:
        line = {
            "bench": "uplift", "treated": treated, "outcome": outcome, "people": found.people, "learner": one.key,
            "qini_percent": round(one.qini * 100, 3), "fold_spread": round(one.spread * 100, 3),
            "low": round(one.low * 100, 3), "high": round(one.high * 100, 3),
            "auuc_percent": round(one.auuc * 100, 3), "used": one.key == found.chosen,
            "found": found.is_found, "seconds_of_all": seconds,
        }  # fmt: skip
        print(json.dumps(line), flush=True)


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
