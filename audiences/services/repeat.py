"""`score.repeat` of everybody with an order: learned anew with each RFM refresh, written only if it beats recency."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from audiences.queries.repeat import Standing, first_order, refused_training, standing
from audiences.repeat import DAYS, DECIMALS, LEARNED, TESTED, Model, TooLittleError, learn
from lake.contracts import QueryError
from segments.services.computed import write_values

NAME = "score.repeat"
AT = f"{NAME}.at"
PUBLISHED, NO_BETTER, TOO_LITTLE, FAILED = "published", "no_better", "too_little", "failed"
Report = Callable[[int, int, str], object]


def score_everybody(currency: str, now: datetime, report: Report) -> dict[str, Any]:
    """Learn, measure and write, or say why not. The answer is what stands in `RfmRun.repeat`.

    Where it may not be published nobody keeps a score. While the lake cannot answer the scores there are stay.
    """
    try:
        held_out, past, left_out = _snapshots(currency, now, report)
        report(0, 1, "learning who buys again")
        model = learn([one.figures for one in past.values()], held_out.figures)
        people = _write(model, standing(now, now, currency), now, report) if model.is_better else _withdraw(now)
    except TooLittleError as error:
        return {"state": TOO_LITTLE, "why": str(error), "people": _withdraw(now)}
    except QueryError as error:
        return {"state": FAILED, "why": str(error), "people": 0}
    return {
        "state": PUBLISHED if model.is_better else NO_BETTER,
        "people": people,
        "auc": round(model.auc, DECIMALS),
        "recency_auc": round(model.recency_auc, DECIMALS),
        "weights": [round(float(each), DECIMALS) for each in model.weights],
        "rows": model.rows,
        "snapshots": list(past),
        "tested": model.tested,
        "tested_again": model.tested_again,
        "tested_at": (now - timedelta(days=TESTED)).isoformat(),
        "left_out": left_out,
    }


def _snapshots(currency: str, now: datetime, report: Report) -> tuple[Standing, dict[int, Standing], dict[str, int]]:
    """The held-out one, those to learn from by days ago, and how many people are left out of all, by reason."""
    wanted = [days for days in (TESTED, *LEARNED) if _reaches(first_order(), days, now)]
    if len(wanted) < 2:
        raise TooLittleError(_too_short(first_order(), now))
    found: dict[int, Standing] = {}
    for place, days in enumerate(wanted):
        report(place, len(wanted), f"asking the lake who had bought {days} days ago")
        found[days] = standing(now - timedelta(days=days), now, currency)
    people = {one for each in found.values() for one in each.ids()}
    refused, reasons = refused_training(
        people, now, lambda done, total: report(done, total, "asking who may be learned from")
    )
    for days, each in found.items():
        found[days] = each.only(np.array([one not in refused for one in each.ids()], dtype=np.bool_))
    return found.pop(TESTED), found, dict(reasons)


def _reaches(first: datetime | None, days: int, now: datetime) -> bool:
    """Whether orders reach back so far that people could have come and gone before the snapshot."""
    return first is not None and first <= now - timedelta(days=days + DAYS)


def _too_short(first: datetime | None, now: datetime) -> str:
    reach = f"orders reach back {(now - first).days:,} days" if first else "there are no orders"
    return f"{reach}. It takes {LEARNED[0] + DAYS} days: to learn from, and to measure on what came after"


def _write(model: Model, people: Standing, now: datetime, report: Report) -> int:
    """Of everybody who has an order that is not cancelled; whoever has none loses the score."""
    told = people.only(people.kept)
    scores = model.likelihoods(told.figures)
    table = told.keys.append_column(NAME, pa.array(scores)).append_column(
        AT, pa.array([now.isoformat()] * len(scores), pa.string())
    )
    write_values(
        table, (NAME,), now, everybody=True, report=lambda done, total: report(done, total, "writing likelihoods")
    )
    return len(scores)


def _withdraw(now: datetime) -> int:
    """Nobody has a score; so many people do."""
    write_values({}, (NAME,), now, everybody=True)
    return 0
