"""How a benchmark speaks: one JSON object a line on standard output, the same members always (ARCHITECTURE §8)."""

import json
from typing import Any


def report(
    bench: str,
    metric: str,
    value: float,
    unit: str,
    *,
    goal: float | None = None,
    reference: str = "",
    reference_value: float | None = None,
    note: str = "",
    digits: int = 1,
) -> dict[str, Any]:
    """Print one figure and answer it. `reference` says what `reference_value` was measured on or where it is from."""
    line = {
        "bench": bench,
        "metric": metric,
        "value": round(value, digits),
        "unit": unit,
        "goal": goal,
        "reference": reference,
        "reference_value": None if reference_value is None else round(reference_value, digits),
        "note": note,
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return line
